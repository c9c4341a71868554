import { createHash, randomBytes } from 'node:crypto';

const prefixLength = 8;

/** A new key: 32 random bytes, so that nobody guesses it and its SHA-256 is enough to keep. */
export const newKey = (): string => `stk_${randomBytes(32).toString('base64url')}`;

export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

/** What of a key may be seen; of a short one that somebody has chosen at most half. */
export const prefixOf = (key: string): string =>
  key.slice(0, Math.min(prefixLength, Math.floor(key.length / 2)));
