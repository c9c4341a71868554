import { createHash } from 'node:crypto';
import { canonicalForm, type FormObject } from '../form.js';
import type { World } from '../world.js';
import { invalidRequest, keyInUse, keyReused } from './errors.js';
import type { IdempotencyRow } from './tables.js';

const KEEP_MS = 24 * 60 * 60 * 1000;
const MAX_KEY_LENGTH = 255;

/**
 * docs.stripe.com/api/idempotent_requests: the first executed result under a key, success or not, is the result for
 * 24 hours. Keys belong to an account, and all test keys share one account here.
 */
export class IdempotencyKeys {
  private readonly inFlight = new Set<string>();

  constructor(private readonly world: World) {}

  /** The stored result, or null after claiming the key for this request, which must then `release` it. */
  claim(key: string, fingerprint: string): IdempotencyRow | null {
    if (key.length > MAX_KEY_LENGTH) {
      throw invalidRequest(`Idempotency keys can be at most ${MAX_KEY_LENGTH} characters long.`);
    }
    if (this.inFlight.has(key)) throw keyInUse(key);
    this.forgetExpired();
    const stored = this.world.find('stripe_idempotency', key);
    if (!stored || this.isExpired(stored)) {
      this.inFlight.add(key);
      return null;
    }
    if (stored.fingerprint !== fingerprint) throw keyReused(key);
    return stored;
  }

  release(key: string): void {
    this.inFlight.delete(key);
  }

  /** Rows lie in the order they were stored, so the expired ones come first. */
  private forgetExpired(): void {
    for (const row of this.world.rows('stripe_idempotency')) {
      if (!this.isExpired(row)) return;
      this.world.forget('stripe_idempotency', row.id);
    }
  }

  private isExpired(row: IdempotencyRow): boolean {
    return row.savedAtMs + KEEP_MS <= this.world.now();
  }
}

/** What a key is compared by: the endpoint and the parsed parameters, not the bytes. */
export function fingerprintOf(path: string, params: FormObject): string {
  return createHash('sha256')
    .update(`${path}\n${canonicalForm(params)}`)
    .digest('base64url');
}
