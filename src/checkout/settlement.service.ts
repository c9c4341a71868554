import { Injectable, Logger } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { apiErrors, errorBody } from '../common/api-error.js';
import { Database, together, type Tx } from '../database/database.js';
import type { Claim, Reply } from '../idempotency/claim.js';
import { OrdersService, type RenderOrder } from '../orders/orders.service.js';
import type { OrderView } from '../orders/order.view.js';
import { AttemptStore, type LeasedAttempt } from '../payments/attempt.store.js';
import type { AttemptFailure, PaymentAttempt } from '../payments/payment-attempt.entity.js';
import { isOpen } from '../payments/payment.states.js';
import { PaymentsService } from '../payments/payments.service.js';
import type { AuthenticationDemand, PaymentOutcome } from '../payments/providers/payment-provider.js';
import { SettingsService } from '../settings/settings.service.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import type { Render } from './checkout.service.js';
import { CheckoutSettings } from './checkout.settings.js';
import { statusOf } from './checkout.states.js';
import { problems } from './checkout.problems.js';
import { saleOf } from './sale.js';
import type { Problem } from './session-content.js';
import { nextVersion, SessionStore } from './session.store.js';

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

/** An attempt that ended before the provider decided anything; the same request may simply try again. */
export const notSent = 'not_sent';

/** A transaction that has locked the session and the attempt and is about to write what follows. */
interface Scene {
  tx: Tx;
  session: CheckoutSession;
  attempt: PaymentAttempt;
  now: Date;
  by: string;
}

/** What an outcome makes of the session. */
interface Consequence {
  session: CheckoutSession;
  order: OrderView | null;
  /** Statements already on their way in the scene's transaction. */
  writes: Promise<unknown>[];
  /** What the waiting request is answered instead of the session. */
  refusal?: Reply;
}

type Failure = Pick<AttemptFailure, 'reason' | 'message'> & Partial<AttemptFailure> & { reference?: string };

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
    this.logger.log({
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
    return advance;
  }

  private async outcomeOf(leased: LeasedAttempt): Promise<PaymentOutcome> {
    // The lease did not mark it as called: its time was over before anything was sent.
    if (leased.attempt.state === 'started')
      return { state: 'misconfigured', cause: 'expired before it was sent' };
    return this.payments.act(leased);
  }

  /** One transaction, fenced by the attempt: its row lock and a legal transition. The claim is finished if it is still ours. */
  private async settle(
    leased: LeasedAttempt,
    outcome: PaymentOutcome,
    by: string,
    responder?: Responder,
  ): Promise<Advance> {
    const [{ links }, renderOrder] = await Promise.all([
      this.settings.get(CheckoutSettings),
      this.orders.renderer(),
    ]);
    const { id, subjectId } = leased.attempt;
    const paid = outcome.state === 'captured' || outcome.state === 'authorized';
    return this.db.transaction(async (tx) => {
      const [{ session, now }, attempt, number] = await together([
        this.sessions.lock(tx, subjectId),
        this.attempts.lock(tx, id),
        paid ? this.orders.nextNumber(tx) : Promise.resolve(0),
      ]);
      const answer = async ({ session, order, writes, refusal }: Consequence): Promise<void> => {
        const reply = refusal ?? responder?.render({ session, status: statusOf(session, now), order, links });
        await together([
          ...writes,
          reply && responder ? responder.claim.finishIfHeld(tx, reply) : Promise.resolve(false),
        ]);
      };
      if (!isOpen(attempt.state)) {
        const order = session.state === 'completed' ? await this.orders.findBySession(session.id, tx) : null;
        await answer({ session, order, writes: [] });
        return 'settled';
      }
      if (outcome.state === 'unknown') {
        // A later holder of the lease knows better than we do.
        if (attempt.leaseToken === leased.attempt.leaseToken) {
          await this.attempts.transition(tx, attempt, 'unknown', { by });
        }
        return 'unknown';
      }
      const scene: Scene = { tx, session, attempt, now, by };
      if (outcome.state === 'misconfigured') {
        await together(this.reopen(scene, { reason: notSent, message: outcome.cause }).writes);
        return 'failed';
      }
      await answer(this.consequence(scene, outcome, number, renderOrder));
      return 'settled';
    });
  }

  private consequence(
    scene: Scene,
    outcome: Exclude<PaymentOutcome, { state: 'unknown' | 'misconfigured' }>,
    orderNumber: number,
    renderOrder: RenderOrder,
  ): Consequence {
    const { tx, session, attempt, by } = scene;
    switch (outcome.state) {
      case 'captured':
      case 'authorized':
        return this.sell(scene, outcome, orderNumber, renderOrder);
      case 'pending':
      case 'requires_action': {
        const { state, reference } = outcome;
        return {
          session,
          order: null,
          writes: [this.attempts.transition(tx, attempt, state, { reference, by })],
        };
      }
      case 'authentication_required':
        return this.demandAuthentication(scene, outcome.demand, outcome.reference);
      case 'declined': {
        const notice = problems.paymentDeclined(outcome.failure.message);
        return this.reopen(scene, { ...outcome.failure, reference: outcome.reference }, notice);
      }
      case 'canceled': {
        const message = 'The payment was canceled.';
        const failure = { reason: 'canceled', message, reference: outcome.reference };
        return this.reopen(scene, failure, problems.paymentDeclined(message));
      }
      case 'invalid': {
        const error = apiErrors.invalid('$.payment_data.instrument.credential.token', outcome.message);
        const reopened = this.reopen(scene, { reason: 'invalid_credential', message: outcome.message });
        return { ...reopened, refusal: { status: error.status, body: errorBody(error) } };
      }
    }
  }

  /** Paid: the stock leaves, the order and its first event exist, the session is over. */
  private sell(
    { tx, session, attempt, now, by }: Scene,
    { state, reference, instrument }: Extract<PaymentOutcome, { state: 'captured' | 'authorized' }>,
    number: number,
    renderOrder: RenderOrder,
  ): Consequence {
    const content = { ...session.content, notice: null, authentication: null };
    const next = nextVersion(session, now, { state: 'completed', content });
    const sale = saleOf(next, { number, paid: state === 'captured', paymentId: attempt.id, placedAt: now });
    const writes: Promise<unknown>[] = [
      this.sessions.save(tx, next),
      this.attempts.transition(tx, attempt, state, { reference, instrument: instrument ?? null, by }),
    ];
    const placed = this.orders.place(tx, sale, renderOrder);
    writes.push(placed.written, this.inventory.sell(tx, session.id));
    return { session: next, order: placed.view, writes };
  }

  /** Not paid: the stock goes back and the session is open again. */
  private reopen(
    { tx, session, attempt, now, by }: Scene,
    failure: Failure,
    notice: Problem | null = null,
  ): Consequence {
    const content = { ...session.content, notice, authentication: null };
    const next = nextVersion(session, now, { state: 'open', content });
    const { reason, message, retry = 'other_instrument', reference } = failure;
    return {
      session: next,
      order: null,
      writes: [
        this.sessions.save(tx, next),
        this.attempts.transition(tx, attempt, 'failed', {
          reference,
          failure: { reason, message, retry },
          by,
        }),
        this.inventory.release(tx, session.id),
      ],
    };
  }

  /** The attempt is over for good; the stock stays held while the buyer authenticates for the next one (ACP §7). */
  private demandAuthentication(
    { tx, session, attempt, now, by }: Scene,
    demand: AuthenticationDemand,
    reference: string | undefined,
  ): Consequence {
    const notice = problems.requires3ds();
    const authentication = { demand, amount: attempt.amount, currency: attempt.currency };
    const content = { ...session.content, notice, authentication };
    const next = nextVersion(session, now, { state: 'authentication_required', content });
    const failure: AttemptFailure = {
      reason: 'authentication_required',
      message: notice.text,
      retry: 'same_instrument',
    };
    return {
      session: next,
      order: null,
      writes: [
        this.sessions.save(tx, next),
        this.attempts.transition(tx, attempt, 'failed', { reference, failure, by }),
      ],
    };
  }
}
