import { createHash } from 'node:crypto';
import type { Call } from '../http.js';
import type { World } from '../world.js';
import { badRequest, keyInUse, keyReused } from './errors.js';
import type { RefundKeyRow } from './tables.js';

/** razorpay.com/docs/api/refunds/normal-refunds-idempotent: one key, one refund. A refused request leaves its key free. */
export class RefundKeys {
  private readonly inFlight = new Set<string>();

  constructor(private readonly world: World) {}

  /** The refund made under the key, or null after claiming it for this request, which must then `release` it. */
  claim(key: string, fingerprint: string): RefundKeyRow | null {
    if (key.length < 10) throw badRequest('The idempotency key must be at least 10 characters long.');
    if (!/^[\w-]+$/.test(key)) {
      throw badRequest(
        'The idempotency key must only contain alphanumeric characters, underscores, and hyphens',
      );
    }
    if (this.inFlight.has(key)) throw keyInUse();
    const stored = this.world.find('razorpay_refund_keys', key);
    if (!stored) {
      this.inFlight.add(key);
      return null;
    }
    if (stored.fingerprint !== fingerprint) throw keyReused();
    return stored;
  }

  release(key: string): void {
    this.inFlight.delete(key);
  }
}

export function refundKey({ headers }: Call): string | null {
  const key = headers['x-refund-idempotency'];
  return typeof key === 'string' && key !== '' ? key : null;
}

/** What a key is compared by: the payment and the parsed body, whatever the order of its members. */
export function fingerprintOf(path: string, params: unknown): string {
  return createHash('sha256')
    .update(`${path}\n${canonical(params)}`)
    .digest('base64url');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
