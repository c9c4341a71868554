import type { Verification } from '../payment-provider.js';
import type { RazorpayApi } from './razorpay.api.js';
import { failureOf } from './razorpay.failure.js';
import type { RazorpaySettings } from './razorpay.settings.js';

/** Lists one order, which moves nothing. */
export async function verifyRazorpay(
  { keyId, keySecret, webhookSecret }: RazorpaySettings,
  sandbox: boolean,
  api: RazorpayApi | null,
): Promise<Verification> {
  const problems = [
    !keyId && 'payments.razorpay.keyId is not set: Razorpay is not offered.',
    !keySecret && 'payments.razorpay.keySecret is not set: Razorpay is not offered.',
    !webhookSecret &&
      'payments.razorpay.webhookSecret is not set: webhooks of Razorpay are refused, so refunds and disputes are seen late.',
    !sandbox && keyId?.startsWith('rzp_test_') && 'The key is of test mode: no real money moves.',
    api && (await problemOfKey(api)),
  ].filter((problem) => typeof problem === 'string' && problem !== '') as string[];
  return { ok: problems.length === 0, problems };
}

async function problemOfKey(api: RazorpayApi): Promise<string | undefined> {
  try {
    await api.orders(1);
    return undefined;
  } catch (error) {
    const { isOurKey, status, code, reason } = failureOf(error);
    if (isOurKey) return 'Razorpay refuses the key: id and secret do not belong together, or it was revoked.';
    if (status === 0) return `Razorpay cannot be reached, or does not answer in its own words: ${code}.`;
    if (status === 429)
      return 'Razorpay has too many requests from this account at the moment. Try again later.';
    return `Razorpay answers with an error: ${reason || code} (${status}).`;
  }
}
