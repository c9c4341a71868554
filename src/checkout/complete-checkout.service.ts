import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { apiErrors } from '../common/api-error.js';
import { pause, within } from '../common/pause.js';
import { Config } from '../config/config.js';
import type { Claim } from '../idempotency/claim.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { isOpen } from '../payments/payment.states.js';
import { PaymentsService } from '../payments/payments.service.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import { checkoutErrors } from './checkout.errors.js';
import { pathOf } from './checkout.problems.js';
import type { Render } from './checkout.service.js';
import { firstBlocker, statusOf, type SessionStatus } from './checkout.states.js';
import { notSent } from './payment-consequence.js';
import { type PaymentInput, readPayment } from './payment-input.js';
import {
  type FrozenPayment,
  type LastChanges,
  PurchaseIntentService,
  ShortOfStock,
} from './purchase-intent.service.js';
import { SessionStore, StaleSession } from './session.store.js';
import { type Advance, SettlementService } from './settlement.service.js';

export interface CompleteCheckout extends LastChanges {
  agentId: string;
  sessionId: string;
  payment: PaymentInput | null;
}

const maximumRuns = 5;

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
    private readonly sessions: SessionStore,
    private readonly payments: PaymentsService,
    private readonly attempts: AttemptStore,
    private readonly intent: PurchaseIntentService,
    private readonly settlement: SettlementService,
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

    const priced = await this.intent.price(command, session);
    if (firstBlocker(priced.next) || priced.total !== session.total) {
      await this.intent.answerUncharged(priced, claim, render);
    } else if (payment === null) {
      await this.intent.sellForNothing(priced, claim, render);
    } else {
      const attemptId = await this.intent.intend(priced, payment, claim);
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

  /** *Act* and *settle*. The agent waits for so long; the charge goes on to its own deadline. */
  private async settle(
    attemptId: string,
    claim: Claim,
    render: Render,
    { fresh }: { fresh: boolean },
  ): Promise<void> {
    const answerBy = performance.now() + this.config.timings.completeAnswerMs;
    for (let mine = fresh; ; mine = false) {
      const advancing = this.settlement.advance(attemptId, 'agent', {
        fresh: mine,
        responder: { claim, render },
      });
      this.keepInBackground(advancing);
      const advance = await within(advancing, answerBy - performance.now(), 'late' as const);
      if (advance === 'settled') return;
      if (advance === 'failed') throw apiErrors.internal();
      if (advance !== 'busy') throw checkoutErrors.outcomeUnknown();
      // Another call works on it, or has ended it.
      if (await this.settlement.answerIfSettled(attemptId, { claim, render })) return;
      if (performance.now() > answerBy) throw checkoutErrors.outcomeUnknown();
      await pause(this.config.timings.attemptPollMs);
    }
  }

  /** Takes up what an earlier run of the same request began. False if it left nothing that counts. */
  private async resume(claim: Claim, render: Render): Promise<boolean> {
    const attempt = await this.attempts.latestOfClaim(claim.id);
    if (!attempt || attempt.failure?.reason === notSent) return false;
    if (isOpen(attempt.state)) await this.settle(attempt.id, claim, render, { fresh: false });
    else await this.settlement.answerIfSettled(attempt.id, { claim, render });
    return true;
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
