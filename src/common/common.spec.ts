import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from './api-error.js';
import { newId } from './id.js';
import { fingerprint, parseJson } from './json.js';
import { formatMoney, parseInt8, percentageOf } from './money.js';
import { parsePageRequest, toPage } from './paging.js';

describe('newId', () => {
  it('makes ids that fit 40 characters, sort by time and never repeat', async () => {
    const first = newId('ord');
    await new Promise((resolve) => setTimeout(resolve, 2));
    const later = Array.from({ length: 1000 }, () => newId('ord'));
    expect(first).toMatch(/^ord_[0-9a-hjkmnp-tv-z]{36}$/);
    expect(later.every((id) => id > first)).toBe(true);
    expect(new Set(later).size).toBe(1000);
  });
});

describe('percentageOf', () => {
  it.each([
    [12900, 8.25, 1064], // 1064.25
    [25800, 8.25, 2129], // 2128.5 rounds half up
    [100, 8.875, 9], // 8.875
    [1079900, 18, 194382],
    [1, 50, 1], // 0.5 rounds half up
    [0, 8.25, 0],
  ])('of %i at %f %% is %i', (amount, percent, expected) => {
    expect(percentageOf(amount, percent)).toBe(expected);
  });

  it('is never off by more than half a minor unit, for amounts that doubles would round', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e15 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (amount, ppm) => {
          const result = BigInt(percentageOf(amount, ppm / 10_000));
          const exact = BigInt(amount) * BigInt(ppm);
          const twiceTheError = 2n * (result * 1_000_000n - exact);
          expect(twiceTheError > -1_000_000n && twiceTheError <= 1_000_000n).toBe(true);
        },
      ),
    );
  });
});

describe('money', () => {
  it.each([
    [1800, 'usd', '$18.00'],
    [5, 'usd', '$0.05'],
    [500, 'jpy', '¥500'],
    [1234567, 'kwd', 'KWD 1,234.567'],
  ])('%i %s is read as %s', (amount, currency, text) => {
    expect(formatMoney(amount, currency).replace(/\u00a0/g, ' ')).toBe(text);
  });

  it('refuses an int8 beyond 2^53 - 1', () => {
    expect(parseInt8('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => parseInt8('9007199254740992')).toThrow(RangeError);
  });
});

describe('fingerprint', () => {
  const of = (json: string): string => fingerprint(parseJson(Buffer.from(json)));
  it.each([
    ['{"a":1,"b":[1,2]}', '{ "b": [1.0, 2], "a": 1e0 }', true],
    ['{"a":null}', '{}', false],
    ['[1,2]', '[2,1]', false],
    ['{"a":0}', '{"a":-0}', true],
    ['{"a":"1"}', '{"a":1}', false],
  ])('%s and %s are the same request: %s', (a, b, same) => {
    expect(of(a) === of(b)).toBe(same);
  });
});

describe('parseJson', () => {
  it.each([
    ['no JSON', '{"a":'],
    ['a key that stands twice', '{"a":1,"b":{"c":1,"c":2}}'],
    ['an integer beyond 2^53', '{"a":9007199254740993}'],
    ['a number beyond all', '{"a":1e999}'],
    ['NUL', '{"a":"\\u0000"}'],
    ['NUL in a key', '{"\\u0000":1}'],
    ['a lone surrogate', '{"a":"\\ud800"}'],
    ['too deep a nesting', '['.repeat(40) + ']'.repeat(40)],
  ])('refuses %s', (_, json) => {
    expect(() => parseJson(Buffer.from(json))).toThrow(ApiError);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(/UTF-8/);
  });

  it('reads everything else as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const json = JSON.stringify(value);
        let parsed: unknown;
        try {
          parsed = parseJson(Buffer.from(json));
        } catch (error) {
          if (error instanceof ApiError) return;
          throw error;
        }
        expect(parsed).toEqual(JSON.parse(json));
      }),
    );
  });
});

describe('paging', () => {
  it('comes back to the next page with the cursor of the one before', () => {
    const rows = Array.from({ length: 3 }, () => ({ id: newId('ord') }));
    const page = toPage(rows, 2, ({ id }) => id);
    expect(page.data).toEqual(rows.slice(0, 2).map(({ id }) => id));
    expect(parsePageRequest({ limit: '2', cursor: page.next_cursor })).toEqual({
      limit: 2,
      afterId: rows[1]?.id,
    });
    expect(toPage(rows.slice(0, 2), 2, ({ id }) => id).next_cursor).toBeNull();
  });
});
