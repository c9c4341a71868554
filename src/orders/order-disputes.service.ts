import { Injectable, Logger } from '@nestjs/common';
import { newId } from '../common/id.js';
import { Database, rows, type Tx } from '../database/database.js';
import { AttemptStore } from '../payments/attempt.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import { PaymentDispute } from '../payments/payment-dispute.entity.js';
import type { PaymentProvider, ProviderDispute } from '../payments/providers/payment-provider.js';
import { OrderChangesService } from './order-changes.service.js';
import { OrdersService } from './orders.service.js';

/** Disputes as the provider shows them: the order is to be looked at by a person, and says so. */
@Injectable()
export class OrderDisputesService {
  private readonly logger = new Logger(OrderDisputesService.name);

  constructor(
    private readonly db: Database,
    private readonly attempts: AttemptStore,
    private readonly changes: OrderChangesService,
    private readonly orders: OrdersService,
  ) {}

  async ofPayments(paymentIds: string[], tx: Tx = this.db.dataSource.manager): Promise<PaymentDispute[]> {
    if (paymentIds.length === 0) return [];
    return tx
      .createQueryBuilder(PaymentDispute, 'd')
      .where('d.paymentId = ANY(:paymentIds)', { paymentIds })
      .orderBy('d.openedAt')
      .getMany();
  }

  /** Throws `ProviderUnavailable`. */
  async sync(provider: PaymentProvider, { id }: PaymentAttempt, reference: string): Promise<void> {
    // Taken before the look: of two looks the one that began later counts, whichever is written last.
    const [clock] = await this.db.query<{ now: Date }>('SELECT now() AS now');
    const dispute = await provider.findDispute(reference);
    if (!dispute || !clock) return;
    const render = await this.orders.renderer();
    const opened = await this.db.transaction(async (tx) => {
      await this.attempts.lock(tx, id);
      const written = await this.write(tx, id, provider.code, dispute, clock.now);
      const order = written && (await this.changes.lockByPayment(tx, id));
      if (!written || !order) return written?.isNew ?? false;
      const needsReview = written.isNew || written.moved ? { needsReview: true } : {};
      const change = { ...needsReview, adjustments: [adjustmentOf(written.id, dispute)] };
      await this.changes.apply(tx, order, change, render);
      return written.isNew;
    });
    if (opened)
      this.logger.error({ event: 'payment.disputed', paymentId: id, reference, reason: dispute.reason });
  }

  private async write(
    tx: Tx,
    paymentId: string,
    provider: string,
    dispute: ProviderDispute,
    observedAt: Date,
  ): Promise<{ id: string; isNew: boolean; moved: boolean } | undefined> {
    const [before] = await rows<{ id: string; status: string }>(
      tx,
      'SELECT id, status FROM payment_dispute WHERE provider = $1 AND reference = $2',
      [provider, dispute.reference],
    );
    const [row] = await rows<{ id: string }>(
      tx,
      `INSERT INTO payment_dispute
         (id, payment_id, provider, reference, reason, status, amount, currency, opened_at, observed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (provider, reference) DO UPDATE SET
         status = excluded.status, reason = excluded.reason, amount = excluded.amount, observed_at = excluded.observed_at
         WHERE payment_dispute.observed_at < excluded.observed_at
       RETURNING id`,
      [
        newId('dsp'),
        paymentId,
        provider,
        dispute.reference,
        dispute.reason,
        dispute.status,
        dispute.amount,
        dispute.currency,
        dispute.openedAt,
        observedAt,
      ],
    );
    return (
      row && { id: row.id, isNew: !before, moved: before !== undefined && before.status !== dispute.status }
    );
  }
}

/** Pending while it is open; completed when the buyer keeps the money, failed when the shop does (ACP §3.7). */
function adjustmentOf(sourceId: string, { status, amount, currency, reason, openedAt }: ProviderDispute) {
  const over = { won: 'failed', closed: 'failed', lost: 'completed' } as const;
  return {
    sourceId,
    type: 'dispute' as const,
    status: status in over ? over[status as keyof typeof over] : ('pending' as const),
    amount,
    currency,
    reason,
    occurredAt: openedAt,
  };
}
