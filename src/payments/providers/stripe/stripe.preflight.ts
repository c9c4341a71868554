import Stripe from 'stripe';
import type { Money, PaymentOutcome } from '../payment-provider.js';
import { previewVersion } from './stripe.client.js';

/**
 * What a token lets us charge. Not among the released types:
 * https://docs.stripe.com/agentic-commerce/concepts/shared-payment-tokens
 */
export interface GrantedToken {
  deactivated_reason?: string | null;
  usage_limits?: { currency?: string; max_amount?: number; expires_at?: number | null };
  usage_details?: { amount_captured?: { value?: number } | null } | null;
}

/** Within this, Stripe's clock and ours may disagree, and the charge decides. */
const clockSkewSeconds = 60;

/** Asks the token whether it covers the total; null if it seems to, or if it could not be asked. */
export async function preflightToken(
  stripe: Stripe,
  token: string,
  total: Money,
): Promise<PaymentOutcome | null> {
  if (!/^\w[\w-]*$/.test(token)) return null;
  const path = `/v1/shared_payment/granted_tokens/${token}`;
  try {
    const options = { apiVersion: previewVersion };
    const granted = (await stripe.rawRequest('GET', path, undefined, options)) as unknown;
    return objection(granted as GrantedToken, total, Date.now() / 1000);
  } catch (error) {
    return error instanceof Stripe.errors.StripeError && error.code === 'resource_missing'
      ? { state: 'invalid', message: 'The payment provider does not know this payment token.' }
      : null;
  }
}

/** Why the token cannot pay the total. Stripe's own refusal would name hardly any of these reasons. */
export function objection(
  { deactivated_reason, usage_limits: limits = {}, usage_details }: GrantedToken,
  total: Money,
  nowSeconds: number,
): PaymentOutcome | null {
  if (deactivated_reason === 'expired' || (limits.expires_at ?? Infinity) + clockSkewSeconds < nowSeconds)
    return declined('credential_expired', 'The payment token has expired.');
  if (deactivated_reason === 'revoked')
    return declined('credential_revoked', 'The payment token was revoked.');
  if (deactivated_reason) return declined('credential_consumed', 'The payment token is spent.');
  if (limits.currency !== undefined && limits.currency !== total.currency) {
    return declined(
      'currency_mismatch',
      `The payment token is for ${limits.currency.toUpperCase()}, the total is in ${total.currency.toUpperCase()}.`,
    );
  }
  const left = (limits.max_amount ?? Infinity) - (usage_details?.amount_captured?.value ?? 0);
  return left < total.amount
    ? declined('limit_exceeded', 'The payment token does not cover the total.')
    : null;
}

const declined = (reason: string, message: string): PaymentOutcome => ({
  state: 'declined',
  failure: { reason, message, retry: 'other_instrument' },
});
