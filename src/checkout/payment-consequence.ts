import { type ApiError, apiErrors } from '../common/api-error.js';
import type { AttemptFailure, InstrumentSummary } from '../payments/payment-attempt.entity.js';
import type { AttemptState } from '../payments/payment.states.js';
import type { PaymentOutcome } from '../payments/providers/payment-provider.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import { problems } from './checkout.problems.js';
import type { Problem } from './session-content.js';
import { nextVersion } from './session.store.js';

/** Why an attempt ended before the provider decided anything; the same request may simply try again. */
export const notSent = 'not_sent';

/** Why an attempt ended whose token the provider does not know. */
export const invalidCredential = 'invalid_credential';

export const invalidToken = (message: string): ApiError =>
  apiErrors.invalid('$.payment_data.instrument.credential.token', message);

/** What an outcome makes of the session, the attempt and the stock. */
export interface Consequence {
  /** The next version; the same one if the session does not change. */
  session: CheckoutSession;
  to: AttemptState;
  reference?: string;
  instrument?: InstrumentSummary;
  failure?: AttemptFailure;
  stock: 'keep' | 'sell' | 'release';
  /** What the waiting request is told instead of the session. */
  refusal?: ApiError;
}

/** What follows from what the provider said. Pure; the caller writes it down. */
export function consequenceOf(
  outcome: Exclude<PaymentOutcome, { state: 'unknown' }>,
  {
    session,
    amount,
    currency,
    now,
  }: { session: CheckoutSession; amount: number; currency: string; now: Date },
): Consequence {
  switch (outcome.state) {
    case 'captured':
    case 'authorized': {
      const content = { ...session.content, notice: null, authentication: null };
      const next = nextVersion(session, now, { state: 'completed', content });
      return {
        session: next,
        to: outcome.state,
        stock: 'sell',
        reference: outcome.reference,
        instrument: outcome.instrument,
      };
    }
    case 'pending':
    case 'requires_action':
      return { session, to: outcome.state, stock: 'keep', reference: outcome.reference };
    case 'authentication_required': {
      // The attempt is over for good; the stock stays held while the buyer authenticates for the next one (ACP §7).
      const notice = problems.requires3ds();
      const content = {
        ...session.content,
        notice,
        authentication: { demand: outcome.demand, amount, currency },
      };
      const next = nextVersion(session, now, { state: 'authentication_required', content });
      const failure = { reason: outcome.state, message: notice.text, retry: 'same_instrument' as const };
      return { session: next, to: 'failed', stock: 'keep', reference: outcome.reference, failure };
    }
    case 'declined': {
      const notice = problems.paymentDeclined(outcome.failure.message);
      return { ...reopened(session, now, notice), reference: outcome.reference, failure: outcome.failure };
    }
    case 'canceled': {
      const notice = problems.paymentDeclined('The payment was canceled.');
      const failure = { reason: outcome.state, message: notice.text, retry: 'other_instrument' as const };
      return { ...reopened(session, now, notice), reference: outcome.reference, failure };
    }
    case 'invalid': {
      const refusal = invalidToken(outcome.message);
      const failure = {
        reason: invalidCredential,
        message: outcome.message,
        retry: 'other_instrument' as const,
      };
      return { ...reopened(session, now, null), failure, refusal };
    }
    case 'misconfigured': {
      const failure = { reason: notSent, message: outcome.cause, retry: 'same_instrument' as const };
      return { ...reopened(session, now, null), failure };
    }
  }
}

/** Not paid: the stock goes back and the session is open again. */
function reopened(session: CheckoutSession, now: Date, notice: Problem | null): Consequence {
  const content = { ...session.content, notice, authentication: null };
  return { session: nextVersion(session, now, { state: 'open', content }), to: 'failed', stock: 'release' };
}
