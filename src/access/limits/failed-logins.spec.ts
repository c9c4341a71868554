import { describe, expect, it } from 'vitest';
import { delayOf } from './failed-logins.js';

describe('the delay of a refusal', () => {
  it('is none for the first half of the limit, then grows to two seconds at the limit and no further', () => {
    expect([1, 50, 51, 75, 100, 5_000].map((count) => delayOf(count, 100))).toEqual([
      0, 0, 40, 1_000, 2_000, 2_000,
    ]);
  });

  it('makes sense for the smallest limits', () => {
    expect([1, 2, 3].map((count) => delayOf(count, 1))).toEqual([0, 0, 0]);
    expect([1, 2, 3].map((count) => delayOf(count, 2))).toEqual([0, 2_000, 2_000]);
    expect([1, 2, 3].map((count) => delayOf(count, 3))).toEqual([0, 0, 2_000]);
  });
});
