import { Injectable } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { newId } from '../common/id.js';
import { Database, together } from '../database/database.js';
import type { Claim, Reply } from '../idempotency/claim.js';
import { OrdersService } from '../orders/orders.service.js';
import type { OrderView } from '../orders/order.view.js';
import { PreparedPaymentsService } from '../payments/prepared-payments.service.js';
import { QueueService } from '../queue/queue.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { applyChanges, type CartChanges, type RequestedLine } from './cart-changes.js';
import { CartPricingService } from './cart-pricing.service.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import { checkoutErrors } from './checkout.errors.js';
import { CheckoutSettings, type LinkSettings } from './checkout.settings.js';
import { holdsStock, statusOf, type SessionStatus } from './checkout.states.js';
import { problems } from './checkout.problems.js';
import { repriced } from './price-changes.js';
import { preparedOf, type Quote, type SessionContent, totalOf } from './session-content.js';
import { nextVersion, SessionStore, StaleSession } from './session.store.js';

/** What a use-case hands to its wire to be rendered. */
export interface CheckoutResult {
  session: CheckoutSession;
  status: SessionStatus;
  order: OrderView | null;
  links: LinkSettings[];
}

/** The wire's view of a result, written down with the effects it tells of. Pure. */
export type Render = (result: CheckoutResult) => Reply;

export interface CreateCheckout extends CartChanges {
  agentId: string;
  /** ISO 4217, lowercase; without it the merchant's default. */
  currency?: string;
  lines: RequestedLine[];
  interventions: string[];
  handlerNames: string[];
  extensions: string[];
  locale?: string;
  timezone?: string;
  quoteId?: string;
  metadata?: Record<string, unknown>;
  attribution?: unknown;
}

const minuteMs = 60_000;
const maximumRuns = 5;
const emptyQuote: Quote = { lines: [], options: [], selected: [], totals: [], problems: [], handlers: [] };

/** Create, read, update and cancel; completing has a file of its own. */
@Injectable()
export class CheckoutService {
  constructor(
    private readonly db: Database,
    private readonly sessions: SessionStore,
    private readonly pricing: CartPricingService,
    private readonly inventory: InventoryStore,
    private readonly orders: OrdersService,
    private readonly prepared: PreparedPaymentsService,
    private readonly settings: SettingsService,
    private readonly queue: QueueService,
  ) {}

  async create(request: CreateCheckout, claim: Claim, render: Render): Promise<void> {
    const { currencies, sessionTtlMinutes, links } = await this.settings.get(CheckoutSettings);
    const currency = request.currency ?? currencies[0];
    if (!currency || !currencies.includes(currency)) throw checkoutErrors.unsupportedCurrency(currencies);
    const id = newId('cs');
    const content = applyChanges(newContent(request), request);
    const { quote, now } = await this.pricing.price({
      ...content,
      sessionId: id,
      currency,
      requested: request.lines,
      choicesAreNew: true,
      mayPrepareAgain: true,
      previous: null,
    });
    const session: CheckoutSession = {
      id,
      agentId: request.agentId,
      state: 'open',
      currency,
      total: totalOf(quote.totals, 'total'),
      version: 1,
      content: { ...content, quote },
      createdAt: now,
      updatedAt: now,
      expiresAt: new Date(now.getTime() + sessionTtlMinutes * minuteMs),
    };
    const reply = render({ session, status: statusOf(session, now), order: null, links });
    await this.db.transaction(async (tx) => {
      await together([this.sessions.insert(tx, session), claim.finish(tx, reply)]);
    });
  }

  async get(agentId: string, id: string): Promise<CheckoutResult> {
    const { session, now } = await this.sessions.load(agentId, id);
    const { links } = await this.settings.get(CheckoutSettings);
    const order =
      session.state === 'completed'
        ? await this.orders.findBySession(id, await this.orders.renderer())
        : null;
    return { session, status: statusOf(session, now), order, links };
  }

  async update(
    { agentId, sessionId, changes }: { agentId: string; sessionId: string; changes: CartChanges },
    claim: Claim,
    render: Render,
  ): Promise<void> {
    await this.change(agentId, sessionId, claim, render, async (session, now) => {
      refuseUpdate(statusOf(session, now));
      const content = applyChanges(session.content, changes);
      const { quote } = await this.pricing.price({
        ...content,
        sessionId,
        currency: session.currency,
        requested: changes.lines ?? [],
        choicesAreNew: changes.choices !== undefined,
        mayPrepareAgain: true,
        previous: session.content.quote,
      });
      const total = totalOf(quote.totals, 'total');
      const shown = { cart: session.content, quote: session.content.quote };
      const notice = repriced(shown, { cart: content, quote }) ? problems.repriced() : null;
      const next: SessionContent = { ...content, quote, notice };
      // The buyer authenticates for one amount and one cart; another one starts over, and its stock is free again.
      const stillAuthenticating =
        session.state === 'authentication_required' &&
        total === session.total &&
        sameLines(content, session.content);
      return nextVersion(session, now, {
        state: stillAuthenticating ? session.state : 'open',
        total,
        content: stillAuthenticating
          ? { ...next, notice: session.content.notice }
          : { ...next, authentication: null },
      });
    });
  }

  /** `reason` is the agent's own account of why (ACP `intent_trace`), kept for the merchant. */
  async cancel(
    { agentId, sessionId, reason }: { agentId: string; sessionId: string; reason: unknown },
    claim: Claim,
    render: Render,
  ): Promise<void> {
    await this.change(agentId, sessionId, claim, render, (session, now) => {
      refuseCancel(statusOf(session, now));
      const content = { ...session.content, cancelReason: reason, notice: null, authentication: null };
      return Promise.resolve(nextVersion(session, now, { state: 'canceled', content }));
    });
  }

  /** Decides on an unlocked read, writes by compare-and-set, and decides again if another change was first. */
  private async change(
    agentId: string,
    sessionId: string,
    claim: Claim,
    render: Render,
    decide: (session: CheckoutSession, now: Date) => Promise<CheckoutSession>,
  ): Promise<void> {
    const { links } = await this.settings.get(CheckoutSettings);
    for (let run = 1; run <= maximumRuns; run++) {
      const { session, now } = await this.sessions.load(agentId, sessionId);
      const next = await decide(session, now);
      const givesStockBack = holdsStock(session.state) && !holdsStock(next.state);
      const kept = next.state === 'canceled' ? [] : preparedOf(next.content.quote).map(({ id }) => id);
      const hasPrepared = kept.length > 0 || preparedOf(session.content.quote).length > 0;
      const reply = render({ session: next, status: statusOf(next, now), order: null, links });
      try {
        await this.db.transaction(async (tx) => {
          await together([
            this.sessions.save(tx, next),
            hasPrepared ? this.prepared.release(tx, [sessionId], kept) : Promise.resolve(),
            givesStockBack ? this.inventory.release(tx, sessionId) : Promise.resolve(),
            claim.finish(tx, reply),
          ]);
        });
        if (hasPrepared) this.queue.wake('payments.close-links');
        return;
      } catch (error) {
        if (!(error instanceof StaleSession)) throw error;
      }
    }
    throw checkoutErrors.busy();
  }
}

/** Which status refuses what, and how (ACP §2). */
function refuseUpdate(status: SessionStatus): void {
  if (status === 'completed') throw checkoutErrors.sessionCompleted();
  if (status === 'canceled') throw checkoutErrors.sessionCanceled();
  if (status === 'expired') throw checkoutErrors.sessionExpired();
  if (status === 'complete_in_progress') throw checkoutErrors.completionInProgress();
}

/** What has expired can still be canceled; it only says so. */
function refuseCancel(status: SessionStatus): void {
  if (status !== 'expired') refuseUpdate(status);
}

function newContent(request: CreateCheckout): SessionContent {
  return {
    lines: [],
    buyer: null,
    fulfillment: null,
    choices: [],
    discountCodes: [],
    interventions: request.interventions,
    handlerNames: request.handlerNames,
    extensions: request.extensions,
    locale: request.locale ?? null,
    timezone: request.timezone ?? null,
    quoteId: request.quoteId ?? null,
    metadata: request.metadata ?? null,
    orderNotes: null,
    attribution: { first: request.attribution ?? null, last: null },
    marketingConsents: [],
    cancelReason: null,
    quote: emptyQuote,
    notice: null,
    authentication: null,
  };
}

const sameLines = (a: SessionContent, b: SessionContent): boolean =>
  a.lines.length === b.lines.length &&
  a.lines.every(({ itemId, quantity }) =>
    b.lines.some((line) => line.itemId === itemId && line.quantity === quantity),
  );
