const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Quick at first, because the answer to our own request is often only a moment behind its webhook; then hourly. */
const waits = [secondMs, 5 * secondMs, 30 * secondMs, 2 * minuteMs, 10 * minuteMs, hourMs];

/** As long as the providers themselves would go on. */
export const tryForMs = 72 * hourMs;

/** However long nothing ran here, an event is not given up before it had its chances. */
export const minimumAttempts = 20;

/** So that events that failed together do not come back together. */
const jitter = 0.2;

/** How long to wait after attempt number `attempts`, from 1. `random` is from 0 to 1. */
export function waitAfter(attempts: number, random: number = Math.random()): number {
  const wait = waits[Math.min(attempts, waits.length) - 1] ?? secondMs;
  return Math.round(wait * (1 - jitter + 2 * jitter * random));
}
