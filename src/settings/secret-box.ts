import { Injectable } from '@nestjs/common';
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { Config } from '../config/config.js';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * Encrypts secrets at rest: AES-256-GCM, as `<key id>.<base64url of iv, tag and ciphertext>`. The key id lets a
 * rotated key be told from the one before it, which is still read.
 */
@Injectable()
export class SecretBox {
  private readonly keys: { id: string; bytes: Buffer }[];

  constructor(config: Config) {
    const { current, previous } = config.encryptionKeys;
    this.keys = [current, ...(previous ? [previous] : [])].map((base64) => {
      const bytes = Buffer.from(base64, 'base64');
      return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
    });
  }

  /** What every ciphertext of today begins with. */
  get currentPrefix(): string {
    return `${this.current.id}.`;
  }

  /** By its form: what it holds, `decrypt` finds out. */
  isCiphertext(value: unknown): value is string {
    return typeof value === 'string' && /^[0-9a-f]{8}\.[A-Za-z0-9_-]{38,}$/.test(value);
  }

  /** `context` (a row's id, say) is bound to the ciphertext: moved to another row it does not decrypt. */
  encrypt(plaintext: string, context: string): string {
    const key = this.current;
    const iv = randomBytes(ivBytes);
    const encryption = createCipheriv(cipher, key.bytes, iv).setAAD(Buffer.from(context));
    const body = Buffer.concat([encryption.update(plaintext, 'utf8'), encryption.final()]);
    return `${key.id}.${Buffer.concat([iv, encryption.getAuthTag(), body]).toString('base64url')}`;
  }

  decrypt(ciphertext: string, context: string): string {
    const [keyId, encoded = ''] = ciphertext.split('.');
    const key = this.keys.find(({ id }) => id === keyId);
    if (!key) {
      throw new Error(
        `a secret was encrypted with key ${keyId}, which is neither the current nor the previous one`,
      );
    }
    const bytes = Buffer.from(encoded, 'base64url');
    const decryption = createDecipheriv(cipher, key.bytes, bytes.subarray(0, ivBytes))
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return (
      decryption.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decryption.final('utf8')
    );
  }

  private get current(): { id: string; bytes: Buffer } {
    return this.keys[0] as { id: string; bytes: Buffer };
  }
}
