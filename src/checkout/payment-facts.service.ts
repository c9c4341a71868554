import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
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
import { type ReadSession, SessionStore } from './session.store.js';
import { SettlementService } from './settlement.service.js';

/**
 * `applied`: what the provider has now is what we have. `foreign`: another program's, counted and never touched.
 * `waiting`: ours by its metadata, or not to be found yet, but nothing here knows it; ask again later. `undecided`:
 * we know it, and what becomes of it depends on what is still under way; ask again soon.
 */
export type Applied = 'applied' | 'foreign' | 'waiting' | 'undecided';

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
    private readonly config: Config,
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
    // Taken before the look: of two looks the one that began later knows more.
    const [clock] = await this.db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    const payment = await provider.find(reference);
    if (!payment || !clock) return 'waiting';
    const known = await this.attempts.findByReference(provider.code, payment.reference);
    if (known) return this.apply(known, payment, by, clock.now);
    const named = await this.attemptNamedBy(provider.code, payment);
    // An attempt has one payment. A second one is nobody's: its money goes back.
    if (named && named.reference !== null) return this.adopt(provider, named.subjectId, payment, by, false);
    if (named) return this.apply(named, payment, by, clock.now);
    if (payment.storeInstance !== this.store.instanceId) return 'foreign';
    const prepared = payment.preparedId === null ? null : await this.prepared.find(payment.preparedId);
    return prepared ? this.adopt(provider, prepared.subjectId, payment, by) : 'waiting';
  }

  /** By our id in its metadata, before the provider's first answer has told us its own. */
  private async attemptNamedBy(provider: string, payment: ProviderPayment): Promise<PaymentAttempt | null> {
    if (payment.attemptId === null || payment.storeInstance !== this.store.instanceId) return null;
    const attempt = await this.attempts.find(payment.attemptId);
    return attempt?.provider === provider ? attempt : null;
  }

  private async apply(
    attempt: PaymentAttempt,
    payment: ProviderPayment,
    by: string,
    lookedAt: Date,
  ): Promise<Applied> {
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
    const advance = await this.settlement.apply(attempt, payment.outcome, by, lookedAt);
    return advance === 'unknown' ? 'undecided' : 'applied';
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
    const render = await this.orders.renderer();
    let taken: Taken | 'known' | 'undecided';
    try {
      taken = await this.db.transaction(async (tx) => {
        const read = await this.sessions.lockIfThere(tx, sessionId);
        if (await this.attempts.findByReference(provider.code, payment.reference, tx)) return 'known';
        // A charge is under way: if it comes to nothing, this money may still buy the session.
        if (maySell && read && this.isCharging(read)) return 'undecided';
        return this.foundMoney.adopt(tx, provider.code, payment, { sessionId, read, render, by, maySell });
      });
    } catch (error) {
      if (!(error instanceof ShortOfStock)) throw error;
      return this.adopt(provider, sessionId, payment, by, false);
    }
    if (taken === 'undecided') return 'undecided';
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

  /** One that takes very long is not waited for: the buyer's money goes back. */
  private isCharging({ session, now }: ReadSession): boolean {
    const forHowLong = now.getTime() - session.updatedAt.getTime();
    return session.state === 'completing' && forHowLong < this.config.timings.believeRefusalMs;
  }
}
