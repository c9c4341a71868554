import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { StoreService } from '../database/store.service.js';
import { OrderDisputesService } from '../orders/order-disputes.service.js';
import { OrderRefundsService } from '../orders/order-refunds.service.js';
import { OrdersService } from '../orders/orders.service.js';
import { AttemptStore } from '../payments/attempt.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import { PreparedPaymentsService } from '../payments/prepared-payments.service.js';
import type {
  PaymentProvider,
  ProviderEvent,
  ProviderPayment,
} from '../payments/providers/payment-provider.js';
import { ProviderRegistry } from '../payments/providers/provider-registry.js';
import { QueueService } from '../queue/queue.service.js';
import { FoundMoneyService, type Taken } from './found-money.service.js';
import { ShortOfStock } from './purchase-intent.service.js';
import { SessionStore } from './session.store.js';
import { SettlementService } from './settlement.service.js';

/**
 * `applied`: what the provider has now is what we have. `foreign`: another program's, counted and never touched.
 * `waiting`: ours by its metadata, or not to be found yet, but nothing here knows it; ask again later.
 */
export type Applied = 'applied' | 'foreign' | 'waiting';

/** Brings our rows to what the provider says now, whoever noticed: a webhook, the reconciler or a person. */
@Injectable()
export class PaymentFactsService {
  private readonly logger = new Logger(PaymentFactsService.name);

  constructor(
    private readonly db: Database,
    private readonly providers: ProviderRegistry,
    private readonly attempts: AttemptStore,
    private readonly prepared: PreparedPaymentsService,
    private readonly sessions: SessionStore,
    private readonly settlement: SettlementService,
    private readonly foundMoney: FoundMoneyService,
    private readonly refunds: OrderRefundsService,
    private readonly disputes: OrderDisputesService,
    private readonly orders: OrdersService,
    private readonly store: StoreService,
    private readonly queue: QueueService,
  ) {}

  /** Asks the provider again. Throws `ProviderUnavailable` if it cannot be asked. */
  async sync(code: string, about: NonNullable<ProviderEvent['about']>, by: string): Promise<Applied> {
    const provider = this.providers.get(code);
    const applied = await this.syncPayment(provider, about.payment, by);
    if (applied !== 'applied' || about.part === 'payment') return applied;
    // Known by now, unless it is an orphan: then there is nothing of ours to write a refund or a dispute to.
    const attempt = await this.attempts.findByReference(code, about.payment);
    if (!attempt) return 'applied';
    if (about.part === 'refunds') await this.refunds.sync(provider, attempt);
    else if (about.dispute !== undefined) await this.disputes.sync(provider, attempt, about.dispute);
    return 'applied';
  }

  private async syncPayment(provider: PaymentProvider, reference: string, by: string): Promise<Applied> {
    const payment = await provider.find(reference);
    if (!payment) return 'waiting';
    const attempt = await this.attemptOf(provider.code, payment);
    if (attempt) return this.apply(attempt, payment, by);
    if (payment.storeInstance !== this.store.instanceId) return 'foreign';
    const prepared = payment.preparedId === null ? null : await this.prepared.find(payment.preparedId);
    return prepared ? this.adopt(provider, prepared.subjectId, payment, by) : 'waiting';
  }

  /** By the provider's id, or, before its first answer has told us that, by ours in its metadata. */
  private async attemptOf(provider: string, payment: ProviderPayment): Promise<PaymentAttempt | null> {
    const known = await this.attempts.findByReference(provider, payment.reference);
    if (known || payment.attemptId === null || payment.storeInstance !== this.store.instanceId) return known;
    return this.attempts.find(payment.attemptId);
  }

  private async apply(attempt: PaymentAttempt, payment: ProviderPayment, by: string): Promise<Applied> {
    const sameMoney = payment.amount === attempt.amount && payment.currency === attempt.currency;
    const money = payment.outcome.state === 'captured' || payment.outcome.state === 'authorized';
    if (money && !sameMoney) {
      this.logger.error({
        event: 'payment.other_amount',
        paymentId: attempt.id,
        reference: payment.reference,
      });
      return 'applied';
    }
    const advance = await this.settlement.apply(attempt, payment.outcome, by);
    return advance === 'unknown' ? 'waiting' : 'applied';
  }

  /** A payment that was made without us, on an order or a link of ours. */
  private async adopt(
    provider: PaymentProvider,
    sessionId: string,
    payment: ProviderPayment,
    by: string,
    maySell = true,
  ): Promise<Applied> {
    // What is only authorized waits for `complete`; without one the provider gives it back.
    if (payment.outcome.state !== 'captured') return 'applied';
    // Money that somebody has sent back already buys nothing.
    const refunds = await provider.refundsOf(payment.reference);
    if (refunds.some(({ state }) => state !== 'failed')) {
      this.logger.error({ event: 'payment.found_refunded', sessionId, reference: payment.reference });
      return 'applied';
    }
    const render = await this.orders.renderer();
    let taken: Taken | 'known';
    try {
      taken = await this.db.transaction(async (tx) => {
        const read = await this.sessions.lock(tx, sessionId);
        if (await this.attempts.findByReference(provider.code, payment.reference, tx)) return 'known';
        const orderNumber = await this.orders.nextNumber(tx);
        return this.foundMoney.adopt(tx, provider.code, payment, {
          ...read,
          orderNumber,
          render,
          by,
          maySell,
        });
      });
    } catch (error) {
      if (!(error instanceof ShortOfStock)) throw error;
      return this.adopt(provider, sessionId, payment, by, false);
    }
    // Somebody was first: with what they made of it, it is looked at again.
    if (taken === 'known') return this.syncPayment(provider, payment.reference, by);
    const level = taken.taken === 'sold' ? 'log' : 'error';
    this.logger[level]({
      event: 'payment.found',
      sessionId,
      provider: provider.code,
      reference: payment.reference,
      by,
      ...taken,
    });
    this.queue.wake('payments.operations');
    this.queue.wake('payments.close-links');
    return 'applied';
  }
}
