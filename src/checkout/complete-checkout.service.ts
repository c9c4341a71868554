import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { apiErrors } from '../common/api-error.js';
import { brokenUniqueness } from '../common/database-errors.js';
import { pause, within } from '../common/pause.js';
import { Config } from '../config/config.js';
import type { Claim } from '../idempotency/claim.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { isOpen, notSent } from '../payments/payment.states.js';
import { PaymentsService } from '../payments/payments.service.js';
import type { AuthenticationProof } from '../payments/providers/payment-provider.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import { checkoutErrors } from './checkout.errors.js';
import { type AuthenticationResult, readAuthentication, withoutPayment } from './authentication.js';
import { linksOf } from './session-content.js';
import { pathOf } from './checkout.problems.js';
import type { Render } from './checkout.service.js';
import { firstBlocker, statusOf, type SessionStatus } from './checkout.states.js';
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
  /** How an authentication that was asked for has ended. */
  authentication: AuthenticationResult | null;
  /** Whether the caller's wire can go through with 3-D Secure. */
  canAuthenticate: boolean;
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
    refuse(statusOf(session, now), command.authentication);
    const result = command.authentication && readAuthentication(command.authentication);
    if (result === 'denied' || result === 'unfinished') {
      await this.intent.answerOpen(session, withoutPayment(session, result, now), claim, render);
      return;
    }
    // Bound to the total and the provider of the demand. What nobody asked for proves nothing, and is not sent on.
    const proof = session.content.authentication ? result : null;
    const blocker = firstBlocker(session.content);
    if (blocker) throw checkoutErrors.notReady(pathOf(blocker.at), blocker.text);
    const payment = session.total === 0 ? null : await this.readPayment(command, session, proof);

    const priced = await this.intent.price(command, session);
    if (firstBlocker(priced.next) || priced.total !== session.total) {
      await this.intent.answerUncharged(priced, claim, render);
    } else if (payment === null) {
      await this.intent.sellForNothing(priced, claim, render);
    } else {
      const attemptId = await this.intent.intend(priced, payment, claim).catch(explainReuse);
      await this.settle(attemptId, claim, render, { fresh: true });
    }
  }

  private async readPayment(
    { agentId, payment, canAuthenticate }: CompleteCheckout,
    { content }: CheckoutSession,
    proof: AuthenticationProof | null,
  ): Promise<FrozenPayment> {
    const { handler, credential } = readPayment(payment, content.quote.handlers);
    if (content.authentication && content.authentication.provider !== handler.psp)
      throw checkoutErrors.invalidHandler();
    const parsed = await this.payments.parseCredential(agentId, handler, credential);
    if ('problem' in parsed)
      throw checkoutErrors.invalidPaymentData(
        `.instrument.credential.${parsed.member}`,
        `The ${parsed.member} is not usable: ${parsed.problem}.`,
      );
    return {
      provider: handler.psp,
      credential: proof ? { ...parsed, authentication: proof } : parsed,
      prepared: handler.prepared ?? [],
      links: linksOf(content.quote),
      canAuthenticate,
    };
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
      if (advance === 'blocked') throw checkoutErrors.completionInProgress();
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

/** The database knows what was used before, whoever used it. */
function explainReuse(error: unknown): never {
  switch (brokenUniqueness(error)) {
    case 'payment_attempt_authentication_key':
      throw checkoutErrors.authenticationUsed();
    case 'payment_attempt_reference_key':
      throw checkoutErrors.paymentUsed();
    default:
      throw error;
  }
}

function refuse(status: SessionStatus, authentication: AuthenticationResult | null): void {
  if (status === 'completed') throw checkoutErrors.sessionCompleted();
  if (status === 'canceled') throw checkoutErrors.sessionCanceled();
  if (status === 'expired') throw checkoutErrors.sessionExpired();
  if (status === 'complete_in_progress') throw checkoutErrors.completionInProgress();
  if (status === 'authentication_required' && !authentication) throw checkoutErrors.requires3ds();
}
