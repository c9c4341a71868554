import { describe, expect, it } from 'vitest';
import type { Config } from '../config/config.js';
import { SecretBox } from './secret-box.js';

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const box = (current: string, previous?: string): SecretBox =>
  new SecretBox({ encryptionKeys: { current, previous } } as Config);

describe('SecretBox', () => {
  it('gives back what it was given, never twice the same ciphertext', () => {
    const { encrypt, decrypt } = {
      encrypt: box(key(1)).encrypt.bind(box(key(1))),
      decrypt: box(key(1)).decrypt.bind(box(key(1))),
    };
    const [a, b] = [encrypt('sk_live_1', 'x'), encrypt('sk_live_1', 'x')];
    expect(a).not.toBe(b);
    expect(a).not.toContain('sk_live');
    expect(decrypt(a, 'x')).toBe('sk_live_1');
  });

  it('reads what the previous key wrote, and names a key it does not have', () => {
    const old = box(key(1)).encrypt('secret', 'x');
    expect(box(key(2), key(1)).decrypt(old, 'x')).toBe('secret');
    expect(() => box(key(2)).decrypt(old, 'x')).toThrow(/neither the current nor the previous/);
  });

  it('refuses a ciphertext that was changed or moved to another row', () => {
    const text = box(key(1)).encrypt('secret', 'row 1');
    expect(() => box(key(1)).decrypt(text, 'row 2')).toThrow();
    // Not the last character: some of its bits are padding.
    const flipped = text.slice(0, -4) + (text.at(-4) === 'A' ? 'B' : 'A') + text.slice(-3);
    expect(() => box(key(1)).decrypt(flipped, 'row 1')).toThrow();
  });
});
