import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';

export const signingAlgorithms = ['hmac-sha256', 'ed25519', 'es256'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** `key` is the shared secret, or the public key as PEM. */
export interface VerificationKey {
  algorithm: SigningAlgorithm;
  key: string;
}

const maximumSkewMs = 300_000;
/** An ECDSA signature as JOSE writes it; else it is DER. */
const plainEs256Bytes = 64;

/** Whether the signature is of one of the texts. It may be base64 or base64url, padded or not. */
export function isSigned(
  signature: string,
  texts: readonly (string | Buffer)[],
  by: VerificationKey,
): boolean {
  if (!/^[A-Za-z0-9+/_-]{1,200}={0,2}$/.test(signature)) return false;
  const bytes = Buffer.from(signature, 'base64');
  return texts.some((text) => matches(bytes, Buffer.from(text), by));
}

function matches(signature: Buffer, text: Buffer, { algorithm, key }: VerificationKey): boolean {
  switch (algorithm) {
    case 'hmac-sha256': {
      const expected = createHmac('sha256', key).update(text).digest();
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    }
    case 'ed25519':
      return verify(null, text, key, signature);
    case 'es256': {
      const dsaEncoding = signature.length === plainEs256Bytes ? 'ieee-p1363' : 'der';
      return verify('sha256', text, { key, dsaEncoding }, signature);
    }
  }
}

/** Whether a PEM is a public key that the algorithm can verify with. */
export function isPublicKeyFor(algorithm: SigningAlgorithm, pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem);
    if (pem.includes('PRIVATE')) return false;
    if (algorithm === 'es256') return asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return asymmetricKeyType === algorithm;
  } catch {
    return false;
  }
}

/** Whether an RFC 3339 time is one of the last or next five minutes. */
export function isTimely(timestamp: string, now = Date.now()): boolean {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.test(timestamp);
  // What is no date is NaN, and that is not near anything.
  return isTime && Math.abs(now - Date.parse(timestamp)) <= maximumSkewMs;
}
