import { Injectable } from '@nestjs/common';
import { requestContext } from '../common/http/request-context.js';
import { newId } from '../common/id.js';
import { Config } from '../config/config.js';
import { rows, together, type Tx } from '../database/database.js';
import { hashOf } from './audit-chain.js';
import { HashedValue, hashingKey } from './hashed.js';

export interface AuditEvent {
  /** Who: an agent id for an API call, `cli`, or `boot`. */
  actor: string;
  /** What, as `<thing>.<verb>`: `api_key.created`. */
  action: string;
  /** The id of what was changed. It is shown: never an address or a name. */
  subject: string;
  /**
   * What of it was changed, as it was and as it is. No secret; what may tell of a person is `hashed`. Names of agents
   * and keys are shown: they are what staff tell them apart by.
   */
  before?: object;
  after?: object;
}

/** Any number that nothing else on this database uses as an advisory lock. */
const chainLock = 7_305_122_402;

@Injectable()
export class AuditService {
  private readonly key: Buffer;

  constructor(config: Config) {
    this.key = hashingKey(config.encryptionKeys.current);
  }

  /** Appends to the chain in the caller's transaction; appends of other transactions wait until it ends. */
  async append(tx: Tx, event: AuditEvent): Promise<void> {
    const { at, last } = await this.end(tx);
    const [before, after] = [this.textOf(event.before), this.textOf(event.after)];
    const entry = {
      id: newId('aud'),
      position: (last?.position ?? 0) + 1,
      at: at.toISOString(),
      actor: event.actor,
      action: event.action,
      subject: event.subject,
      requestId: requestContext.get()?.requestId ?? null,
      before,
      after,
    };
    // What is covered is what will be read back: without members that JSON leaves out.
    const read = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
    const hash = hashOf(last?.hash ?? null, { ...entry, before: read(before), after: read(after) });
    await tx.query(
      `INSERT INTO audit_entry (id, position, at, actor, action, subject, request_id, before, after, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [...Object.values(entry), hash],
    );
  }

  /** The end of the chain, which is ours until the transaction ends; the time is read once it is. */
  private async end(tx: Tx): Promise<{ at: Date; last: { position: number; hash: string } | undefined }> {
    const [, [now], [last]] = await together([
      tx.query('SELECT pg_advisory_xact_lock($1)', [chainLock]),
      rows<{ at: Date }>(tx, `SELECT clock_timestamp() AS at`),
      rows<{ position: number; hash: string }>(
        tx,
        'SELECT position, hash FROM audit_entry ORDER BY position DESC LIMIT 1',
      ),
    ]);
    if (!now) throw new Error('the database did not tell the time');
    return { at: now.at, last };
  }

  private textOf(value: object | undefined): string | null {
    if (value === undefined) return null;
    return JSON.stringify(value, (_, member: unknown) =>
      member instanceof HashedValue ? member.digest(this.key) : member,
    );
  }
}
