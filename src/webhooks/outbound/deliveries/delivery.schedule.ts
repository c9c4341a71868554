/** What came of one attempt, as far as the schedule cares. */
export interface AttemptResult {
  /** HTTP status; null if there was no complete answer. */
  status: number | null;
  /** `Retry-After` as it came. */
  retryAfter?: string;
}

/** What to do after an attempt: done, again after so many seconds, or never again. */
export type Verdict =
  { next: 'delivered' } | { next: 'again'; seconds: number } | { next: 'dead'; gone: boolean };

const minute = 60;
const hour = 60 * minute;

/** Waits before the attempts after the first one, in seconds: about 76 hours in all. */
const waits = [
  5,
  minute,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

/** A receiver that says no to us, and not to the moment, is asked this often in all. */
const attemptsAfterRefusal = 5;

const overloaded = [429, 502, 504];
const overloadedFloor = minute;
const longestRetryAfter = 24 * hour;

/**
 * The schedule of `docs/webhook-semantics.md`. `attempts` counts this one. `random` in [0, 1) spreads the waits by a
 * fifth either way, so that many deliveries that failed together do not come back together.
 */
export function judge(
  { status, retryAfter }: AttemptResult,
  attempts: number,
  { now, random }: { now: Date; random: number },
): Verdict {
  if (status !== null && status >= 200 && status < 300) return { next: 'delivered' };
  if (status === 410) return { next: 'dead', gone: true };
  const limit = isRefusal(status) ? attemptsAfterRefusal : waits.length + 1;
  const wait = waits[attempts - 1];
  if (attempts >= limit || wait === undefined) return { next: 'dead', gone: false };
  const floor = status !== null && overloaded.includes(status) ? overloadedFloor : 0;
  const spread = Math.max(wait * (0.8 + 0.4 * random), floor * (1 + 0.4 * random));
  return { next: 'again', seconds: Math.max(spread, parseRetryAfter(retryAfter, now)) };
}

/** The request, and not the moment, is what the receiver does not like. Redirects are not followed. */
function isRefusal(status: number | null): boolean {
  return status !== null && status >= 300 && status < 500 && ![408, 425, 429].includes(status);
}

/** Seconds or a date (RFC 9110 §10.2.3); 0 for anything else. */
function parseRetryAfter(value: string | undefined, now: Date): number {
  if (value === undefined) return 0;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : (Date.parse(value) - now.getTime()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), longestRetryAfter) : 0;
}
