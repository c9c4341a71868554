import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Config } from '../config/config.js';
import { Database, rows, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { exportRows, parsed, readable } from './export-rows.js';
import { auditSubject, lockPerson } from './person-lock.js';
import { idsOf, orderIdsOf, PersonStore, type Subject } from './person.store.js';
import { ProviderBodies } from './provider-bodies.js';
import { StoredReplies } from './stored-replies.js';

/** All that is kept of a person, for the person. */
@Injectable()
export class ExportPersonService {
  constructor(
    private readonly db: Database,
    private readonly people: PersonStore,
    private readonly replies: StoredReplies,
    private readonly bodies: ProviderBodies,
    private readonly audit: AuditService,
    private readonly config: Config,
  ) {}

  /** Answers `{email, exported_at, <table>: [...]}`. One transaction: an erasure finds the stored answer, or none. */
  async export(email: string, actor: string, claim: Claim): Promise<void> {
    const subject = auditSubject(email, this.config);
    await this.db.transaction(async (tx) => {
      await lockPerson(tx, email);
      const [clock] = await rows<{ now: Date }>(tx, 'SELECT now() AS now');
      const found = await this.copy(tx, email);
      const after = Object.fromEntries(Object.entries(found).map(([name, list]) => [name, list.length]));
      await this.audit.append(tx, { actor, action: 'person.exported', subject, after });
      const body = { email, exported_at: clock?.now, ...found };
      // Of whom nothing is kept, not even that is.
      const keep = Object.values(found).some((list) => list.length > 0);
      await claim.finish(tx, { status: 200, body, keep });
    });
  }

  private async copy(tx: Tx, email: string): Promise<Record<string, unknown[]>> {
    const subjects = await this.people.subjectsOf(email, tx);
    const paid = await this.people.paidByThem(subjects, email, tx);
    const ids = [sessionIdsOf(subjects), orderIdsOf(subjects), sessionIdsOf(paid)];
    const copy: Record<string, unknown[]> = {};
    for (const [name, sql] of Object.entries(exportRows)) {
      const found = await rows<{ row: object }>(tx, sql, ids);
      copy[name] = found.map(({ row }) => readable(row, email));
    }
    return {
      ...copy,
      provider_webhooks: await this.providerWebhooks(tx, email, paid),
      stored_replies: await this.storedReplies(tx, email, subjects),
    };
  }

  /** What names their e-mail, and all about what they pay themselves. */
  private async providerWebhooks(tx: Tx, email: string, paid: Subject[]): Promise<unknown[]> {
    const payments = (await this.people.atProviders(sessionIdsOf(paid), tx)).map(({ payment }) => payment);
    const found: unknown[] = [];
    for await (const { text, ...event } of this.bodies.about({ email, payments, ids: idsOf(paid) }, tx))
      found.push({ ...event, body: readable(parsed(text), email) });
    return found;
  }

  private async storedReplies(tx: Tx, email: string, subjects: Subject[]): Promise<unknown[]> {
    const found = await this.replies.mentioning(idsOf(subjects), email, tx);
    const kept = found.filter(({ status }) => status !== null);
    return kept.map(({ path, status, body }) => ({ path, status, body: readable(parsed(body), email) }));
  }
}

const sessionIdsOf = (subjects: Subject[]): string[] => subjects.map(({ sessionId }) => sessionId);
