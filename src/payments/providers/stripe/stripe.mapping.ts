import Stripe from 'stripe';
import type {
  AttemptFailure,
  AuthenticationDemand,
  InstrumentSummary,
  Money,
  PaymentOutcome,
} from '../payment-provider.js';

type DirectoryServer = AuthenticationDemand['directoryServer'];
export type Acquirer = AuthenticationDemand['acquirer'] | undefined;

/** The card networks that ACP has a directory server for. */
const directoryServers: Record<string, DirectoryServer | undefined> = {
  visa: 'visa',
  mastercard: 'mastercard',
  amex: 'american_express',
};

/** https://docs.stripe.com/declines/codes */
const declineReasons: Record<string, string | undefined> = {
  insufficient_funds: 'insufficient_funds',
  expired_card: 'expired',
  incorrect_cvc: 'incorrect_cvc',
  invalid_cvc: 'incorrect_cvc',
  incorrect_zip: 'incorrect_address',
  fraudulent: 'fraud',
  stolen_card: 'fraud',
  lost_card: 'fraud',
  card_velocity_exceeded: 'limit_exceeded',
  authentication_required: 'authentication_required',
  payment_intent_authentication_failure: 'authentication_failed',
};

/** What a payment intent says happened. Trusts it only if it is for the money we asked for. */
export function outcomeOfIntent(
  intent: Stripe.PaymentIntent,
  request: Money,
  acquirer: Acquirer,
): PaymentOutcome {
  const reference = intent.id;
  if (intent.amount !== request.amount || intent.currency !== request.currency) {
    return { state: 'unknown', cause: `payment ${reference} is for another amount`, maybeExecuted: true };
  }
  const instrument = instrumentOf(intent);
  switch (intent.status) {
    case 'succeeded':
      if (intent.amount_received !== request.amount) {
        return {
          state: 'unknown',
          cause: `payment ${reference} received another amount`,
          maybeExecuted: true,
        };
      }
      return { state: 'captured', reference, instrument, ...refundedOf(intent) };
    case 'requires_capture':
      return { state: 'authorized', reference, instrument };
    case 'processing':
      return { state: 'pending', reference };
    case 'requires_action':
      return { state: 'requires_action', reference };
    case 'canceled':
      return { state: 'canceled', reference };
    case 'requires_payment_method':
    case 'requires_confirmation':
      return intent.last_payment_error
        ? declined(intent.last_payment_error, reference, acquirer)
        : { state: 'unknown', cause: `payment ${reference} is ${intent.status}`, maybeExecuted: true };
    default:
      return { state: 'unknown', cause: `payment ${reference} has an unknown status`, maybeExecuted: true };
  }
}

/** What an error of the `stripe` package says happened. Only an answer of Stripe's own is believed. */
export function outcomeOfError(error: unknown, acquirer: Acquirer): PaymentOutcome {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  if (error instanceof Stripe.errors.StripeCardError) {
    return declined(error, error.payment_intent?.id, acquirer);
  }
  if (error instanceof Stripe.errors.StripeConnectionError) {
    return {
      state: 'unknown',
      cause: connectionCause(error),
      maybeExecuted: connectionCause(error) !== 'ECONNREFUSED',
    };
  }
  if (
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError
  ) {
    return { state: 'misconfigured', cause: error.type };
  }
  if (error instanceof Stripe.errors.StripeIdempotencyError) {
    // Our key was used before with other parameters, by another version of this program: that charge may exist.
    return { state: 'unknown', cause: error.type, maybeExecuted: true };
  }
  if (error instanceof Stripe.errors.StripeRateLimitError) {
    return { state: 'unknown', cause: error.code ?? 'rate_limit', maybeExecuted: false };
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) return outcomeOfRefusal(error);
  // 5xx, a page of HTML instead of JSON, or 409 while the same key is being worked on.
  return { state: 'unknown', cause: error.code ?? error.type, maybeExecuted: true };
}

/** A shared payment token that is spent, over its limit, expired or revoked has no error code, only these words. */
function outcomeOfRefusal(error: Stripe.errors.StripeInvalidRequestError): PaymentOutcome {
  const failure = (reason: string, message: string): PaymentOutcome => ({
    state: 'declined',
    failure: { reason, message, retry: 'other_instrument' },
  });
  if (/remaining amount capturable/.test(error.message)) {
    return failure('limit_exceeded', 'The payment token does not cover the total.');
  }
  if (/deactivated state/.test(error.message)) {
    return failure('credential_consumed', 'The payment token is spent, expired or revoked.');
  }
  if (error.code === 'amount_too_small') return { state: 'misconfigured', cause: error.code };
  if (error.code === 'parameter_unknown')
    return { state: 'misconfigured', cause: `parameter_unknown ${error.param}` };
  return { state: 'invalid', message: 'The payment provider does not accept this payment token.' };
}

interface Decline {
  code?: string;
  decline_code?: string;
  advice_code?: string;
  payment_method?: { card?: { brand?: string | null } | null } | null;
}

function declined(error: Decline, reference: string | undefined, acquirer: Acquirer): PaymentOutcome {
  const directoryServer = directoryServers[error.payment_method?.card?.brand ?? ''];
  if (error.code === 'authentication_required' && acquirer && directoryServer) {
    return { state: 'authentication_required', reference, demand: { acquirer, directoryServer } };
  }
  return { state: 'declined', reference, failure: failureOf(error) };
}

function failureOf({ code = '', decline_code = '', advice_code }: Decline): AttemptFailure {
  const reason = declineReasons[decline_code] ?? declineReasons[code] ?? 'generic';
  const messages: Record<string, string | undefined> = {
    insufficient_funds: 'The card has insufficient funds.',
    expired: 'The card has expired.',
    incorrect_cvc: "The card's security code is incorrect.",
    authentication_required: 'The bank wants to authenticate the buyer. Use another card.',
  };
  return {
    reason,
    message: messages[reason] ?? 'The card was declined.',
    retry:
      advice_code === 'do_not_try_again'
        ? 'never'
        : advice_code === 'try_again_later'
          ? 'same_instrument'
          : 'other_instrument',
  };
}

/** Known where the charge came with it. */
function refundedOf({ latest_charge }: Stripe.PaymentIntent): { refunded?: number } {
  const refunded = typeof latest_charge === 'object' ? (latest_charge?.amount_refunded ?? 0) : 0;
  return refunded > 0 ? { refunded } : {};
}

function instrumentOf(intent: Stripe.PaymentIntent): InstrumentSummary | undefined {
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const card = charge?.payment_method_details?.card;
  return card
    ? { method: 'card', brand: card.brand ?? undefined, last4: card.last4 ?? undefined }
    : undefined;
}

export function connectionCause(error: Stripe.errors.StripeConnectionError): string {
  const { detail } = error as { detail?: unknown };
  const [direct, wrapped] = [codeOf(detail), detail instanceof Error ? codeOf(detail.cause) : undefined];
  return direct ?? wrapped ?? 'connection_error';
}

function codeOf(thing: unknown): string | undefined {
  const code = typeof thing === 'object' && thing !== null ? (thing as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
