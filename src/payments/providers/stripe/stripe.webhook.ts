import Stripe from 'stripe';
import type { ProviderEvent } from '../payment-provider.js';
import { aboutOf, isKnown, summaryOf } from './stripe.events.js';

/** https://docs.stripe.com/webhooks#replay-attacks; the package refuses only what is too old, not what is too new. */
const toleranceSeconds = 300;
/** Tells the package to leave the time to us. */
const noTolerance = 0;

type Refused = { refused: 'signature' | 'stale' | 'malformed' | 'not_configured' };

/** `secrets` are the current one and, while they change, the previous one. */
export function readStripeWebhook(
  raw: Buffer,
  header: string | string[] | undefined,
  secrets: (string | undefined)[],
  nowMs: number,
): ProviderEvent | Refused {
  const usable = secrets.filter((secret): secret is string => !!secret?.trim());
  if (usable.length === 0) return { refused: 'not_configured' };
  if (typeof header !== 'string' || !usable.some((secret) => isSigned(raw, header, secret)))
    return { refused: 'signature' };
  return isFresh(header, nowMs / 1000) ? eventOf(parsed(raw)) : { refused: 'stale' };
}

/** The package throws for a wrong signature, and in other ways for a header that is none. */
function isSigned(raw: Buffer, header: string, secret: string): boolean {
  try {
    return Stripe.webhooks.signature?.verifyHeader(raw, header, secret, noTolerance) ?? false;
  } catch {
    return false;
  }
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return null;
  }
}

/** Of several times the package signs with the last one, so that is the one to look at. */
function isFresh(header: string, nowSeconds: number): boolean {
  const times = header.split(',').filter((item) => item.split('=')[0] === 't');
  const signedAt = Number.parseInt(times.at(-1)?.split('=')[1] ?? '', 10);
  return Math.abs(nowSeconds - signedAt) <= toleranceSeconds;
}

function eventOf(event: unknown): ProviderEvent | Refused {
  const { id, type, created, data } = record(event);
  const { object } = record(data);
  if (typeof id !== 'string' || typeof type !== 'string' || typeof object !== 'object' || !object)
    return { refused: 'malformed' };
  return {
    id,
    type,
    about: aboutOf(type, record(object)),
    known: isKnown(type),
    summary: { ...summaryOf(record(object)), ...(typeof created === 'number' && { event_created: created }) },
  };
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
