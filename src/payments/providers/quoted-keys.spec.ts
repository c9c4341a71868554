import { describe, expect, it } from 'vitest';
import { withoutKeys } from './quoted-keys.js';

describe('an answer of a provider', () => {
  it('is read without the keys in it', () => {
    const answer =
      '{"message":"Invalid key sk_test_1234567890 (sk_test_1234567890), basic YTpiYzEyMzQ1Njc4"}';
    expect(withoutKeys(answer, ['sk_test_1234567890', 'YTpiYzEyMzQ1Njc4'])).toBe(
      '{"message":"Invalid key [key] ([key]), basic [key]"}',
    );
  });

  it('loses nothing to what is too short to be a key', () => {
    expect(withoutKeys('{"amount":1200}', ['', '1', '1200', 'amount'])).toBe('{"amount":1200}');
  });
});
