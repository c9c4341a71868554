import { Injectable } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { newId } from '../common/id.js';
import { together, type Tx } from '../database/database.js';
import { OrdersService, type RenderOrder } from '../orders/orders.service.js';
import { placedOrder } from '../orders/placed-order.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OperationStore } from '../payments/operation.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import { PaymentsService } from '../payments/payments.service.js';
import { PreparedPaymentsService } from '../payments/prepared-payments.service.js';
import type { InstrumentSummary, ProviderPayment } from '../payments/providers/payment-provider.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import { holdsStock, statusOf } from './checkout.states.js';
import { ShortOfStock } from './purchase-intent.service.js';
import { saleOf } from './sale.js';
import { preparedOf } from './session-content.js';
import { nextVersion, type ReadSession, SessionStore } from './session.store.js';

/** Money that nobody was waiting for. */
export interface FoundMoney {
  reference: string;
  instrument?: InstrumentSummary;
  /** `authorized` counts only where the merchant captures by hand. */
  state: 'captured' | 'authorized';
  /** How much of it has gone back already. */
  refunded?: number;
}

/** What became of it: the session is sold after all, or the money goes back. */
export type Taken = { taken: 'sold' } | { taken: 'sent back'; operationId: string | null };

interface Circumstances {
  render: RenderOrder;
  by: string;
  /** False once the shelf was found empty: the money goes back then. */
  maySell: boolean;
}

/**
 * Money that came without our asking or after we had stopped waiting: a payment on a link or an order, or one for
 * an attempt that was closed. It completes the session if that is open, its total unchanged and its stock to be
 * had; else it goes back. In the caller's transaction, which holds the session's lock; throws `ShortOfStock` to
 * be run again without `maySell`.
 */
@Injectable()
export class FoundMoneyService {
  constructor(
    private readonly sessions: SessionStore,
    private readonly attempts: AttemptStore,
    private readonly payments: PaymentsService,
    private readonly prepared: PreparedPaymentsService,
    private readonly operations: OperationStore,
    private readonly orders: OrdersService,
    private readonly inventory: InventoryStore,
  ) {}

  /** For an attempt that had been closed without money. Holds the attempt's lock too. */
  async surplus(
    tx: Tx,
    attempt: PaymentAttempt,
    money: FoundMoney,
    now: Circumstances & ReadSession,
  ): Promise<Taken> {
    const { reference, instrument } = money;
    const sells = now.maySell && !money.refunded && pays(now, attempt);
    // One that is sold and only authorized has its life before it: it is captured or let go like any other.
    const to = sells && money.state === 'authorized' ? 'authorized' : 'surplus';
    await this.attempts.transition(tx, attempt, to, { reference, instrument, by: now.by });
    if (sells) return this.sell(tx, attempt.id, money, now);
    return this.sendBack(tx, { ...attempt, reference }, money, now.by);
  }

  /**
   * A captured payment on an order or a link that was prepared for the session. `read` is null if the session never
   * came about: the process that prepared it died before.
   */
  async adopt(
    tx: Tx,
    provider: string,
    payment: ProviderPayment,
    { sessionId, read, ...now }: Circumstances & { sessionId: string; read: ReadSession | null },
  ): Promise<Taken> {
    const { outcome } = payment;
    const refunded = 'refunded' in outcome ? outcome.refunded : undefined;
    const instrument = 'instrument' in outcome ? (outcome.instrument ?? null) : null;
    const [newest] = await this.attempts.findBySubject(tx, sessionId);
    const n = (newest?.n ?? 0) + 1;
    const isCurrent = (session: CheckoutSession): boolean =>
      preparedOf(session.content.quote).some(({ id }) => id === payment.preparedId);
    const buys =
      now.maySell && !refunded && read && isCurrent(read.session) && pays(read, payment) ? read : null;
    const found = {
      id: newId('pay'),
      subjectId: sessionId,
      n,
      provider,
      amount: payment.amount,
      currency: payment.currency,
      providerKey: this.payments.keyOf({ subjectId: sessionId, n }),
      reference: payment.reference,
      instrument,
    };
    await this.attempts.insertFound(tx, { ...found, state: buys ? 'captured' : 'surplus' }, now.by);
    if (payment.preparedId !== null) await this.prepared.markPaid(tx, payment.preparedId);
    const money: FoundMoney = { reference: payment.reference, state: 'captured', refunded };
    return buys
      ? this.sell(tx, found.id, money, { ...now, ...buys })
      : this.sendBack(tx, found, money, now.by);
  }

  private async sell(
    tx: Tx,
    paymentId: string,
    { state }: FoundMoney,
    { session, now, render }: Circumstances & ReadSession,
  ): Promise<Taken> {
    const content = { ...session.content, notice: null, authentication: null };
    const next = nextVersion(session, now, { state: 'completed', content });
    const number = await this.orders.nextNumber(tx);
    const placed = placedOrder(
      saleOf(next, { number, paid: state === 'captured', paymentId, placedAt: now }),
      render.settings,
    );
    const [, , , { shortItemIds }] = await together([
      this.sessions.save(tx, next),
      // What it could also have been paid by is not to be paid any more.
      this.prepared.release(tx, [session.id], []),
      this.orders.place(tx, placed, render(placed)),
      holdsStock(session.state)
        ? Promise.resolve({ shortItemIds: [] })
        : this.inventory.reserve(tx, session.id, content.lines),
      this.inventory.sell(tx, session.id),
    ]);
    if (shortItemIds.length > 0) throw new ShortOfStock();
    return { taken: 'sold' };
  }

  /** What of it has not gone back yet. */
  async sendBack(
    tx: Tx,
    attempt: Pick<PaymentAttempt, 'id' | 'provider' | 'reference' | 'amount' | 'currency'>,
    { state, refunded = 0 }: FoundMoney,
    by: string,
  ): Promise<Taken> {
    if (refunded >= attempt.amount) return { taken: 'sent back', operationId: null };
    const operationId = await this.operations.insert(tx, {
      kind: state === 'captured' ? 'refund' : 'release',
      paymentId: attempt.id,
      provider: attempt.provider,
      paymentReference: attempt.reference ?? '',
      claimId: null,
      amount: attempt.amount - refunded,
      currency: attempt.currency,
      reason: 'The payment came for a checkout that could not be completed with it.',
      requestedBy: by,
    });
    return { taken: 'sent back', operationId };
  }
}

/** The session still waits for exactly this money. */
function pays(
  { session, now }: { session: CheckoutSession; now: Date },
  money: { amount: number; currency: string },
): boolean {
  const status = statusOf(session, now);
  return (
    (status === 'ready_for_payment' || status === 'authentication_required') &&
    money.amount === session.total &&
    money.currency === session.currency
  );
}
