import type { Provider } from './addresses.js';
import type { DispatchRow } from './tables.js';

/** Quick enough for somebody who watches; Stripe's sandbox also tries three more times, over hours. */
const FIRST_RETRIES_MS = [1_000, 5_000, 30_000];
const LATER_RETRY_MS = 5 * 60_000;
const RAZORPAY_GIVES_UP_MS = 24 * 60 * 60_000;

/** How long a receiver may take to answer. Stripe does not say; Razorpay's documentation does. */
export const ANSWER_WITHIN_MS: Record<Provider, number> = { stripe: 10_000, razorpay: 5_000 };

/** An event after a try. All times are on the simulator's clock, so advancing it brings retries on. */
export function afterTry(
  row: DispatchRow,
  provider: Provider,
  outcome: { delivered: boolean; attempts: number; nowMs: number },
): DispatchRow {
  const tries = row.tries + 1;
  const tried = { ...row, tries, attempts: row.attempts + outcome.attempts };
  if (outcome.delivered) return { ...tried, state: 'delivered' };
  const dueMs = nextTry(provider, tries, row.startedMs, outcome.nowMs);
  return dueMs === null ? { ...tried, state: 'failed' } : { ...tried, state: 'pending', dueMs };
}

/** Null when the provider gives up. */
function nextTry(provider: Provider, tries: number, startedMs: number, nowMs: number): number | null {
  const soon = FIRST_RETRIES_MS[tries - 1];
  if (provider === 'stripe') return soon === undefined ? null : nowMs + soon;
  const endMs = startedMs + RAZORPAY_GIVES_UP_MS;
  if (nowMs >= endMs) return null;
  const wait = soon ?? LATER_RETRY_MS * 2 ** (tries - FIRST_RETRIES_MS.length - 1);
  return Math.min(nowMs + wait, endMs);
}
