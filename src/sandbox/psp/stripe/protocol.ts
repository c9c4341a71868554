import { apiKey, type Call, isLiveKey } from '../http.js';
import { type Refusal, unauthorized } from './errors.js';

export const DEFAULT_VERSION = '2026-10-28.endive';
/** Shared payment tokens came with this version and are in preview versions only. */
const FIRST_TOKEN_PREVIEW = '2026-04-22';

/** Any test-mode key will do, by Bearer or Basic, and all of them see the same account. */
export function authenticate({ headers }: Call): void {
  const key = apiKey(headers);
  if (key === null) {
    throw unauthorized(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  if (isLiveKey(key)) {
    throw unauthorized('This is the PSP simulator. It refuses live-mode keys; use a test-mode key.');
  }
  if (!/^(sk|rk)_test_./.test(key)) throw unauthorized(`Invalid API Key provided: ${key.slice(0, 7)}****`);
}

export function idempotencyKey({ headers }: Call): string | null {
  const key = headers['idempotency-key'];
  return typeof key === 'string' && key !== '' ? key : null;
}

export function isTokenPreview({ headers }: Call): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})\.preview$/.exec(String(headers['stripe-version'] ?? ''));
  return match?.[1] !== undefined && match[1] >= FIRST_TOKEN_PREVIEW;
}

export function responseHeaders(call: Call, requestId: string): Record<string, string> {
  const version = call.headers['stripe-version'];
  const key = call.method === 'POST' ? idempotencyKey(call) : null;
  return {
    'Request-Id': requestId,
    'Stripe-Version': typeof version === 'string' ? version : DEFAULT_VERSION,
    ...(key === null ? {} : { 'Idempotency-Key': key, 'Original-Request': requestId }),
  };
}

/** docs.stripe.com/error-low-level: a lock timeout is safe to retry at once; a rate limit says which one it was. */
export function retryAdvice({ status, fields }: Refusal): Record<string, string> {
  if (status !== 429) return {};
  return fields.code === 'lock_timeout'
    ? { 'Stripe-Should-Retry': 'true' }
    : { 'Stripe-Rate-Limited-Reason': 'endpoint-rate' };
}
