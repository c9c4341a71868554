import { Injectable } from '@nestjs/common';
import { fingerprint } from '../common/json.js';
import { newId } from '../common/id.js';
import { rows, type Tx } from '../database/database.js';

export interface AuditEvent {
  /** Who: an agent id for an API call, `cli`, or `boot`. */
  actor: string;
  /** What, as `<thing>.<verb>`: `api_key.created`. */
  action: string;
  /** The id of what was changed. */
  subject: string;
  requestId?: string;
  /** Redacted by the caller: no secret, no personal value. */
  before?: object;
  after?: object;
}

/** Any number that nothing else on this database uses as an advisory lock. */
const chainLock = 7_305_122_402;

@Injectable()
export class AuditService {
  /** Appends to the chain in the caller's transaction; appends of other transactions wait until it ends. */
  async append(tx: Tx, event: AuditEvent): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [chainLock]);
    const [last] = await rows<{ position: number; hash: string }>(
      tx,
      'SELECT position, hash FROM audit_entry ORDER BY position DESC LIMIT 1',
    );
    const entry = {
      id: newId('aud'),
      position: (last?.position ?? 0) + 1,
      at: new Date().toISOString(),
      actor: event.actor,
      action: event.action,
      subject: event.subject,
      requestId: event.requestId ?? null,
      before: event.before ?? null,
      after: event.after ?? null,
    };
    await tx.query(
      `INSERT INTO audit_entry (id, position, at, actor, action, subject, request_id, before, after, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [...Object.values(entry).map(jsonOrValue), fingerprint({ previous: last?.hash ?? null, ...entry })],
    );
  }
}

const jsonOrValue = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
