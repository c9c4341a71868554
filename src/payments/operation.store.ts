import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { newId } from '../common/id.js';
import { Config } from '../config/config.js';
import { boundedWait, Database, rows, type Tx } from '../database/database.js';
import {
  openOperationStates,
  type OperationKind,
  type OperationState,
  PaymentOperation,
} from './payment-operation.entity.js';
import type { ProviderPayment, ProviderRefund } from './providers/payment-provider.js';

/** An operation whose provider calls are ours alone until the lease ends. */
export interface LeasedOperation {
  operation: PaymentOperation;
  /** It may have reached the provider before. */
  sentBefore: boolean;
  calledMsAgo: number;
}

export type NewOperation = Pick<
  PaymentOperation,
  | 'kind'
  | 'paymentId'
  | 'provider'
  | 'paymentReference'
  | 'claimId'
  | 'amount'
  | 'currency'
  | 'reason'
  | 'requestedBy'
>;

const open = openOperationStates.map((state) => `'${state}'`).join(', ');
const firstBackoffMs = 2_000;
const longestBackoffMs = 3_600_000;

/** The rows behind refunds, captures and releases. */
@Injectable()
export class OperationStore {
  constructor(
    private readonly db: Database,
    private readonly config: Config,
  ) {}

  async find(id: string): Promise<PaymentOperation | null> {
    return this.db.repository(PaymentOperation).findOneBy({ id });
  }

  async findByClaim(claimId: string): Promise<PaymentOperation | null> {
    return this.db.repository(PaymentOperation).findOneBy({ claimId });
  }

  async ofPayments(paymentIds: string[], tx: Tx = this.db.dataSource.manager): Promise<PaymentOperation[]> {
    if (paymentIds.length === 0) return [];
    return tx
      .createQueryBuilder(PaymentOperation, 'o')
      .where('o.paymentId = ANY(:paymentIds)', { paymentIds })
      .orderBy('o.id')
      .getMany();
  }

  async lock(tx: Tx, id: string): Promise<PaymentOperation> {
    const repository = tx.getRepository(PaymentOperation);
    return repository.findOneOrFail({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /**
   * Commits what is wanted, in the caller's transaction. What a request asked for, that request does: for a few
   * seconds the sweep leaves it alone. Null if it is a capture or a release and the payment has one: it ends once.
   */
  async insert(tx: Tx, operation: NewOperation): Promise<string | null> {
    const id = newId('ref');
    const written = await rows(
      tx,
      `INSERT INTO payment_operation
         (id, kind, payment_id, provider, payment_reference, claim_id, amount, currency, reason, requested_by, state, tries,
          next_at, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6::text, $7, $8, $9, $10, 'started', 0,
               CASE WHEN $6::text IS NULL THEN now() ELSE now() + interval '5 s' END, now(), now())
       ON CONFLICT (payment_id) WHERE kind IN ('capture', 'release') AND state <> 'failed' DO NOTHING RETURNING id`,
      [
        id,
        operation.kind,
        operation.paymentId,
        operation.provider,
        operation.paymentReference,
        operation.claimId,
        operation.amount,
        operation.currency,
        operation.reason,
        operation.requestedBy,
      ],
    );
    return written.length === 1 ? id : null;
  }

  /** A refund somebody made at the provider. Null if it is known. */
  async insertFound(
    tx: Tx,
    paymentId: string,
    provider: string,
    refund: ProviderRefund,
  ): Promise<string | null> {
    const [row] = await rows<{ id: string }>(
      tx,
      `INSERT INTO payment_operation
         (id, kind, payment_id, provider, payment_reference, amount, currency, reason, requested_by, state, reference, tries,
          next_at, called_at, created_at, updated_at)
       VALUES ($1, 'refund', $2, $3, $4, $5, $6, $7, 'provider', $8, $9, 0, now() + interval '10 minutes', $10, $10, now())
       ON CONFLICT (provider, reference) WHERE reference IS NOT NULL DO NOTHING RETURNING id`,
      [
        newId('ref'),
        paymentId,
        provider,
        refund.payment,
        refund.amount,
        refund.currency,
        refund.reason ?? 'made at the payment provider',
        refund.state,
        refund.reference,
        refund.createdAt,
      ],
    );
    return row?.id ?? null;
  }

  /** Sends the money of a payment back that no row of ours knows; once, however often it is found. */
  async insertForOrphan(provider: string, payment: ProviderPayment): Promise<void> {
    await this.db.query(
      `INSERT INTO payment_operation
         (id, kind, provider, payment_reference, amount, currency, reason, requested_by, state, tries, next_at, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, 'The payment belongs to no order.', 'reconciler', 'started', 0, now(), now(), now())
       ON CONFLICT (provider, payment_reference) WHERE payment_id IS NULL DO NOTHING`,
      [
        newId('ref'),
        payment.outcome.state === 'authorized' ? 'release' : 'refund',
        provider,
        payment.reference,
        payment.amount,
        payment.currency,
      ],
    );
  }

  /** The states of those refunds of the provider that we know, by its ids. One query. */
  async refundStatesOf(provider: string, references: string[]): Promise<Map<string, OperationState>> {
    const known = await this.db.query<{ reference: string; state: OperationState }>(
      'SELECT reference, state FROM payment_operation WHERE provider = $1 AND reference = ANY($2)',
      [provider, references],
    );
    return new Map(known.map(({ reference, state }) => [reference, state]));
  }

  async lease(id: string): Promise<LeasedOperation | undefined> {
    const token = randomUUID();
    const [taken] = await this.db.query<{ sent_before: boolean; called_ms_ago: number }>(
      `WITH before AS (
         SELECT id, called_at FROM payment_operation, ${boundedWait}
         WHERE id = $1 AND state IN (${open}) AND (lease_until IS NULL OR lease_until < now())
         FOR UPDATE OF payment_operation SKIP LOCKED)
       UPDATE payment_operation o SET
         lease_token = $2, lease_until = now() + $3 * interval '1 ms', tries = tries + 1,
         called_at = coalesce(o.called_at, now()),
         state = CASE WHEN o.state = 'started' THEN 'called' ELSE o.state END, updated_at = now()
       FROM before WHERE o.id = before.id
       RETURNING before.called_at IS NOT NULL AS sent_before,
                 (extract(epoch FROM now() - o.called_at) * 1000)::int8 AS called_ms_ago`,
      [id, token, this.config.timings.attemptLeaseMs],
    );
    const operation = taken && (await this.find(id));
    if (!operation || operation.leaseToken !== token) return undefined;
    return { operation, sentBefore: taken.sent_before, calledMsAgo: taken.called_ms_ago };
  }

  /** Moves a locked operation on and ends its lease. */
  async move(
    tx: Tx,
    operation: PaymentOperation,
    to: OperationState,
    {
      reference,
      failure,
      neverSent = false,
      needsPerson = false,
    }: { reference?: string; failure?: string; neverSent?: boolean; needsPerson?: boolean } = {},
  ): Promise<void> {
    const backoffMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(operation.tries, 20));
    await tx.query(
      `UPDATE payment_operation SET
         state = $2, reference = coalesce($3, reference), failure = $4, lease_token = NULL, lease_until = NULL,
         called_at = CASE WHEN $5 THEN NULL ELSE called_at END,
         flagged_at = CASE WHEN $7 THEN coalesce(flagged_at, now()) ELSE flagged_at END,
         next_at = now() + $6 * interval '1 ms', updated_at = now()
       WHERE id = $1`,
      [operation.id, to, reference ?? null, failure ?? null, neverSent, backoffMs, needsPerson],
    );
    operation.state = to;
  }

  /** Open ones whose time has come and that nobody works on. */
  async due(limit: number, except: string[]): Promise<string[]> {
    const due = await this.db.query<{ id: string }>(
      `SELECT id FROM payment_operation
       WHERE state IN (${open}) AND next_at <= now() AND (lease_until IS NULL OR lease_until < now()) AND id <> ALL($2)
       ORDER BY next_at LIMIT $1`,
      [limit, except],
    );
    return due.map(({ id }) => id);
  }

  /** Hands operations to a person that no machine may send again; returns those newly flagged. */
  async flagUndecided(): Promise<string[]> {
    const flagged = await this.db.query<{ id: string }>(
      `UPDATE payment_operation SET flagged_at = now() WHERE id IN (
         SELECT id FROM payment_operation
         WHERE state IN ('called', 'unknown') AND flagged_at IS NULL AND called_at < now() - $1 * interval '1 ms'
         FOR UPDATE SKIP LOCKED) RETURNING id`,
      [this.config.timings.resendLimitMs],
    );
    return flagged.map(({ id }) => id);
  }
}

/** What of a payment's money has gone back or is on its way back. */
export const refundedOf = (
  operations: Pick<PaymentOperation, 'kind' | 'state' | 'amount'>[],
  states: readonly OperationState[] = ['succeeded'],
): number =>
  operations
    .filter(({ kind, state }) => kind === ('refund' satisfies OperationKind) && states.includes(state))
    .reduce((sum, { amount }) => sum + amount, 0);
