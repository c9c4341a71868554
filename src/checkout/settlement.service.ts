import { Injectable, Logger } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { apiErrors } from '../common/api-error.js';
import { Database, together, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import type { PlacedOrder } from '../orders/order.view.js';
import { OrderMoneyService } from '../orders/order-money.service.js';
import { OrdersService, type RenderOrder } from '../orders/orders.service.js';
import { placedOrder } from '../orders/placed-order.js';
import { AttemptStore, type LeasedAttempt } from '../payments/attempt.store.js';
import { ChargingService } from '../payments/charging.service.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import { isClosedWithoutMoney, isOpen, notSent } from '../payments/payment.states.js';
import { PreparedPaymentsService } from '../payments/prepared-payments.service.js';
import type { PaymentOutcome } from '../payments/providers/payment-provider.js';
import { QueueService } from '../queue/queue.service.js';
import { SettingsService } from '../settings/settings.service.js';
import type { Render } from './checkout.service.js';
import { CheckoutSettings } from './checkout.settings.js';
import { statusOf } from './checkout.states.js';
import { FoundMoneyService, type Taken } from './found-money.service.js';
import { type Consequence, consequenceOf, invalidCredential, invalidToken } from './payment-consequence.js';
import { ShortOfStock } from './purchase-intent.service.js';
import { saleOf } from './sale.js';
import { preparedOf } from './session-content.js';
import { type ReadSession, SessionStore } from './session.store.js';

/** The agent's request that waits for the outcome, if one does. */
export interface Responder {
  claim: Claim;
  render: Render;
}

/**
 * `settled`: the outcome is written, by us or by somebody before us. `busy`: another call holds the lease.
 * `unknown`: it stays open and the reconciler comes back. `blocked`: another payment is under way outside our
 * hands, nothing was charged. `failed`: we could not ask; nothing was charged.
 */
export type Advance = 'settled' | 'busy' | 'unknown' | 'blocked' | 'failed';

/** Who learned of an outcome, and by which right: the lease it was asked under, or the provider's own object. */
interface Witness {
  by: string;
  leaseToken: string | null;
  /** When the look at the provider began, by the database's clock. */
  lookedAt?: Date;
  responder?: Responder;
}

/**
 * Takes an attempt from wherever it stands to wherever it can get, whoever calls: the agent's request, the same
 * request sent again, the provider's webhook, the reconciler or a person. All of them end in the one locked
 * `settle`; the first one wins.
 */
@Injectable()
export class SettlementService {
  private readonly logger = new Logger(SettlementService.name);

  constructor(
    private readonly db: Database,
    private readonly attempts: AttemptStore,
    private readonly charging: ChargingService,
    private readonly sessions: SessionStore,
    private readonly inventory: InventoryStore,
    private readonly orders: OrdersService,
    private readonly foundMoney: FoundMoneyService,
    private readonly orderMoney: OrderMoneyService,
    private readonly prepared: PreparedPaymentsService,
    private readonly settings: SettingsService,
    private readonly queue: QueueService,
  ) {}

  /** Asks the provider under a lease. `fresh` is the call that has just inserted the attempt; `by` is who asks. */
  async advance(
    attemptId: string,
    by: string,
    { fresh = false, responder }: { fresh?: boolean; responder?: Responder } = {},
  ): Promise<Advance> {
    const leased = await this.attempts.lease(attemptId, { fresh });
    if (!leased) return 'busy';
    const startedAt = performance.now();
    const outcome = await this.outcomeOf(leased);
    const { attempt, previousState } = leased;
    const advance = await this.settle(attempt, outcome, { by, leaseToken: attempt.leaseToken, responder });
    const level = outcome.state === 'misconfigured' ? 'error' : outcome.state === 'unknown' ? 'warn' : 'log';
    this.logger[level]({
      event: 'payment.advanced',
      paymentId: attemptId,
      sessionId: attempt.subjectId,
      provider: attempt.provider,
      by,
      from: previousState,
      outcome: outcome.state,
      ...('cause' in outcome && { cause: outcome.cause }),
      ...('failure' in outcome && { reason: outcome.failure.reason }),
      advance,
      ms: Math.round(performance.now() - startedAt),
    });
    return advance;
  }

  /** Writes what the provider's own object says, whoever has looked at it; no lease is needed for what it proves. */
  async apply(
    attempt: PaymentAttempt,
    outcome: PaymentOutcome,
    by: string,
    lookedAt: Date,
  ): Promise<Advance> {
    if (outcome.state === 'unknown') return 'unknown';
    // Nothing the provider shows of the payment itself leads out of these; refunds and disputes have rows of their own.
    if (attempt.state === 'captured' || attempt.state === 'surplus') return 'settled';
    const waitsForCapture = outcome.state === 'authorized' && attempt.request.capture === 'automatic';
    // To be captured by whoever charges it. For an attempt that is closed nobody does: the provider gives it back.
    if (waitsForCapture) return isOpen(attempt.state) ? this.advance(attempt.id, by) : 'settled';
    return this.settle(attempt, outcome, { by, leaseToken: null, lookedAt });
  }

  /** Answers a request whose attempt somebody else has ended. False while it is open. */
  async answerIfSettled(attemptId: string, { claim, render }: Responder): Promise<boolean> {
    const attempt = await this.attempts.find(attemptId);
    if (!attempt || isOpen(attempt.state)) return false;
    if (attempt.failure?.reason === notSent) throw apiErrors.internal();
    if (attempt.failure?.reason === invalidCredential) throw invalidToken(attempt.failure.message);
    const [{ links }, renderOrder] = await this.renderings();
    await this.db.transaction(async (tx) => {
      const { session, now } = await this.sessions.lock(tx, attempt.subjectId);
      const order =
        session.state === 'completed' ? await this.orders.findBySession(session.id, renderOrder, tx) : null;
      await claim.finish(tx, render({ session, status: statusOf(session, now), order, links }));
    });
    return true;
  }

  private async outcomeOf(leased: LeasedAttempt): Promise<PaymentOutcome> {
    // Nothing was ever sent and nobody waits for it: it will not be sent.
    if (!leased.sentBefore && leased.expired)
      return { state: 'misconfigured', cause: 'expired before it was sent' };
    return this.charging.act(leased);
  }

  /**
   * One transaction, fenced by the attempt: its row lock and a legal transition. The claim is finished if it is
   * still ours. An outcome that names no payment of the provider's only counts while the lease is ours: whoever
   * has it now may have taken money since.
   */
  private async settle(
    { id, subjectId, state }: Pick<PaymentAttempt, 'id' | 'subjectId' | 'state'>,
    outcome: PaymentOutcome,
    witness: Witness,
    maySell = true,
  ): Promise<Advance> {
    const [{ links }, renderOrder] = await this.renderings();
    // An order number that is drawn and not used is a gap that people ask about.
    const mayPlace = (outcome.state === 'captured' || outcome.state === 'authorized') && isOpen(state);
    try {
      const settled = await this.db.transaction<Advance | 'lapsed' | Taken>(async (tx) => {
        const [read, attempt, number] = await together([
          this.sessions.lock(tx, subjectId),
          this.attempts.lock(tx, id),
          mayPlace ? this.orders.nextNumber(tx) : Promise.resolve(0),
        ]);
        if (isOpen(attempt.state)) {
          return this.settleOpen(tx, read, attempt, outcome, { ...witness, number, links, renderOrder });
        }
        return this.settleClosed(tx, read, attempt, outcome, { ...witness, renderOrder, maySell });
      });
      if (settled === 'lapsed') {
        this.logger.error({ event: 'payment.authorization_lapsed', paymentId: id, sessionId: subjectId });
        return 'settled';
      }
      if (outcome.state === 'captured' && outcome.refunded) {
        this.logger.error({ event: 'payment.refunded_elsewhere', paymentId: id, sessionId: subjectId });
        this.queue.wake('payments.operations');
      }
      if (typeof settled === 'string') return settled;
      this.report(settled, id, subjectId);
      return 'settled';
    } catch (error) {
      if (!(error instanceof ShortOfStock)) throw error;
      return this.settle({ id, subjectId, state }, outcome, witness, false);
    }
  }

  /** What can still be learned of an attempt that is over for the one who asked for it. */
  private async settleClosed(
    tx: Tx,
    read: ReadSession,
    attempt: PaymentAttempt,
    outcome: PaymentOutcome,
    { by, lookedAt, renderOrder, maySell }: Witness & { renderOrder: RenderOrder; maySell: boolean },
  ): Promise<Advance | 'lapsed' | Taken> {
    const nobodyWaits = isClosedWithoutMoney(attempt.state) || attempt.state === 'canceling';
    const capturedLate = outcome.state === 'captured' && nobodyWaits;
    // What was let go may still show as authorized for days: that is no news.
    const authorizedLate =
      outcome.state === 'authorized' && attempt.request.capture === 'manual' && attempt.state === 'failed';
    if (capturedLate || authorizedLate) {
      return this.foundMoney.surplus(tx, attempt, outcome, { ...read, render: renderOrder, by, maySell });
    }
    if (attempt.state === 'authorized' && outcome.state === 'captured') {
      await this.orderMoney.captured(tx, attempt, by, renderOrder);
      return 'settled';
    }
    const over = outcome.state === 'canceled' || outcome.state === 'declined';
    if (over && (attempt.state === 'authorized' || attempt.state === 'canceling')) {
      // Looked before it was last written: what has changed since is to be looked at again.
      const stale = lookedAt !== undefined && lookedAt <= attempt.updatedAt;
      if (stale && attempt.state === 'authorized') return 'unknown';
      return (await this.orderMoney.released(tx, attempt, by, renderOrder)) ? 'lapsed' : 'settled';
    }
    return attempt.failure?.reason === notSent ? 'failed' : 'busy';
  }

  private async settleOpen(
    tx: Tx,
    { session, now }: ReadSession,
    attempt: PaymentAttempt,
    outcome: PaymentOutcome,
    {
      by,
      leaseToken,
      responder,
      number,
      links,
      renderOrder,
    }: Witness & { number: number; links: CheckoutSettings['links']; renderOrder: RenderOrder },
  ): Promise<Advance> {
    const proven = 'reference' in outcome && outcome.reference !== undefined;
    if (!proven && (leaseToken === null || attempt.leaseToken !== leaseToken)) return 'busy';
    if (outcome.state === 'unknown') {
      await this.attempts.endLease(tx, attempt, { by, neverSent: !outcome.maybeExecuted });
      return 'unknown';
    }
    const consequence = consequenceOf(outcome, { session, attempt, now });
    const paid = consequence.stock === 'sell';
    const sale = { number, paid: outcome.state === 'captured', paymentId: attempt.id, placedAt: now };
    const placed = paid ? placedOrder(saleOf(consequence.session, sale), renderOrder.settings) : null;
    const order = placed && renderOrder(placed);
    const result = {
      session: consequence.session,
      status: statusOf(consequence.session, now),
      order,
      links,
    };
    const reply = consequence.refusal ?? responder?.render(result);
    if (outcome.state === 'captured' && consequence.to === 'surplus') {
      await this.foundMoney.sendBack(tx, { ...attempt, reference: outcome.reference }, outcome, by);
    }
    // Not even a reply for what was never sent: the same request runs again.
    const stored = outcome.state !== 'misconfigured' && outcome.state !== 'blocked';
    await together([
      this.write(tx, attempt, consequence, placed && order && { placed, view: order }, by),
      reply && responder && stored ? responder.claim.finishIfHeld(tx, reply) : Promise.resolve(false),
    ]);
    return outcome.state === 'misconfigured' ? 'failed' : outcome.state === 'blocked' ? 'blocked' : 'settled';
  }

  /** Everything that follows, in lock order, in one round trip. */
  private async write(
    tx: Tx,
    attempt: PaymentAttempt,
    { session, to, stock, reference, instrument, failure }: Consequence,
    sold: { placed: PlacedOrder; view: object } | null,
    by: string,
  ): Promise<void> {
    const none = Promise.resolve();
    const unchanged = to === 'pending' || to === 'requires_action';
    const hasPrepared = attempt.request.prepared.length > 0 || attempt.request.links.length > 0;
    const stillPrepared = sold ? [] : preparedOf(session.content.quote).map(({ id }) => id);
    await together<unknown[]>([
      // An outcome that leaves the session as it is makes no new version of it.
      unchanged ? none : this.sessions.save(tx, session),
      this.attempts.transition(tx, attempt, to, { reference, instrument, failure, by }),
      unchanged || !hasPrepared ? none : this.prepared.release(tx, [session.id], stillPrepared),
      sold ? this.orders.place(tx, sold.placed, sold.view) : none,
      stock === 'sell' ? this.inventory.sell(tx, session.id) : none,
      stock === 'release' ? this.inventory.release(tx, session.id) : none,
    ]);
  }

  /** After the commit: money that nobody was waiting for is always told. */
  private report(taken: Taken, paymentId: string, sessionId: string): void {
    this.logger.error({ event: 'payment.surplus', paymentId, sessionId, ...taken });
    if (taken.taken === 'sent back') this.queue.wake('payments.operations');
  }

  /** What rendering needs; read before a transaction, because inside one nothing else may ask the database. */
  private renderings(): Promise<[CheckoutSettings, RenderOrder]> {
    return Promise.all([this.settings.get(CheckoutSettings), this.orders.renderer()]);
  }
}
