import { describe, expect, it } from 'vitest';
import { hashed, type HashedValue, hashingKey } from './hashed.js';

const key = (fill: number): Buffer => hashingKey(Buffer.alloc(32, fill).toString('base64'));
const digest = (value: unknown, fill = 1): string =>
  (hashed(value) as HashedValue).digest(key(fill)).hmac_sha256;

describe('a personal value', () => {
  it('has one hash, that says nothing without the key', () => {
    expect(digest('ada@example.com')).toMatch(/^[0-9a-f]{64}$/);
    expect(digest('ada@example.com')).toBe(digest('ada@example.com'));
    expect(digest({ a: 1, b: 2 })).toBe(digest({ b: 2, a: 1 }));
    expect(digest('ada@example.com')).not.toBe(digest('bob@example.com'));
    expect(digest('ada@example.com')).not.toBe(digest('ada@example.com', 2));
  });

  it('shows itself to nobody who writes it down without hashing it', () => {
    const value = { reason: hashed('ada@example.com') };
    expect(JSON.stringify(value)).toBe('{"reason":{}}');
    expect(Object.entries(value.reason as object)).toEqual([]);
  });

  it('that is not there stays not there', () => {
    expect([hashed(null), hashed(undefined)]).toEqual([null, undefined]);
  });
});
