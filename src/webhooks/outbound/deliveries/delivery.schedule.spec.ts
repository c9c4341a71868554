import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, type Verdict } from './delivery.schedule.js';

const now = new Date('2026-11-22T12:00:00Z');
const after = (
  status: number | null,
  attempts: number,
  more: { retryAfter?: string; random?: number } = {},
) => judge({ status, retryAfter: more.retryAfter }, attempts, { now, random: more.random ?? 0.5 });
const seconds = (verdict: Verdict): number | null => (verdict.next === 'again' ? verdict.seconds : null);

describe('the retry schedule', () => {
  it('is done with any 2xx and with nothing else', () => {
    for (const status of [200, 201, 202, 204, 299]) expect(after(status, 1)).toEqual({ next: 'delivered' });
    for (const status of [199, 300, 400, 500, null]) expect(after(status, 1).next).not.toBe('delivered');
  });

  it('asks a receiver that is down eleven times over about three days', () => {
    const waits = Array.from({ length: 10 }, (_, index) => seconds(after(500, index + 1)));
    expect(waits).toEqual([5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    expect(after(500, 11)).toEqual({ next: 'dead', gone: false });
    expect(after(null, 11)).toEqual({ next: 'dead', gone: false });
  });

  it.each([301, 307, 400, 401, 403, 404, 422])('asks a receiver that says %i five times', (status) => {
    expect(seconds(after(status, 4))).toBe(1_800);
    expect(after(status, 5)).toEqual({ next: 'dead', gone: false });
  });

  it.each([408, 425, 429])('takes %i for a matter of the moment', (status) => {
    expect(after(status, 5).next).toBe('again');
  });

  it('stops at once at 410', () => {
    expect(after(410, 1)).toEqual({ next: 'dead', gone: true });
  });

  it.each([429, 502, 504])('waits a minute at least after %i', (status) => {
    expect(seconds(after(status, 1, { random: 0 }))).toBe(60);
    expect(seconds(after(status, 1, { random: 0.5 }))).toBe(72);
    expect(seconds(after(status, 3, { random: 0 }))).toBe(240);
  });

  it('waits as long as it is asked to, in seconds or until a date, a day at most', () => {
    expect(seconds(after(503, 1, { retryAfter: '120' }))).toBe(120);
    expect(seconds(after(503, 1, { retryAfter: 'Sun, 22 Nov 2026 12:10:00 GMT' }))).toBe(600);
    expect(seconds(after(503, 1, { retryAfter: '999999999' }))).toBe(86_400);
    expect(seconds(after(503, 2, { retryAfter: '1' }))).toBe(60);
    for (const retryAfter of ['', 'soon', '-5', '1e9', 'Sun, 22 Nov 2020 12:10:00 GMT'])
      expect(seconds(after(503, 1, { retryAfter }))).toBe(5);
  });

  it('spreads every wait by a fifth either way', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const wait = seconds(after(500, 3, { random })) ?? 0;
        expect(wait).toBeGreaterThanOrEqual(240);
        expect(wait).toBeLessThanOrEqual(360);
      }),
    );
    expect(seconds(after(500, 3, { random: 0 }))).not.toBe(seconds(after(500, 3, { random: 0.9 })));
  });
});
