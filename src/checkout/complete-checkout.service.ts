import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { apiErrors } from '../common/api-error.js';
import { pause, within } from '../common/pause.js';
import { Config } from '../config/config.js';
import { Database, together, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { OrdersService, placedOrder, type RenderOrder } from '../orders/orders.service.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { isOpen } from '../payments/payment.states.js';
import { PaymentsService } from '../payments/payments.service.js';
import { PaymentsSettings } from '../payments/payments.settings.js';
import type { Credential } from '../payments/providers/payment-provider.js';
import { SettingsService } from '../settings/settings.service.js';
import { applyChanges, type CartChanges } from './cart-changes.js';
import { CartPricingService } from './cart-pricing.service.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import { checkoutErrors } from './checkout.errors.js';
import { pathOf, problems } from './checkout.problems.js';
import type { Render } from './checkout.service.js';
import { CheckoutSettings } from './checkout.settings.js';
import { firstBlocker, holdsStock, statusOf, type SessionStatus } from './checkout.states.js';
import { type PaymentInput, readPayment } from './payment-input.js';
import { saleOf } from './sale.js';
import { type SessionContent, totalOf } from './session-content.js';
import { type ReadSession, nextVersion, SessionStore, StaleSession } from './session.store.js';
import { notSent } from './payment-consequence.js';
import { type Advance, SettlementService } from './settlement.service.js';

export interface CompleteCheckout extends Pick<CartChanges, 'buyer' | 'orderNotes'> {
  agentId: string;
  sessionId: string;
  payment: PaymentInput | null;
  attribution?: unknown;
  marketingConsents?: unknown[];
}

/** A session priced anew, the way it would be sold. */
interface Priced {
  before: CheckoutSession;
  next: SessionContent;
  total: number;
  now: Date;
}

interface FrozenPayment {
  provider: string;
  credential: Credential;
}

class ShortOfStock extends Error {}

const maximumRuns = 5;
const minuteMs = 60_000;

/**
 * Completing in four phases, each a point to resume from: the claim (the interceptor's), *intend* (one
 * transaction: stock held, the charge frozen), *act* (the charge, no transaction open), *settle* (one
 * transaction: the outcome and all that follows from it).
 */
@Injectable()
export class CompleteCheckoutService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(CompleteCheckoutService.name);
  /** Charges whose agent was already answered. */
  private readonly background = new Set<Promise<unknown>>();

  constructor(
    private readonly db: Database,
    private readonly sessions: SessionStore,
    private readonly pricing: CartPricingService,
    private readonly inventory: InventoryStore,
    private readonly payments: PaymentsService,
    private readonly attempts: AttemptStore,
    private readonly settlement: SettlementService,
    private readonly orders: OrdersService,
    private readonly settings: SettingsService,
    private readonly config: Config,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.background);
  }

  async complete(command: CompleteCheckout, claim: Claim, render: Render): Promise<void> {
    // Only a request that ran before can have left an attempt behind.
    if (claim.resumed && (await this.resume(claim, render))) return;
    for (let run = 1; run <= maximumRuns; run++) {
      try {
        await this.run(command, claim, render);
        return;
      } catch (error) {
        // Priced on what is no longer true: look again. Stock that is gone then shows as a message.
        if (!(error instanceof StaleSession || error instanceof ShortOfStock)) throw error;
      }
    }
    throw checkoutErrors.busy();
  }

  /** Everything up to the charge on one unlocked read, then intend, act and settle. */
  private async run(command: CompleteCheckout, claim: Claim, render: Render): Promise<void> {
    const { session, now } = await this.sessions.load(command.agentId, command.sessionId);
    refuse(statusOf(session, now));
    const blocker = firstBlocker(session.content);
    if (blocker) throw checkoutErrors.notReady(pathOf(blocker.at), blocker.text);
    const payment = session.total === 0 ? null : await this.readPayment(command.payment, session);

    const priced = await this.price(command, session);
    if (firstBlocker(priced.next) || priced.total !== session.total) {
      await this.answerUncharged(priced, claim, render);
    } else if (payment === null) {
      await this.sellForNothing(priced, claim, render);
    } else {
      const attemptId = await this.intend(priced, payment, claim);
      await this.settle(attemptId, claim, render, { fresh: true });
    }
  }

  private async readPayment(input: PaymentInput | null, session: CheckoutSession): Promise<FrozenPayment> {
    const { handler, credential } = readPayment(input, session.content.quote.handlers);
    const parsed = await this.payments.parseCredential(handler.psp, credential);
    if ('problem' in parsed)
      throw checkoutErrors.invalidPaymentData(
        '.instrument.credential.token',
        `The token is not usable: ${parsed.problem}.`,
      );
    return { provider: handler.psp, credential: parsed };
  }

  private async price(command: CompleteCheckout, before: CheckoutSession): Promise<Priced> {
    const content = applyChanges(before.content, { buyer: command.buyer, orderNotes: command.orderNotes });
    const { quote, now } = await this.pricing.price({
      ...content,
      sessionId: before.id,
      currency: before.currency,
      requested: [],
      choicesAreNew: false,
      previous: before.content.quote,
    });
    const next: SessionContent = {
      ...content,
      quote,
      notice: null,
      attribution: { ...content.attribution, last: command.attribution ?? content.attribution.last },
      marketingConsents: command.marketingConsents ?? content.marketingConsents,
    };
    return { before, next, total: totalOf(quote.totals, 'total'), now };
  }

  /** The cart is no longer what the agent was shown: it gets the true one, and nothing is charged. */
  private async answerUncharged(
    { before, next, total, now }: Priced,
    claim: Claim,
    render: Render,
  ): Promise<void> {
    const { links } = await this.settings.get(CheckoutSettings);
    const content = firstBlocker(next) ? next : { ...next, notice: problems.priceChanged() };
    const session = nextVersion(before, now, { total, content });
    const reply = render({ session, status: statusOf(session, now), order: null, links });
    await this.db.transaction(async (tx) => {
      await together([this.sessions.save(tx, session), claim.finish(tx, reply)]);
    });
  }

  /** *Intend*: all that has to be true before money is asked for, in one commit. */
  private async intend(priced: Priced, payment: FrozenPayment, claim: Claim): Promise<string> {
    const [{ captureMethod }, ttlMs] = await Promise.all([
      this.settings.get(PaymentsSettings),
      this.sessionTtlMs(),
    ]);
    const { id, total, currency } = priced.before;
    return this.db.transaction(async (tx) => {
      const [locked, earlier] = await together([
        this.sessions.lock(tx, id),
        this.attempts.findBySubject(tx, id),
      ]);
      refuseStale(priced, locked);
      const expiresAt = new Date(Math.max(locked.session.expiresAt.getTime(), locked.now.getTime() + ttlMs));
      const next = nextVersion(locked.session, locked.now, {
        state: 'completing',
        content: priced.next,
        expiresAt,
      });
      const [, attemptId] = await together([
        this.sessions.save(tx, next),
        this.payments.begin(tx, {
          subjectId: id,
          n: (earlier[0]?.n ?? 0) + 1,
          claimId: claim.id,
          amount: total,
          currency,
          provider: payment.provider,
          credential: payment.credential,
          request: {
            credentialKind: payment.credential.kind,
            capture: captureMethod,
            description: `Checkout ${id}`,
          },
          expiresAt,
        }),
        this.hold(tx, locked.session, priced.next),
        claim.fence(tx),
      ]);
      return attemptId;
    });
  }

  /** *Act* and *settle*. The agent waits for so long; the charge goes on to its own deadline. */
  private async settle(
    attemptId: string,
    claim: Claim,
    render: Render,
    { fresh }: { fresh: boolean },
  ): Promise<void> {
    const answerBy = performance.now() + this.config.timings.completeAnswerMs;
    for (;;) {
      const advancing = this.settlement.advance(attemptId, 'agent', {
        fresh,
        responder: { claim, render },
      });
      this.keepInBackground(advancing);
      const advance = await within(advancing, answerBy - performance.now(), 'late' as const);
      if (advance === 'settled') return;
      if (advance === 'failed') throw apiErrors.internal();
      if (advance !== 'busy') throw checkoutErrors.outcomeUnknown();
      // Another call works on it, or has ended it.
      if (await this.answerIfSettled(attemptId, claim, render)) return;
      if (performance.now() > answerBy) throw checkoutErrors.outcomeUnknown();
      await pause(this.config.timings.attemptPollMs);
    }
  }

  /** Takes up what an earlier run of the same request began. False if it left nothing that counts. */
  private async resume(claim: Claim, render: Render): Promise<boolean> {
    const attempt = await this.attempts.latestOfClaim(claim.id);
    if (!attempt || attempt.failure?.reason === notSent) return false;
    if (isOpen(attempt.state)) await this.settle(attempt.id, claim, render, { fresh: false });
    else await this.answerIfSettled(attempt.id, claim, render);
    return true;
  }

  private async answerIfSettled(attemptId: string, claim: Claim, render: Render): Promise<boolean> {
    const attempt = await this.attempts.find(attemptId);
    if (!attempt || isOpen(attempt.state)) return false;
    if (attempt.failure?.reason === notSent) throw apiErrors.internal();
    const [{ links }, renderOrder] = await this.renderings();
    await this.db.transaction(async (tx) => {
      const { session, now } = await this.sessions.lock(tx, attempt.subjectId);
      const order =
        session.state === 'completed' ? await this.orders.findBySession(session.id, renderOrder, tx) : null;
      await claim.finish(tx, render({ session, status: statusOf(session, now), order, links }));
    });
    return true;
  }

  /** A total of zero needs no provider: all phases are one transaction. */
  private async sellForNothing(priced: Priced, claim: Claim, render: Render): Promise<void> {
    const [{ links }, renderOrder] = await this.renderings();
    await this.db.transaction(async (tx) => {
      const [locked, number] = await together([
        this.sessions.lock(tx, priced.before.id),
        this.orders.nextNumber(tx),
      ]);
      refuseStale(priced, locked);
      const session = nextVersion(locked.session, locked.now, { state: 'completed', content: priced.next });
      const sale = saleOf(session, { number, paid: true, paymentId: null, placedAt: locked.now });
      const placed = placedOrder(sale);
      const order = renderOrder(placed);
      const reply = render({ session, status: 'completed', order, links });
      await together<unknown[]>([
        this.sessions.save(tx, session),
        this.orders.place(tx, placed, order),
        this.hold(tx, locked.session, priced.next),
        this.inventory.sell(tx, session.id),
        claim.finish(tx, reply),
      ]);
    });
  }

  /** A hold that the session still has is used; it is never taken twice. */
  private async hold(tx: Tx, session: CheckoutSession, { lines }: SessionContent): Promise<void> {
    if (holdsStock(session.state)) return;
    const { shortItemIds } = await this.inventory.reserve(tx, session.id, lines);
    if (shortItemIds.length > 0) throw new ShortOfStock();
  }

  /** What rendering needs; read before a transaction, because inside one nothing else may ask the database. */
  private renderings(): Promise<[CheckoutSettings, RenderOrder]> {
    return Promise.all([this.settings.get(CheckoutSettings), this.orders.renderer()]);
  }

  private async sessionTtlMs(): Promise<number> {
    return (await this.settings.get(CheckoutSettings)).sessionTtlMinutes * minuteMs;
  }

  private keepInBackground(advancing: Promise<Advance>): void {
    const done: Promise<void> = advancing
      .then(
        () => undefined,
        (error: unknown) => this.logger.error({ event: 'payment.advance_failed', error }),
      )
      .finally(() => this.background.delete(done));
    this.background.add(done);
  }
}

function refuse(status: SessionStatus): void {
  if (status === 'completed') throw checkoutErrors.sessionCompleted();
  if (status === 'canceled') throw checkoutErrors.sessionCanceled();
  if (status === 'expired') throw checkoutErrors.sessionExpired();
  if (status === 'complete_in_progress') throw checkoutErrors.completionInProgress();
  if (status === 'authentication_required') throw checkoutErrors.requires3ds();
}

function refuseStale({ before }: Priced, { session, now }: ReadSession): void {
  if (session.version !== before.version || session.expiresAt <= now) throw new StaleSession();
}
