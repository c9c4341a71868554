import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { StoreService } from '../database/store.service.js';
import { OrderChangesService } from '../orders/order-changes.service.js';
import { OrdersService } from '../orders/orders.service.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OperationStore } from '../payments/operation.store.js';
import type { AttemptState } from '../payments/payment.states.js';
import { PaymentsSettings } from '../payments/payments.settings.js';
import {
  type PaymentProvider,
  type ProviderEvent,
  type ProviderPayment,
  ProviderUnavailable,
} from '../payments/providers/payment-provider.js';
import { ProviderRegistry } from '../payments/providers/provider-registry.js';
import { OnJob } from '../queue/on-job.decorator.js';
import { SettingsService } from '../settings/settings.service.js';
import { type Applied, PaymentFactsService } from './payment-facts.service.js';

const chunk = 100;
/** Providers list by creation, and a payment may be authorized or captured days after that: looked at once a day. */
const lookBackMs = 8 * 24 * 3_600_000;
const lookBackEveryMs = 24 * 3_600_000;

interface Tally {
  seen: number;
  foreign: number;
  corrected: number;
  orphans: number;
  ordersWithoutMoney: number;
  failed: number;
}

/**
 * Compares what the providers list with what we have, so that money and orders cannot drift apart unseen, even if
 * every webhook was lost: money without an order is completed or sent back, an order without money is shown to a
 * person, and what another program made is counted and left alone.
 */
@Injectable()
export class PaymentComparisonService {
  private readonly logger = new Logger(PaymentComparisonService.name);

  constructor(
    private readonly db: Database,
    private readonly providers: ProviderRegistry,
    private readonly attempts: AttemptStore,
    private readonly operations: OperationStore,
    private readonly facts: PaymentFactsService,
    private readonly changes: OrderChangesService,
    private readonly orders: OrdersService,
    private readonly settings: SettingsService,
    private readonly store: StoreService,
    private readonly config: Config,
  ) {}

  @OnJob('payments.compare')
  async compareAll(): Promise<void> {
    for (const provider of this.providers.all()) {
      try {
        await this.compare(provider);
      } catch (error) {
        const cause = error instanceof ProviderUnavailable ? { cause: error.message } : { error };
        this.logger.warn({ event: 'payment.comparison_failed', provider: provider.code, ...cause });
      }
    }
  }

  private async compare(provider: PaymentProvider): Promise<void> {
    const { since, now, looksBack } = await this.window(provider.code);
    const tally: Tally = { seen: 0, foreign: 0, corrected: 0, orphans: 0, ordersWithoutMoney: 0, failed: 0 };
    const paid = new Set<string>();
    for await (const payments of inChunks(provider.list(since))) {
      await this.comparePayments(provider, payments, tally);
      for (const { reference, outcome } of payments) if (isMoney(outcome.state)) paid.add(reference);
    }
    await this.compareRefunds(provider, since, tally);
    for await (const dispute of provider.listDisputes(since)) {
      const about = { part: 'dispute' as const, payment: dispute.payment, dispute: dispute.reference };
      await this.sync(provider, about, tally);
    }
    for (const payment of await this.attempts.paidSince(provider.code, since)) {
      if (!paid.has(payment.reference)) await this.confirmMoney(provider, payment, tally);
    }
    if (tally.failed === 0) await this.remember(provider.code, now, looksBack);
    const level =
      tally.corrected + tally.orphans + tally.ordersWithoutMoney + tally.failed > 0 ? 'error' : 'log';
    this.logger[level]({ event: 'payment.compared', provider: provider.code, since, ...tally });
  }

  private async comparePayments(
    provider: PaymentProvider,
    payments: ProviderPayment[],
    tally: Tally,
  ): Promise<void> {
    const known = await this.attempts.statesOf(
      provider.code,
      payments.map(({ reference }) => reference),
    );
    for (const payment of payments) {
      tally.seen += 1;
      const state = known.get(payment.reference);
      if (state !== undefined && agrees(state, payment)) continue;
      const ours = state !== undefined || payment.storeInstance === this.store.instanceId;
      if (!ours) {
        tally.foreign += 1;
        continue;
      }
      const about = { part: 'payment' as const, payment: payment.reference };
      const applied = await this.sync(provider, about, tally);
      if (applied === 'waiting') await this.orphan(provider, payment, tally);
      // What is only authorized waits for its buyer's agent: nothing was wrong.
      else if (payment.outcome.state === 'captured' || state !== undefined) tally.corrected += 1;
    }
  }

  /** Money of ours that no row knows, as after a restored backup. Always told; sent back if the merchant says so. */
  private async orphan(provider: PaymentProvider, payment: ProviderPayment, tally: Tally): Promise<void> {
    const old = Date.now() - payment.createdAt.getTime() > this.config.timings.orphanAfterMs;
    if (!old || !isMoney(payment.outcome.state)) return;
    tally.orphans += 1;
    const { orphanPolicy } = await this.settings.get(PaymentsSettings);
    this.logger.error({
      event: 'payment.orphan',
      provider: provider.code,
      reference: payment.reference,
      sessionId: payment.subjectId,
      amount: payment.amount,
      currency: payment.currency,
      policy: orphanPolicy,
    });
    if (orphanPolicy === 'refund') await this.operations.insertForOrphan(provider.code, payment);
  }

  private async compareRefunds(provider: PaymentProvider, since: Date, tally: Tally): Promise<void> {
    for await (const refunds of inChunks(provider.listRefunds(since))) {
      const known = await this.operations.refundStatesOf(
        provider.code,
        refunds.map(({ reference }) => reference),
      );
      const news = refunds.filter(({ reference, state }) => known.get(reference) !== state);
      for (const payment of new Set(news.map((refund) => refund.payment))) {
        const applied = await this.sync(provider, { part: 'refunds', payment }, tally);
        if (applied === 'applied') tally.corrected += 1;
      }
    }
  }

  /** We count on this money and the list does not show it: perhaps it is only older than the list. */
  private async confirmMoney(
    provider: PaymentProvider,
    { id, reference }: { id: string; reference: string },
    tally: Tally,
  ): Promise<void> {
    const payment = await provider.find(reference);
    if (payment && isMoney(payment.outcome.state)) return;
    await this.sync(provider, { part: 'payment', payment: reference }, tally);
    const render = await this.orders.renderer();
    const flagged = await this.db.transaction(async (tx) => {
      const attempt = await this.attempts.lock(tx, id);
      const order = isMoney(attempt.state) ? await this.changes.lockByPayment(tx, id) : null;
      if (!order || order.needsReview) return null;
      await this.changes.apply(tx, order, { needsReview: true }, render);
      return order.id;
    });
    if (flagged === null) return;
    tally.ordersWithoutMoney += 1;
    this.logger.error({ event: 'payment.order_without_money', orderId: flagged, paymentId: id, reference });
  }

  /** One that fails does not keep the others waiting; the same time is compared again then. */
  private async sync(
    provider: PaymentProvider,
    about: NonNullable<ProviderEvent['about']>,
    tally: Tally,
  ): Promise<Applied | undefined> {
    try {
      return await this.facts.sync(provider.code, about, 'reconciler');
    } catch (error) {
      if (error instanceof ProviderUnavailable) throw error;
      tally.failed += 1;
      this.logger.error({ event: 'payment.comparison_failed', provider: provider.code, ...about, error });
      return undefined;
    }
  }

  private async window(provider: string): Promise<{ since: Date; now: Date; looksBack: boolean }> {
    const [row] = await this.db.query<{ since: Date; now: Date; looksBack: boolean }>(
      `WITH mark AS (SELECT * FROM provider_mark WHERE provider = $1),
            plan AS (SELECT NOT EXISTS (SELECT 1 FROM mark WHERE looked_back_at > now() - $4 * interval '1 ms') AS looks_back)
       SELECT now() AS now, looks_back AS "looksBack",
              CASE WHEN looks_back THEN now() - $3 * interval '1 ms'
                   ELSE (SELECT listed_until - $2 * interval '1 ms' FROM mark) END AS since
       FROM plan`,
      [provider, this.config.timings.compareOverlapMs, lookBackMs, lookBackEveryMs],
    );
    if (!row) throw new Error('the database did not tell the time');
    return row;
  }

  private async remember(provider: string, until: Date, lookedBack: boolean): Promise<void> {
    await this.db.query(
      `INSERT INTO provider_mark (provider, listed_until, looked_back_at) VALUES ($1, $2, CASE WHEN $3 THEN $2::timestamptz END)
       ON CONFLICT (provider) DO UPDATE SET
         listed_until = greatest(provider_mark.listed_until, excluded.listed_until),
         looked_back_at = coalesce(excluded.looked_back_at, provider_mark.looked_back_at)`,
      [provider, until, lookedBack],
    );
  }
}

const isMoney = (state: string): boolean => state === 'captured' || state === 'authorized';

/** Whether our row says what the provider shows. Only money makes a closed attempt interesting again. */
function agrees(state: AttemptState, { outcome }: ProviderPayment): boolean {
  switch (outcome.state) {
    case 'captured':
      return state === 'captured' || state === 'surplus';
    case 'authorized':
      return state !== 'called' && state !== 'unknown' && state !== 'pending';
    case 'declined':
    case 'canceled':
    case 'authentication_required':
      return state === 'failed' || state === 'canceled';
    default:
      return true;
  }
}

async function* inChunks<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let some: T[] = [];
  for await (const item of items) {
    some.push(item);
    if (some.length === chunk) {
      yield some;
      some = [];
    }
  }
  if (some.length > 0) yield some;
}
