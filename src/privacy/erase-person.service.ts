import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { EraseSubjectService } from './erase-subject.service.js';
import { auditSubject, lockPerson } from './person-lock.js';
import { idsOf, orderIdsOf, PersonStore, type ProviderReference, type Subject } from './person.store.js';
import { type Erased, sumOf } from './personal-columns.js';
import { privacyErrors } from './privacy.errors.js';
import { ProviderBodies } from './provider-bodies.js';
import { LateReplies, StoredReplies } from './stored-replies.js';

const maximumRuns = 5;

/** Counts without changing anything: the transaction that found them out is undone. */
class Undone extends Error {
  constructor(readonly erased: Erased) {
    super('only counted');
  }
}

/** A person, and all that is theirs at this moment. */
interface Found {
  email: string;
  subjects: Subject[];
  ids: string[];
  atProviders: ProviderReference[];
}

/**
 * Erases a person everywhere. What is found by the person's ids goes first; each session with its order in one
 * transaction, which is also what makes it no longer found by e-mail: after a crash the same request does the rest.
 */
@Injectable()
export class ErasePersonService {
  constructor(
    private readonly db: Database,
    private readonly people: PersonStore,
    private readonly subjects: EraseSubjectService,
    private readonly replies: StoredReplies,
    private readonly bodies: ProviderBodies,
    private readonly audit: AuditService,
    private readonly config: Config,
  ) {}

  /** Answers `{erased, unfinished_orders, at_providers}`. Throws a 409 while money of theirs is on its way. */
  async erase(
    email: string,
    { actor, dryRun }: { actor: string; dryRun: boolean },
    claim: Claim,
  ): Promise<void> {
    const found = await this.find(email);
    const unfinished = await this.people.unfinished(orderIdsOf(found.subjects));
    const answer = (erased: Erased): object => ({
      ...(dryRun && { dry_run: true }),
      erased,
      unfinished_orders: unfinished,
      at_providers: found.atProviders,
    });
    const erased = await (dryRun ? this.count(found) : this.eraseAll(found));
    await this.db.transaction(async (tx) => {
      // Not kept: the same key may be used to do it then.
      if (dryRun) return claim.finish(tx, { status: 200, body: answer(erased), keep: false });
      await lockPerson(tx, email);
      const total = sumOf(erased, { idempotency_claim: await this.replies.deleteExports(tx, email) });
      const subject = auditSubject(email, this.config);
      await this.audit.append(tx, { actor, action: 'person.erased', subject, after: answer(total) });
      await claim.finish(tx, { status: 200, body: answer(total) });
      await this.replies.deleteNamed(tx, claim.id, email);
    });
  }

  private async find(email: string): Promise<Found> {
    const subjects = await this.people.subjectsOf(email);
    const sessionIds = subjects.map(({ sessionId }) => sessionId);
    const paying = await this.people.payingNow(sessionIds);
    if (paying.length > 0) throw privacyErrors.paymentUnderWay(paying);
    const atProviders = await this.people.atProviders(sessionIds);
    return { email, subjects, ids: idsOf(subjects), atProviders };
  }

  private async eraseAll(found: Found): Promise<Erased> {
    const bodies = await this.bodies.forget(await this.bodiesOf(found));
    const replies = await this.replies.erase(
      await this.replies.mentioning(found.ids, found.email),
      found.email,
    );
    const parts: Partial<Erased>[] = [{ webhook_event: bodies, idempotency_claim: replies }];
    for (const subject of found.subjects) parts.push(...(await this.eraseOne(subject, found.email)));
    parts.push({ webhook_event: await this.bodies.forgetPayments(paymentsOf(found)) });
    return sumOf(...parts);
  }

  /** Replies that came meanwhile are erased first, and then it is done again. */
  private async eraseOne(subject: Subject, email: string): Promise<Partial<Erased>[]> {
    const late: Partial<Erased>[] = [];
    for (let run = 1; run <= maximumRuns; run++) {
      try {
        const erased = await this.db.transaction(async (tx) => {
          const changed = await this.subjects.erase(tx, subject);
          await this.replies.refuseLate(tx, subject, email);
          return changed;
        });
        return [...late, erased];
      } catch (error) {
        if (!(error instanceof LateReplies)) throw error;
        late.push({ idempotency_claim: await this.replies.erase(error.replies, email) });
      }
    }
    throw privacyErrors.busy();
  }

  private async count(found: Found): Promise<Erased> {
    const bodies = await this.bodiesOf(found);
    const replies = this.replies.personal(await this.replies.mentioning(found.ids, found.email), found.email);
    const parts: Partial<Erased>[] = [];
    for (const subject of found.subjects) {
      // Among the bodies that were counted already.
      parts.push({ ...(await this.countOne(subject)), webhook_event: 0 });
    }
    const exports = await this.replies.exportsOf(this.db.dataSource.manager, found.email);
    return sumOf(...parts, {
      webhook_event: bodies.length,
      idempotency_claim: replies.length + exports.length,
    });
  }

  private async countOne(subject: Subject): Promise<Erased> {
    try {
      return await this.db.transaction(async (tx): Promise<Erased> => {
        throw new Undone(await this.subjects.erase(tx, subject));
      });
    } catch (error) {
      if (error instanceof Undone) return error.erased;
      throw error;
    }
  }

  private async bodiesOf({ email, ids, ...found }: Found): Promise<string[]> {
    const theirs: string[] = [];
    for await (const { id } of this.bodies.about({ email, ids, payments: paymentsOf(found) }))
      theirs.push(id);
    return theirs;
  }
}

const paymentsOf = ({ atProviders }: Pick<Found, 'atProviders'>): string[] =>
  atProviders.map(({ payment }) => payment);
