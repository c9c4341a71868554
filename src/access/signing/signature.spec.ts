import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isPublicKeyFor, isSigned, isTimely, type VerificationKey } from './signature.js';

const ed25519 = generateKeyPairSync('ed25519');
const es256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const pem = (pair: { publicKey: { export(options: object): string | Buffer } }): string =>
  pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const hmac: VerificationKey = { algorithm: 'hmac-sha256', key: 'a secret that both know' };
const mac = (text: string, key = hmac.key): Buffer => createHmac('sha256', key).update(text).digest();

describe('isSigned', () => {
  const text = '{"a":1}';

  it.each([
    ['base64url', mac(text).toString('base64url')],
    ['padded base64url', `${mac(text).toString('base64url')}=`],
    ['base64', mac(text).toString('base64')],
    ['base64 without padding', mac(text).toString('base64').replace(/=+$/, '')],
  ])('takes an HMAC as %s', (_, signature) => {
    expect(isSigned(signature, [text], hmac)).toBe(true);
  });

  it.each([
    ['of another text', mac('{"a":2}').toString('base64')],
    ['by another secret', mac(text, 'another').toString('base64')],
    ['cut short', mac(text).subarray(0, 31).toString('base64')],
    ['with more behind it', Buffer.concat([mac(text), Buffer.from('x')]).toString('base64')],
    ['in hexadecimal', mac(text).toString('hex')],
    ['that is empty', ''],
    ['that is nothing of the kind', '{"alg":"none"}'],
    ['with a line break', `${mac(text).toString('base64')}\n`],
  ])('refuses an HMAC %s', (_, signature) => {
    expect(isSigned(signature, [text], hmac)).toBe(false);
  });

  it('takes Ed25519, and ES256 as JOSE and as DER write it', () => {
    const bytes = Buffer.from(text);
    const edwards = { algorithm: 'ed25519', key: pem(ed25519) } as const;
    const elliptic = { algorithm: 'es256', key: pem(es256) } as const;
    const der = sign('sha256', bytes, es256.privateKey);
    const jose = sign('sha256', bytes, { key: es256.privateKey, dsaEncoding: 'ieee-p1363' });
    const edwardsSignature = sign(null, bytes, ed25519.privateKey).toString('base64url');
    expect(isSigned(edwardsSignature, [text], edwards)).toBe(true);
    expect(isSigned(edwardsSignature, ['another'], edwards)).toBe(false);
    for (const signature of [der, jose]) {
      expect(isSigned(signature.toString('base64url'), [text], elliptic)).toBe(true);
      expect(isSigned(signature.toString('base64url'), ['another'], elliptic)).toBe(false);
    }
    expect(isSigned('AAAA', [text], edwards)).toBe(false);
    expect(isSigned('AAAA', [text], elliptic)).toBe(false);
  });
});

describe('isPublicKeyFor', () => {
  it('takes a public key of the right kind and nothing else', () => {
    const privatePem = ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const otherCurve = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(isPublicKeyFor('ed25519', pem(ed25519))).toBe(true);
    expect(isPublicKeyFor('es256', pem(es256))).toBe(true);
    expect(isPublicKeyFor('es256', pem(ed25519))).toBe(false);
    expect(isPublicKeyFor('ed25519', pem(es256))).toBe(false);
    expect(isPublicKeyFor('es256', pem(otherCurve))).toBe(false);
    expect(isPublicKeyFor('es256', pem(rsa))).toBe(false);
    expect(isPublicKeyFor('ed25519', privatePem)).toBe(false);
    expect(isPublicKeyFor('ed25519', 'a key')).toBe(false);
  });
});

describe('isTimely', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');

  it.each([
    '2026-11-22T12:00:00Z',
    '2026-11-22T11:55:00Z',
    '2026-11-22T12:05:00.000Z',
    '2026-11-22T17:30:00+05:30',
  ])('takes %s at noon', (timestamp) => {
    expect(isTimely(timestamp, now)).toBe(true);
  });

  it.each([
    '2026-11-22T11:54:59Z',
    '2026-11-22T12:05:01Z',
    '2026-11-22T12:00:00',
    '2026-11-22',
    '1795348800',
    'Sun, 22 Nov 2026 12:00:00 GMT',
    '2026-13-22T12:00:00Z',
    '',
  ])('refuses "%s" at noon', (timestamp) => {
    expect(isTimely(timestamp, now)).toBe(false);
  });
});
