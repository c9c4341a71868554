import type { AttemptFailure } from '../payment-provider.js';

type Retry = AttemptFailure['retry'];
interface Decline {
  reason: string;
  message: string;
  retry: Retry;
}

const decline = (reason: string, message: string, retry: Retry = 'other_instrument'): Decline => ({
  reason,
  message,
  retry,
});
const declined = decline('generic', 'The payment was declined.');
const notFinished = decline('generic', 'The payment was not completed.', 'same_instrument');
const notAuthenticated = decline(
  'authentication_failed',
  'The buyer could not be authenticated.',
  'same_instrument',
);

/** https://razorpay.com/docs/errors/payments: the buyer, or the buyer's bank, said no. */
const declines = new Map<string, Decline>(
  Object.entries({
    insufficient_funds: decline('insufficient_funds', 'The account has insufficient funds.'),
    // As the page of test cards spells it.
    insufficient_fund: decline('insufficient_funds', 'The account has insufficient funds.'),
    card_declined: declined,
    payment_declined: declined,
    debit_declined: declined,
    payment_failed: declined,
    card_expired: decline('expired', 'The card has expired.'),
    incorrect_cvv: decline('incorrect_cvc', "The card's security code is incorrect."),
    card_number_invalid: decline('generic', 'The card number is incorrect.'),
    payment_risk_check_failed: decline('fraud', 'The payment was declined.', 'never'),
    card_disabled_for_online_payments: decline('generic', 'The card is not enabled for online payments.'),
    debit_instrument_blocked: decline('generic', 'The account is blocked.'),
    debit_instrument_inactive: decline('generic', 'The account is inactive.'),
    funds_blocked_by_mandate: decline('insufficient_funds', 'The account has insufficient funds.'),
    authentication_failed: notAuthenticated,
    incorrect_otp: notAuthenticated,
    incorrect_pin: notAuthenticated,
    card_not_enrolled: decline('authentication_failed', 'The card is not enrolled for authentication.'),
    payment_cancelled: notFinished,
    payment_timed_out: notFinished,
    payment_session_expired: notFinished,
  }),
);

/** Something between Razorpay and the bank broke: what became of the payment, only the order's payments say. */
const providerErrors = new Set([
  'gateway_technical_error',
  'bank_technical_error',
  'issuer_technical_error',
  'bank_not_available',
  'payment_declined_due_to_high_traffic',
  'invalid_response_from_gateway',
  'capture_failed',
  'duplicate_rrn_found',
]);

const pending = new Set(['payment_pending', 'collect_request_pending', 'deemed_transaction']);

/** The merchant's account lacks something. */
const configuration = new Set([
  'payment_method_not_enabled',
  'live_mode_not_enabled',
  'merchant_not_activated',
  'card_network_not_enabled',
  'invalid_amount',
  'invalid_currency',
  'order_amount_mismatch',
  'invalid_order_id',
]);

export type ReasonKind = 'declined' | 'provider_error' | 'pending' | 'configuration' | 'other';

export function kindOf(reason: string): ReasonKind {
  if (declines.has(reason)) return 'declined';
  if (providerErrors.has(reason)) return 'provider_error';
  if (pending.has(reason)) return 'pending';
  return configuration.has(reason) ? 'configuration' : 'other';
}

/** Why a payment failed, in words for the buyer. Razorpay's own description may name the bank. */
export function failureBecause(reason: string): AttemptFailure {
  const known = declines.get(reason);
  if (known) return { ...known };
  return providerErrors.has(reason)
    ? { ...decline('generic', 'The bank could not process the payment. Try again.', 'same_instrument') }
    : { ...declined };
}

/** What a saved token is refused with has no reason of its own, only words. */
export function tokenRefusal(description: string): AttemptFailure | null {
  if (/exceeds maximum amount/i.test(description))
    return { ...decline('limit_exceeded', 'The saved token does not cover the total.') };
  if (/expired/i.test(description))
    return { ...decline('credential_expired', 'The saved token has expired.') };
  if (/cancel/i.test(description))
    return { ...decline('credential_revoked', 'The saved token was canceled.') };
  return null;
}
