import type { ProviderEvent } from '../payment-provider.js';
import { isSignature } from './razorpay.credential.js';
import { aboutOf, isKnown, summaryOf } from './razorpay.events.js';
import { isRecord } from './razorpay.wire.js';

type Headers = Record<string, string | string[] | undefined>;
type Refused = { refused: 'signature' | 'stale' | 'malformed' | 'not_configured' };

/**
 * https://razorpay.com/docs/webhooks/validate-test. Nothing that is signed says when or which: the event's id is in a
 * header beside the signature, so a replay is told from a new event only by looking at the payment again.
 */
export function readRazorpayWebhook(
  raw: Buffer,
  headers: Headers,
  secrets: (string | undefined)[],
): ProviderEvent | Refused {
  const usable = secrets.filter((secret): secret is string => !!secret?.trim());
  if (usable.length === 0) return { refused: 'not_configured' };
  const signature = headers['x-razorpay-signature'];
  // The package's own check stops at the first wrong character and throws without a header.
  if (!usable.some((secret) => isSignature(signature, raw, secret))) return { refused: 'signature' };
  const id = headers['x-razorpay-event-id'];
  const body = parsed(raw);
  if (typeof id !== 'string' || !/^[\w-]{1,100}$/.test(id) || !isRecord(body))
    return { refused: 'malformed' };
  const { event: type, payload, created_at: createdAt } = body;
  if (typeof type !== 'string' || !isRecord(payload)) return { refused: 'malformed' };
  return {
    id,
    type,
    about: aboutOf(type, payload),
    known: isKnown(type),
    summary: { ...summaryOf(payload), ...(typeof createdAt === 'number' && { event_created: createdAt }) },
  };
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return null;
  }
}
