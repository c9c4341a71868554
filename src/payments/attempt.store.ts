import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { In } from 'typeorm';
import { Config } from '../config/config.js';
import { boundedWait, Database, type Tx } from '../database/database.js';
import { PaymentAttempt } from './payment-attempt.entity.js';
import { type AttemptState, isLegalTransition, openStates } from './payment.states.js';

/** An attempt whose provider calls are ours alone until the lease ends. */
export interface LeasedAttempt {
  attempt: PaymentAttempt;
  /** Where it stood when we took it: beyond `started` it may already have reached the provider. */
  previousState: AttemptState;
  /** Since the first call, by the database's clock. */
  calledMsAgo: number;
}

type NewAttempt = Pick<
  PaymentAttempt,
  | 'id'
  | 'subjectId'
  | 'n'
  | 'claimId'
  | 'provider'
  | 'amount'
  | 'currency'
  | 'providerKey'
  | 'request'
  | 'credential'
  | 'expiresAt'
>;

type Change = Partial<Pick<PaymentAttempt, 'reference' | 'instrument' | 'failure'>> & { by: string };

const open = openStates.map((state) => `'${state}'`).join(', ');

/** The rows behind attempts. Leases and ages are measured by the database's clock. */
@Injectable()
export class AttemptStore {
  constructor(
    private readonly db: Database,
    private readonly config: Config,
  ) {}

  async find(id: string): Promise<PaymentAttempt | null> {
    return this.db.repository(PaymentAttempt).findOneBy({ id });
  }

  async findAll(ids: string[]): Promise<Map<string, PaymentAttempt>> {
    if (ids.length === 0) return new Map();
    const found = await this.db.repository(PaymentAttempt).findBy({ id: In(ids) });
    return new Map(found.map((attempt) => [attempt.id, attempt]));
  }

  /** All attempts of a subject, the newest first. The caller holds the subject's lock, so no other one can be added. */
  async findBySubject(tx: Tx, subjectId: string): Promise<PaymentAttempt[]> {
    return tx.getRepository(PaymentAttempt).find({ where: { subjectId }, order: { n: 'DESC' } });
  }

  async latestOfClaim(claimId: string): Promise<PaymentAttempt | null> {
    return this.db.repository(PaymentAttempt).findOne({ where: { claimId }, order: { n: 'DESC' } });
  }

  async lock(tx: Tx, id: string): Promise<PaymentAttempt> {
    const repository = tx.getRepository(PaymentAttempt);
    return repository.findOneOrFail({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Numbers it after the last and gives the caller its lease at once. */
  async insert(tx: Tx, attempt: NewAttempt): Promise<void> {
    await tx.query(
      `INSERT INTO payment_attempt
         (id, subject_id, n, claim_id, provider, state, amount, currency, provider_key, request, credential,
          expires_at, lease_until, history, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, 'started', $6, $7, $8, $9, $10, $11, now() + $12 * interval '1 ms', '[]', now(), now())`,
      [
        attempt.id,
        attempt.subjectId,
        attempt.n,
        attempt.claimId,
        attempt.provider,
        attempt.amount,
        attempt.currency,
        attempt.providerKey,
        attempt.request,
        attempt.credential,
        attempt.expiresAt,
        this.config.timings.attemptLeaseMs,
      ],
    );
  }

  /**
   * Takes the lease of an open attempt that nobody works on, and marks one that is about to be sent as `called`.
   * `fresh` is the call that has just inserted it: nobody else can have taken it, as its lease runs.
   */
  async lease(id: string, { fresh = false } = {}): Promise<LeasedAttempt | undefined> {
    const token = randomUUID();
    const [taken] = await this.db.query<{ previous: AttemptState; called_ms_ago: number }>(
      `WITH before AS (
         SELECT id, state FROM payment_attempt, ${boundedWait}
         WHERE id = $1 AND state IN (${open})
           AND ${fresh ? "state = 'started' AND lease_token IS NULL" : '(lease_until IS NULL OR lease_until < now())'}
         -- A locked one is being settled by somebody: nothing to wait for. Ours nobody settles.
         FOR UPDATE OF payment_attempt ${fresh ? '' : 'SKIP LOCKED'})
       UPDATE payment_attempt a SET
         lease_token = $2, lease_until = now() + $3 * interval '1 ms', called_at = coalesce(a.called_at, now()),
         state = CASE WHEN a.state = 'started' AND a.expires_at > now() THEN 'called' ELSE a.state END,
         history = CASE WHEN a.state = 'started' AND a.expires_at > now() THEN a.history || ${transitionSql("'called'", "'lease'")} ELSE a.history END,
         updated_at = now()
       FROM before WHERE a.id = before.id
       RETURNING before.state AS previous,
                 (extract(epoch FROM now() - a.called_at) * 1000)::int8 AS called_ms_ago`,
      [id, token, this.config.timings.attemptLeaseMs],
    );
    const attempt = taken && (await this.find(id));
    // Read in a second statement: if we were stopped in between, it may be somebody else's by now.
    if (attempt?.leaseToken !== token) return undefined;
    return attempt ? { attempt, previousState: taken.previous, calledMsAgo: taken.called_ms_ago } : undefined;
  }

  /**
   * Moves a locked attempt on and ends the lease. An attempt that has ended gives up its credential.
   * Throws if the move is not in the transition table.
   */
  async transition(tx: Tx, attempt: PaymentAttempt, to: AttemptState, change: Change): Promise<void> {
    if (!isLegalTransition(attempt.state, to)) {
      throw new Error(`payment attempt ${attempt.id} cannot go from ${attempt.state} to ${to}`);
    }
    await tx.query(
      `UPDATE payment_attempt a SET
         state = $2, reference = coalesce($3, reference), instrument = coalesce($4, instrument), failure = coalesce($5, failure),
         credential = CASE WHEN $2 IN (${open}) THEN credential END,
         history = CASE WHEN a.state = $2 THEN a.history ELSE a.history || ${transitionSql('$2::text', '$6::text')} END,
         flagged_at = CASE WHEN $2 = 'surplus' THEN now() ELSE flagged_at END,
         lease_token = NULL, lease_until = NULL, updated_at = now()
       WHERE id = $1`,
      [
        attempt.id,
        to,
        change.reference ?? null,
        change.instrument ?? null,
        change.failure ?? null,
        change.by,
      ],
    );
    attempt.state = to;
  }

  /** Nothing was learned: the attempt is open to the next one who asks, and remembers at least that it is not known. */
  async endLease(tx: Tx, attempt: PaymentAttempt, by: string): Promise<void> {
    await this.transition(tx, attempt, attempt.state === 'called' ? 'unknown' : attempt.state, { by });
  }

  /** Open attempts nobody works on: their lease ran out, or they have waited long enough for their own call. */
  async due(limit: number): Promise<string[]> {
    const due = await this.db.query<{ id: string }>(
      `SELECT id FROM payment_attempt
       WHERE state IN (${open})
         AND (lease_until < now() OR (lease_until IS NULL AND updated_at < now() - $1 * interval '1 ms'))
       ORDER BY updated_at LIMIT $2`,
      [this.config.timings.reconcileAfterMs, limit],
    );
    return due.map(({ id }) => id);
  }

  /** Hands attempts to a person that no machine may send again; returns those newly flagged. */
  async flagUndecided(): Promise<string[]> {
    const flagged = await this.db.query<{ id: string }>(
      `UPDATE payment_attempt SET flagged_at = now()
       WHERE state IN (${open}) AND flagged_at IS NULL AND called_at < now() - $1 * interval '1 ms' RETURNING id`,
      [this.config.timings.resendLimitMs],
    );
    return flagged.map(({ id }) => id);
  }
}

function transitionSql(to: string, by: string): string {
  return `jsonb_build_array(jsonb_build_object('at', now(), 'from', a.state, 'to', ${to}, 'by', ${by}))`;
}
