const minute = 60;
const hour = 60 * minute;

/**
 * Waits before the attempts after the first one, in seconds: a day in all. Servers that put strangers off
 * (greylisting) take them back after some minutes.
 */
const waits = [
  10,
  minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
  8 * hour,
];

/** So that e-mails that failed together do not come back together. */
const jitter = 0.2;

/** Seconds until the attempt after number `attempts`, from 1; null: enough. `random` is from 0 to 1. */
export function secondsUntilNext(attempts: number, random: number = Math.random()): number | null {
  const wait = waits[attempts - 1];
  return wait === undefined ? null : wait * (1 - jitter + 2 * jitter * random);
}
