import { Injectable, Logger } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { apiErrors, errorBody } from '../common/api-error.js';
import { Database, together, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import type { PlacedOrder } from '../orders/order.view.js';
import { OrdersService, placedOrder, type RenderOrder } from '../orders/orders.service.js';
import { AttemptStore, type LeasedAttempt } from '../payments/attempt.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import { isOpen } from '../payments/payment.states.js';
import { PaymentsService } from '../payments/payments.service.js';
import type { PaymentOutcome } from '../payments/providers/payment-provider.js';
import { SettingsService } from '../settings/settings.service.js';
import type { Render } from './checkout.service.js';
import { CheckoutSettings } from './checkout.settings.js';
import { statusOf } from './checkout.states.js';
import {
  type Consequence,
  consequenceOf,
  invalidCredential,
  invalidToken,
  notSent,
} from './payment-consequence.js';
import { saleOf } from './sale.js';
import { SessionStore } from './session.store.js';

/** The agent's request that waits for the outcome, if one does. */
export interface Responder {
  claim: Claim;
  render: Render;
}

/**
 * `settled`: the outcome is written, by us or by somebody before us. `busy`: another call holds the lease.
 * `unknown`: it stays open and the reconciler comes back. `failed`: we could not ask; nothing was charged.
 */
export type Advance = 'settled' | 'busy' | 'unknown' | 'failed';

/**
 * Takes an attempt from wherever it stands to wherever it can get, whoever calls: the agent's request, the same
 * request sent again, or the reconciler. All of them end in the one locked `settle`; the first one wins.
 */
@Injectable()
export class SettlementService {
  private readonly logger = new Logger(SettlementService.name);

  constructor(
    private readonly db: Database,
    private readonly attempts: AttemptStore,
    private readonly payments: PaymentsService,
    private readonly sessions: SessionStore,
    private readonly inventory: InventoryStore,
    private readonly orders: OrdersService,
    private readonly settings: SettingsService,
  ) {}

  /** `fresh` is the call that has just inserted the attempt; `by` is who asks, for its history. */
  async advance(
    attemptId: string,
    by: string,
    { fresh = false, responder }: { fresh?: boolean; responder?: Responder } = {},
  ): Promise<Advance> {
    const leased = await this.attempts.lease(attemptId, { fresh });
    if (!leased) return 'busy';
    const startedAt = performance.now();
    const outcome = await this.outcomeOf(leased);
    const advance = await this.settle(leased, outcome, by, responder);
    const level = outcome.state === 'misconfigured' ? 'error' : outcome.state === 'unknown' ? 'warn' : 'log';
    this.logger[level]({
      event: 'payment.advanced',
      paymentId: attemptId,
      sessionId: leased.attempt.subjectId,
      provider: leased.attempt.provider,
      by,
      from: leased.previousState,
      outcome: outcome.state,
      ...('cause' in outcome && { cause: outcome.cause }),
      ...('failure' in outcome && { reason: outcome.failure.reason }),
      advance,
      ms: Math.round(performance.now() - startedAt),
    });
    if (advance !== 'surplus') return advance;
    this.logger.error({
      event: 'payment.surplus',
      paymentId: attemptId,
      sessionId: leased.attempt.subjectId,
      reference: 'reference' in outcome ? outcome.reference : null,
      hint: 'this payment was taken for an attempt that had been closed; refund it at the provider',
    });
    return 'busy';
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
    return this.payments.act(leased);
  }

  /**
   * One transaction, fenced by the attempt: its row lock and a legal transition. The claim is finished if it is
   * still ours. An outcome that names no payment of the provider's only counts while the lease is ours: whoever
   * has it now may have taken money since.
   */
  private async settle(
    leased: LeasedAttempt,
    outcome: PaymentOutcome,
    by: string,
    responder?: Responder,
  ): Promise<Advance | 'surplus'> {
    const [{ links }, renderOrder] = await this.renderings();
    const { id, subjectId } = leased.attempt;
    const paid = outcome.state === 'captured' || outcome.state === 'authorized';
    return this.db.transaction(async (tx) => {
      const [{ session, now }, attempt, number] = await together([
        this.sessions.lock(tx, subjectId),
        this.attempts.lock(tx, id),
        paid ? this.orders.nextNumber(tx) : Promise.resolve(0),
      ]);
      if (!isOpen(attempt.state)) {
        const closedWithoutMoney = attempt.state === 'failed' || attempt.state === 'canceled';
        if (paid && closedWithoutMoney) {
          await this.attempts.transition(tx, attempt, 'surplus', { reference: outcome.reference, by });
          return 'surplus';
        }
        return attempt.failure?.reason === notSent ? 'failed' : 'busy';
      }
      const proven = 'reference' in outcome && outcome.reference !== undefined;
      if (!proven && attempt.leaseToken !== leased.attempt.leaseToken) return 'busy';
      if (outcome.state === 'unknown') {
        await this.attempts.endLease(tx, attempt, { by, neverSent: !outcome.maybeExecuted });
        return 'unknown';
      }
      const consequence = consequenceOf(outcome, {
        session,
        amount: attempt.amount,
        currency: attempt.currency,
        now,
      });
      const sale = { number, paid: outcome.state === 'captured', paymentId: id, placedAt: now };
      const placed = paid ? placedOrder(saleOf(consequence.session, sale)) : null;
      const order = placed && renderOrder(placed);
      const result = {
        session: consequence.session,
        status: statusOf(consequence.session, now),
        order,
        links,
      };
      const { refusal } = consequence;
      const reply = refusal
        ? { status: refusal.status, body: errorBody(refusal) }
        : responder?.render(result);
      await together([
        this.write(tx, attempt, consequence, placed && order && { placed, view: order }, by),
        // Not even a reply for what was never sent: the same request runs again.
        reply && responder && outcome.state !== 'misconfigured'
          ? responder.claim.finishIfHeld(tx, reply)
          : Promise.resolve(false),
      ]);
      return outcome.state === 'misconfigured' ? 'failed' : 'settled';
    });
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
    await together<unknown[]>([
      // An outcome that leaves the session as it is makes no new version of it.
      to === 'pending' || to === 'requires_action' ? none : this.sessions.save(tx, session),
      this.attempts.transition(tx, attempt, to, { reference, instrument, failure, by }),
      sold ? this.orders.place(tx, sold.placed, sold.view) : none,
      stock === 'sell' ? this.inventory.sell(tx, session.id) : none,
      stock === 'release' ? this.inventory.release(tx, session.id) : none,
    ]);
  }

  /** What rendering needs; read before a transaction, because inside one nothing else may ask the database. */
  private renderings(): Promise<[CheckoutSettings, RenderOrder]> {
    return Promise.all([this.settings.get(CheckoutSettings), this.orders.renderer()]);
  }
}
