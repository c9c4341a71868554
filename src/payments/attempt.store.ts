import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { In } from 'typeorm';
import { Config } from '../config/config.js';
import type { PageRequest } from '../common/paging.js';
import { boundedWait, Database, rows, together, type Tx } from '../database/database.js';
import { newestFirst } from '../database/newest-first.js';
import { PaymentAttempt } from './payment-attempt.entity.js';
import { type AttemptState, isLegalTransition, notSent, openStates } from './payment.states.js';

/** An attempt whose provider calls are ours alone until the lease ends. */
export interface LeasedAttempt {
  attempt: PaymentAttempt;
  previousState: AttemptState;
  /** It may have reached the provider before; from then on only the provider can say that it did not. */
  sentBefore: boolean;
  /** Nobody waits for it any more. */
  expired: boolean;
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
  | 'reference'
  | 'authenticationId'
  | 'expiresAt'
>;

/** A payment that was made without us: by the buyer, on an order or link of ours. */
type FoundPayment = Pick<
  PaymentAttempt,
  | 'id'
  | 'subjectId'
  | 'n'
  | 'provider'
  | 'amount'
  | 'currency'
  | 'providerKey'
  | 'reference'
  | 'instrument'
  | 'state'
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

  async findAll(ids: string[], tx: Tx = this.db.dataSource.manager): Promise<Map<string, PaymentAttempt>> {
    if (ids.length === 0) return new Map();
    const found = await tx.getRepository(PaymentAttempt).findBy({ id: In(ids) });
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
    const attempt = await this.lockIfThere(tx, id);
    if (!attempt) throw new Error(`payment attempt ${id} is gone`);
    return attempt;
  }

  async lockIfThere(tx: Tx, id: string): Promise<PaymentAttempt | null> {
    return tx.getRepository(PaymentAttempt).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** For a few seconds only the caller can lease it. */
  async insert(tx: Tx, attempt: NewAttempt): Promise<void> {
    await tx.query(
      `INSERT INTO payment_attempt
         (id, subject_id, n, claim_id, provider, state, amount, currency, provider_key, request, credential,
          reference, authentication_id, expires_at, lease_until, history, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, 'started', $6, $7, $8, $9, $10, $11, $12, $13,
               now() + least($14, 5000) * interval '1 ms', '[]', now(), now())`,
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
        attempt.reference,
        attempt.authenticationId,
        attempt.expiresAt,
        this.config.timings.attemptLeaseMs,
      ],
    );
  }

  /** Writes down a payment that was found made. Nothing will ever be sent for it. */
  async insertFound(tx: Tx, found: FoundPayment, by: string): Promise<void> {
    await tx.query(
      `INSERT INTO payment_attempt
         (id, subject_id, n, claim_id, provider, state, amount, currency, provider_key, request, reference, instrument,
          expires_at, history, created_at, updated_at)
       VALUES ($1, $2, $3, $1, $4, $5, $6, $7, $8, $9, $10, $11, now(),
               jsonb_build_array(jsonb_build_object('at', now(), 'from', NULL, 'to', $5::text, 'by', $12::text)), now(), now())`,
      [
        found.id,
        found.subjectId,
        found.n,
        found.provider,
        found.state,
        found.amount,
        found.currency,
        found.providerKey,
        {
          credentialKind: 'found',
          capture: 'automatic',
          description: '',
          prepared: [],
          links: [],
          canAuthenticate: false,
        },
        found.reference,
        found.instrument,
        by,
      ],
    );
  }

  /** By the provider's id; one that may still count before one that was closed. */
  async findByReference(provider: string, reference: string, tx?: Tx): Promise<PaymentAttempt | null> {
    const [row] = await rows<{ id: string }>(
      tx ?? this.db.dataSource.manager,
      `SELECT id FROM payment_attempt WHERE provider = $1 AND reference = $2
       ORDER BY state IN ('failed', 'canceled'), n DESC LIMIT 1`,
      [provider, reference],
    );
    return row ? (tx ?? this.db.dataSource.manager).getRepository(PaymentAttempt).findOneBy(row) : null;
  }

  /** The states of those payments of the provider that we know, by its ids. One query. */
  async statesOf(provider: string, references: string[]): Promise<Map<string, AttemptState>> {
    const known = await this.db.query<{ reference: string; state: AttemptState }>(
      `SELECT DISTINCT ON (reference) reference, state FROM payment_attempt
       WHERE provider = $1 AND reference = ANY($2) ORDER BY reference, state IN ('failed', 'canceled'), n DESC`,
      [provider, references],
    );
    return new Map(known.map(({ reference, state }) => [reference, state]));
  }

  /** Payments whose money we count on and whose rows have not changed since before then but after `since`. */
  async paidSince(provider: string, since: Date): Promise<{ id: string; reference: string }[]> {
    return this.db.query(
      `SELECT id, reference FROM payment_attempt
       WHERE provider = $1 AND state IN ('authorized', 'captured') AND updated_at >= $2 AND reference IS NOT NULL
       ORDER BY updated_at`,
      [provider, since],
    );
  }

  /** Payments that were to be let go and, after a while, still are not. */
  async stuckReleases(limit: number): Promise<{ id: string; provider: string; reference: string }[]> {
    return this.db.query(
      `SELECT id, provider, reference FROM payment_attempt
       WHERE state = 'canceling' AND reference IS NOT NULL AND updated_at < now() - $2 * interval '1 ms'
       ORDER BY updated_at LIMIT $1`,
      [limit, this.config.timings.reconcileAfterMs],
    );
  }

  async list(page: PageRequest): Promise<PaymentAttempt[]> {
    return newestFirst(this.db.repository(PaymentAttempt), page);
  }

  /**
   * Takes the lease of an open attempt that nobody works on, and marks one that is about to be sent as `called`.
   * `fresh` is the call that has just inserted it: nobody else can have taken it, as its lease runs.
   */
  async lease(id: string, { fresh = false } = {}): Promise<LeasedAttempt | undefined> {
    const token = randomUUID();
    const [taken] = await this.db.query<{
      previous: AttemptState;
      sent_before: boolean;
      expired: boolean;
      called_ms_ago: number;
    }>(
      `WITH before AS (
         SELECT id, state, called_at, called_at IS NULL AND expires_at <= now() AS unwanted
         FROM payment_attempt, ${boundedWait}
         WHERE id = $1 AND state IN (${open})
           AND ${fresh ? "state = 'started' AND lease_token IS NULL" : '(lease_until IS NULL OR lease_until < now())'}
         -- A locked one is being settled by somebody: nothing to wait for. Ours nobody settles.
         FOR UPDATE OF payment_attempt ${fresh ? '' : 'SKIP LOCKED'})
       UPDATE payment_attempt a SET
         lease_token = $2, lease_until = now() + $3 * interval '1 ms',
         called_at = CASE WHEN unwanted THEN NULL ELSE coalesce(a.called_at, now()) END,
         state = CASE WHEN a.state = 'started' AND NOT unwanted THEN 'called' ELSE a.state END,
         history = CASE WHEN a.state = 'started' AND NOT unwanted THEN a.history || ${transitionSql("'called'", "'lease'")} ELSE a.history END,
         updated_at = now()
       FROM before WHERE a.id = before.id
       RETURNING before.state AS previous, before.called_at IS NOT NULL AS sent_before,
                 a.expires_at <= now() AS expired,
                 (coalesce(extract(epoch FROM now() - a.called_at), 0) * 1000)::int8 AS called_ms_ago`,
      [id, token, this.config.timings.attemptLeaseMs],
    );
    const attempt = taken && (await this.find(id));
    // Read in a second statement: if we were stopped in between, it may be somebody else's by now.
    if (!attempt || attempt.leaseToken !== token) return undefined;
    const { previous, sent_before, expired, called_ms_ago } = taken;
    return { attempt, previousState: previous, sentBefore: sent_before, expired, calledMsAgo: called_ms_ago };
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
         state = $2, reference = coalesce($3, reference), failure = coalesce($5, failure),
         -- Of an erased buyer no card is learned again.
         instrument = CASE WHEN erased_at IS NULL THEN coalesce($4, instrument) END,
         credential = CASE WHEN $2 IN (${open}) THEN credential END,
         -- What was never sent has used up no proof of authentication.
         authentication_id = CASE WHEN $5::jsonb->>'reason' = '${notSent}' THEN NULL ELSE authentication_id END,
         history = CASE WHEN a.state = $2 THEN a.history ELSE a.history || ${transitionSql('$2::text', '$6::text')} END,
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

  /**
   * Nothing was learned: the attempt is open to the next one who asks. One that certainly never reached the
   * provider is remembered as never called.
   */
  async endLease(
    tx: Tx,
    attempt: PaymentAttempt,
    { by, neverSent }: { by: string; neverSent: boolean },
  ): Promise<void> {
    await together([
      this.transition(tx, attempt, attempt.state === 'called' ? 'unknown' : attempt.state, { by }),
      neverSent
        ? tx.query('UPDATE payment_attempt SET called_at = NULL WHERE id = $1', [attempt.id])
        : Promise.resolve(),
    ]);
  }

  /** Open attempts nobody works on: their lease ran out, or they have waited long enough for their own call. */
  async due(limit: number, except: string[]): Promise<string[]> {
    const due = await this.db.query<{ id: string }>(
      `SELECT id FROM payment_attempt
       WHERE state IN (${open})
         AND (lease_until < now() OR (lease_until IS NULL AND updated_at < now() - $1 * interval '1 ms'))
         AND id <> ALL($3)
       ORDER BY updated_at LIMIT $2`,
      [this.config.timings.reconcileAfterMs, limit, except],
    );
    return due.map(({ id }) => id);
  }

  /** Hands attempts to a person that no machine may send again; returns those newly flagged. */
  async flagUndecided(): Promise<string[]> {
    const flagged = await this.db.query<{ id: string }>(
      `UPDATE payment_attempt SET flagged_at = now() WHERE id IN (
         SELECT id FROM payment_attempt
         WHERE state IN (${open}) AND flagged_at IS NULL AND called_at < now() - $1 * interval '1 ms'
         FOR UPDATE SKIP LOCKED) RETURNING id`,
      [this.config.timings.resendLimitMs],
    );
    return flagged.map(({ id }) => id);
  }
}

function transitionSql(to: string, by: string): string {
  return `jsonb_build_array(jsonb_build_object('at', now(), 'from', a.state, 'to', ${to}, 'by', ${by}))`;
}
