import { describe, expect, it } from 'vitest';
import { afterTry } from './schedule.js';
import type { DispatchRow } from './tables.js';

const START = 1_800_000_000_000;
const HOUR = 3_600_000;
const fresh: DispatchRow = {
  id: 'evt_1',
  state: 'pending',
  tries: 0,
  attempts: 0,
  startedMs: START,
  dueMs: START,
};

/** When each try happens if every one fails at the moment it is due. */
function tries(provider: 'stripe' | 'razorpay'): { at: number[]; end: DispatchRow } {
  let row = fresh;
  const at: number[] = [];
  while (row.state === 'pending') {
    at.push(row.dueMs - START);
    row = afterTry(row, provider, { delivered: false, attempts: 1, nowMs: row.dueMs });
  }
  return { at, end: row };
}

describe('afterTry', () => {
  it('ends with an answer of 2xx', () => {
    const outcome = { delivered: true, attempts: 3, nowMs: START };
    expect(afterTry(fresh, 'stripe', outcome)).toMatchObject({ state: 'delivered', tries: 1, attempts: 3 });
  });

  it('gives up on Stripe events after three more tries', () => {
    const { at, end } = tries('stripe');
    expect(at).toEqual([0, 1_000, 6_000, 36_000]);
    expect(end).toMatchObject({ state: 'failed', tries: 4, attempts: 4 });
  });

  it('goes on with Razorpay events for a day, ever more slowly', () => {
    const { at, end } = tries('razorpay');
    expect(at.slice(0, 4)).toEqual([0, 1_000, 6_000, 36_000]);
    expect(at.at(-1)).toBe(24 * HOUR);
    expect(end.state).toBe('failed');
    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    const growing = gaps.slice(0, -1);
    expect(growing).toEqual([...growing].sort((a, b) => a - b));
  });

  it('does not give up on a Razorpay event because its day passed unnoticed', () => {
    const late = { delivered: false, attempts: 1, nowMs: START + 24 * HOUR - 1 };
    expect(afterTry(fresh, 'razorpay', late)).toMatchObject({ state: 'pending', dueMs: START + 24 * HOUR });
  });
});
