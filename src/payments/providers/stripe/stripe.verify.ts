import Stripe from 'stripe';
import type { Verification } from '../payment-provider.js';
import { connectionCause } from './stripe.mapping.js';
import type { StripeSettings } from './stripe.settings.js';

/** Reads the balance, which every key may do that is not restricted, and moves nothing. */
export async function verifyStripe(
  { secretKey, merchantId, webhookSecret }: StripeSettings,
  sandbox: boolean,
  connect: (secretKey: string) => Stripe,
): Promise<Verification> {
  const problems = [
    !secretKey && 'payments.stripe.secretKey is not set: Stripe is not offered.',
    !merchantId && 'payments.stripe.merchantId is not set: Stripe is not offered.',
    !webhookSecret &&
      'payments.stripe.webhookSecret is not set: webhooks of Stripe are refused, so refunds and disputes are seen late.',
    !sandbox &&
      /^(sk|rk)_test_/.test(secretKey ?? '') &&
      'The secret key is of test mode: no real money moves.',
    secretKey && (await problemOfKey(connect(secretKey))),
  ].filter((problem) => typeof problem === 'string' && problem !== '') as string[];
  return { ok: problems.length === 0, problems };
}

async function problemOfKey(stripe: Stripe): Promise<string | undefined> {
  try {
    await stripe.balance.retrieve();
    return undefined;
  } catch (error) {
    return inWords(error);
  }
}

/** In our own words: Stripe's quote the key. */
function inWords(error: unknown): string {
  const { errors } = Stripe;
  if (error instanceof errors.StripeAuthenticationError)
    return 'Stripe refuses the secret key: it is wrong, revoked or expired.';
  if (error instanceof errors.StripePermissionError)
    return 'The secret key is restricted and may not read the balance: give it that right, so that it can be verified.';
  if (error instanceof errors.StripeConnectionError)
    return `Stripe cannot be reached: ${connectionCause(error)}.`;
  if (error instanceof errors.StripeRateLimitError)
    return 'Stripe has too many requests from this account at the moment. Try again later.';
  if (error instanceof errors.StripeError)
    return `Stripe answers with an error: ${error.code ?? error.type}${error.statusCode ? ` (${error.statusCode})` : ''}.`;
  throw error;
}
