import { describe, expect, it } from 'vitest';
import { minimumAttempts, tryForMs, waitAfter } from './inbox.schedule.js';

describe('the schedule of the inbox', () => {
  it('asks again after 1 s, 5 s, 30 s, 2 min, 10 min, and then every hour', () => {
    const seconds = [1, 2, 3, 4, 5, 6, 7, 50].map((attempts) => waitAfter(attempts, 0.5) / 1_000);
    expect(seconds).toEqual([1, 5, 30, 120, 600, 3_600, 3_600, 3_600]);
  });

  it('strays by a fifth to either side', () => {
    expect([waitAfter(6, 0), waitAfter(6, 1)]).toEqual([2_880_000, 4_320_000]);
  });

  it('has more attempts in its three days than the least', () => {
    let at = 0;
    let attempts = 0;
    while (at < tryForMs) at += waitAfter(++attempts, 1);
    expect(attempts).toBeGreaterThan(minimumAttempts);
  });
});
