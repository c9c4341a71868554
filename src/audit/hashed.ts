import { createHmac, hkdfSync } from 'node:crypto';
import { canonicalJson } from '../common/json.js';

/** A personal value on its way into the audit log, which keeps only its hash. Printed as JSON by anybody else it is `{}`. */
export class HashedValue {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  /** Keyed: whoever has the table and not the key cannot try out which address, name or sentence it was. */
  digest(key: Buffer): { hmac_sha256: string } {
    return { hmac_sha256: createHmac('sha256', key).update(canonicalJson(this.#value)).digest('hex') };
  }
}

/**
 * For `before` and `after` of an audit entry: what may tell of a person, such as an address or a sentence that somebody
 * typed. The log shows `{hmac_sha256}` of it, which is the same for the same value; nothing stays nothing.
 */
export const hashed = (value: unknown): unknown =>
  value === undefined || value === null ? value : new HashedValue(value);

/** Under another master key equal values have other hashes; the chain covers what is written and stays whole. */
export function hashingKey(settingsEncryptionKey: string): Buffer {
  const master = Buffer.from(settingsEncryptionKey, 'base64');
  return Buffer.from(hkdfSync('sha256', master, '', 'storekeeper audit log: personal values', 32));
}
