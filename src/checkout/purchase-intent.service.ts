import { Injectable } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { Database, together, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { OrdersService } from '../orders/orders.service.js';
import { placedOrder } from '../orders/placed-order.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { PaymentsService } from '../payments/payments.service.js';
import { PaymentsSettings } from '../payments/payments.settings.js';
import { PreparedPaymentsService } from '../payments/prepared-payments.service.js';
import type { Credential, PreparedObject } from '../payments/providers/payment-provider.js';
import { SettingsService } from '../settings/settings.service.js';
import { applyChanges, type CartChanges } from './cart-changes.js';
import { CartPricingService } from './cart-pricing.service.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import { problems } from './checkout.problems.js';
import type { Render } from './checkout.service.js';
import { CheckoutSettings } from './checkout.settings.js';
import { firstBlocker, holdsStock, statusOf } from './checkout.states.js';
import { saleOf } from './sale.js';
import { preparedOf, type SessionContent, totalOf } from './session-content.js';
import { type ReadSession, nextVersion, SessionStore, StaleSession } from './session.store.js';

/** What a complete may still add to the session. */
export interface LastChanges extends Pick<CartChanges, 'buyer' | 'orderNotes'> {
  attribution?: unknown;
  marketingConsents?: unknown[];
}

/** A session priced anew, the way it would be sold. */
export interface Priced {
  before: CheckoutSession;
  next: SessionContent;
  total: number;
  now: Date;
}

/** With which provider and which credential the session is to be paid. */
export interface FrozenPayment {
  provider: string;
  credential: Credential;
  prepared: PreparedObject[];
  /** Of all providers: whoever charges, nobody may pay beside it. */
  links: { provider: string; reference: string }[];
  /** Whether whoever completes can go through with 3-D Secure if the bank demands it. */
  canAuthenticate: boolean;
}

/** Somebody else took the last one in between; the caller prices again and sees it. */
export class ShortOfStock extends Error {}

const minuteMs = 60_000;

/** What is decided and written down before money is asked for. */
@Injectable()
export class PurchaseIntentService {
  constructor(
    private readonly db: Database,
    private readonly sessions: SessionStore,
    private readonly pricing: CartPricingService,
    private readonly inventory: InventoryStore,
    private readonly payments: PaymentsService,
    private readonly prepared: PreparedPaymentsService,
    private readonly attempts: AttemptStore,
    private readonly orders: OrdersService,
    private readonly settings: SettingsService,
  ) {}

  /** The session as it would be sold now. */
  async price(changes: LastChanges, before: CheckoutSession): Promise<Priced> {
    const content = applyChanges(before.content, { buyer: changes.buyer, orderNotes: changes.orderNotes });
    const { quote, now } = await this.pricing.price({
      ...content,
      sessionId: before.id,
      currency: before.currency,
      requested: [],
      choicesAreNew: false,
      mayPrepareAgain: false,
      previous: before.content.quote,
    });
    const next: SessionContent = {
      ...content,
      quote,
      notice: null,
      attribution: { ...content.attribution, last: changes.attribution ?? content.attribution.last },
      marketingConsents: changes.marketingConsents ?? content.marketingConsents,
    };
    return { before, next, total: totalOf(quote.totals, 'total'), now };
  }

  /** The cart is no longer what the agent was shown: it gets the true one, and nothing is charged. */
  async answerUncharged({ before, next, total, now }: Priced, claim: Claim, render: Render): Promise<void> {
    const notice = firstBlocker(next) ? null : problems.priceChanged();
    // What the buyer has authenticated was another total.
    const content = { ...next, notice, authentication: null };
    await this.answerOpen(before, nextVersion(before, now, { state: 'open', total, content }), claim, render);
  }

  /** Answers with a session that is open and not paid; stock that was held for it goes back. */
  async answerOpen(
    before: CheckoutSession,
    session: CheckoutSession,
    claim: Claim,
    render: Render,
  ): Promise<void> {
    const { links } = await this.settings.get(CheckoutSettings);
    const reply = render({ session, status: statusOf(session, session.updatedAt), order: null, links });
    const givesStockBack = holdsStock(before.state) && !holdsStock(session.state);
    const kept = preparedOf(session.content.quote).map(({ id }) => id);
    const hadPrepared = kept.length > 0 || preparedOf(before.content.quote).length > 0;
    await this.db.transaction(async (tx) => {
      await together([
        this.sessions.save(tx, session),
        hadPrepared ? this.prepared.release(tx, [session.id], kept) : Promise.resolve(),
        givesStockBack ? this.inventory.release(tx, session.id) : Promise.resolve(),
        claim.finish(tx, reply),
      ]);
    });
  }

  /** *Intend*: all that has to be true before money is asked for, in one commit. */
  async intend(priced: Priced, payment: FrozenPayment, claim: Claim): Promise<string> {
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
            prepared: payment.prepared,
            links: payment.links,
            canAuthenticate: payment.canAuthenticate,
          },
          expiresAt,
        }),
        this.hold(tx, locked.session, priced.next),
        claim.fence(tx),
      ]);
      return attemptId;
    });
  }

  /** A total of zero needs no provider: all phases are one transaction. */
  async sellForNothing(priced: Priced, claim: Claim, render: Render): Promise<void> {
    const [{ links }, renderOrder] = await Promise.all([
      this.settings.get(CheckoutSettings),
      this.orders.renderer(),
    ]);
    await this.db.transaction(async (tx) => {
      const [locked, number] = await together([
        this.sessions.lock(tx, priced.before.id),
        this.orders.nextNumber(tx),
      ]);
      refuseStale(priced, locked);
      const session = nextVersion(locked.session, locked.now, { state: 'completed', content: priced.next });
      const sale = saleOf(session, { number, paid: true, paymentId: null, placedAt: locked.now });
      const placed = placedOrder(sale, renderOrder.settings);
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

  private async sessionTtlMs(): Promise<number> {
    return (await this.settings.get(CheckoutSettings)).sessionTtlMinutes * minuteMs;
  }
}

function refuseStale({ before }: Priced, { session, now }: ReadSession): void {
  if (session.version !== before.version || session.expiresAt <= now) throw new StaleSession();
}
