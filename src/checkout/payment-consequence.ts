import { type ApiError, apiErrors } from '../common/api-error.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import { type AttemptState, notSent } from '../payments/payment.states.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import type {
  AttemptFailure,
  InstrumentSummary,
  PaymentOutcome,
} from '../payments/providers/payment-provider.js';
import { checkoutErrors } from './checkout.errors.js';
import { problems } from './checkout.problems.js';
import { type Problem, withoutLinks } from './session-content.js';
import { nextVersion } from './session.store.js';

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
  { session, attempt, now }: { session: CheckoutSession; attempt: PaymentAttempt; now: Date },
): Consequence {
  switch (outcome.state) {
    case 'captured':
    case 'authorized': {
      if (outcome.state === 'captured' && outcome.refunded) {
        // Somebody has sent it back before we knew of it: it buys nothing.
        const notice = problems.paymentDeclined('The payment was returned to the buyer.');
        const failure = { reason: 'refunded', message: notice.text, retry: 'same_instrument' as const };
        return { ...reopened(session, now, notice), to: 'surplus', reference: outcome.reference, failure };
      }
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
      const failure = (message: string): AttemptFailure => ({
        reason: outcome.state,
        message,
        retry: 'same_instrument',
      });
      if (!attempt.request.canAuthenticate) {
        const notice = problems.authenticationUnsupported();
        const reference = outcome.reference;
        return { ...reopened(session, now, notice), reference, failure: failure(notice.text) };
      }
      // The attempt is over for good; the stock stays held while the buyer authenticates for the next one (ACP §7).
      const notice = problems.requires3ds();
      const { amount, currency, provider } = attempt;
      const content = {
        ...session.content,
        notice,
        authentication: { demand: outcome.demand, amount, currency, provider },
      };
      const next = nextVersion(session, now, { state: 'authentication_required', content });
      const { reference } = outcome;
      return { session: next, to: 'failed', stock: 'keep', reference, failure: failure(notice.text) };
    }
    case 'declined': {
      const { message, retry } = outcome.failure;
      const notice = problems.paymentDeclined(message, { final: retry === 'never' });
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
    case 'blocked': {
      // The other payment may be on the link: it stays what this session can be paid by.
      const failure = { reason: notSent, message: outcome.cause, retry: 'same_instrument' as const };
      const next = nextVersion(session, now, {
        state: 'open',
        content: { ...session.content, notice: null },
      });
      return {
        session: next,
        to: 'failed',
        stock: 'release',
        failure,
        refusal: checkoutErrors.completionInProgress(),
      };
    }
    case 'misconfigured': {
      const failure = { reason: notSent, message: outcome.cause, retry: 'same_instrument' as const };
      // What the buyer has authenticated is still good.
      return session.content.authentication
        ? {
            session: nextVersion(session, now, { state: 'authentication_required' }),
            to: 'failed',
            stock: 'keep',
            failure,
          }
        : { ...reopened(session, now, null), failure };
    }
  }
}

/** Not paid: the stock goes back and the session is open again. The charge had closed its link. */
function reopened(session: CheckoutSession, now: Date, notice: Problem | null): Consequence {
  const quote = withoutLinks(session.content.quote);
  const content = { ...session.content, quote, notice, authentication: null };
  return { session: nextVersion(session, now, { state: 'open', content }), to: 'failed', stock: 'release' };
}
