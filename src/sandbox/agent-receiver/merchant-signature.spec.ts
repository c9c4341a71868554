import { describe, expect, it } from 'vitest';
import { isSignedByMerchant } from './merchant-signature.js';

// From `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_agent_sandbox`.
const signature = 'e3285c51c68d6c01033f0e9dcf895f5dedec4c33a86dbdac7876adf9eddb8e06';
const body = Buffer.from('{"a":1}');
const at = (seconds: number) => ({ secret: 'whsec_agent_sandbox', now: new Date(seconds * 1000) });
const signedAt = 1_700_000_000;
const good = `t=${signedAt},v1=${signature}`;

describe('a merchant signature', () => {
  it('is taken for five minutes', () => {
    for (const seconds of [0, -300, 300])
      expect(isSignedByMerchant(good, body, at(signedAt + seconds))).toBe(true);
    for (const seconds of [-301, 301])
      expect(isSignedByMerchant(good, body, at(signedAt + seconds))).toBe(false);
  });

  it('may be one of several, while a secret is rotated', () => {
    expect(
      isSignedByMerchant(`t=${signedAt}, v1=${'0'.repeat(64)}, v1=${signature}`, body, at(signedAt)),
    ).toBe(true);
  });

  it.each([
    undefined,
    '',
    signature,
    `v1=${signature}`,
    `t=${signedAt}`,
    `t=${signedAt},v1=`,
    `t=${signedAt},v0=${signature}`,
    `t=${signedAt},v1=${signature.toUpperCase()}`,
    `t=${signedAt},v1=${signature.slice(1)}`,
    `t=${signedAt},v1=${signature}=1`,
    `t=${signedAt},v1=${'é'.repeat(64)}`,
    `t=${signedAt + 1},v1=${signature}`,
    `t=0x6553f100,v1=${signature}`,
    `t=NaN,v1=${signature}`,
    `t=1,t=${signedAt},v1=${signature}`,
  ])('%s is none', (header) => {
    expect(isSignedByMerchant(header, body, at(signedAt))).toBe(false);
  });

  it('is over every byte of the body', () => {
    expect(isSignedByMerchant(good, Buffer.from('{"a": 1}'), at(signedAt))).toBe(false);
    expect(isSignedByMerchant(good, Buffer.alloc(0), at(signedAt))).toBe(false);
  });

  it('needs the secret', () => {
    expect(isSignedByMerchant(good, body, { ...at(signedAt), secret: 'whsec_other' })).toBe(false);
  });
});
