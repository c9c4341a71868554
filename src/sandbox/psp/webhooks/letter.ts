import { createHmac } from 'node:crypto';
import type { WireMode } from './modes.js';
import type { EventRow, WebhookRow } from './tables.js';

/** What goes over the wire for one attempt. */
export interface Letter {
  headers: Record<string, string>;
  body: string;
}

const STALE_SECONDS = 301;

/** `nowSeconds` is the receiver's time, not the simulator's: it is the receiver who judges how old a signature is. */
export function letterOf(
  event: EventRow,
  address: WebhookRow,
  mode: WireMode | undefined,
  nowSeconds: number,
): Letter {
  const body = mode === 'tampered_body' ? event.body.replace('{', '{"tampered":true,') : event.body;
  const secrets = secretsFor(address.secrets, mode);
  const sign = (secret: string, text: string) =>
    mode === 'bad_signature' ? '0'.repeat(64) : createHmac('sha256', secret).update(text).digest('hex');
  const json = { 'Content-Type': 'application/json; charset=utf-8' };
  if (event.provider === 'stripe') {
    const t = mode === 'stale_timestamp' ? nowSeconds - STALE_SECONDS : nowSeconds;
    const signatures = secrets.map((secret) => `v1=${sign(secret, `${t}.${event.body}`)}`);
    return {
      headers: {
        ...json,
        'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'Stripe-Signature': [`t=${t}`, ...signatures].join(','),
      },
      body,
    };
  }
  // Razorpay knows one secret at a time and no timestamp.
  const [secret] = secrets;
  return {
    headers: {
      ...json,
      'User-Agent': 'Razorpay-Webhook/v1',
      'x-razorpay-event-id': event.id,
      ...(secret === undefined ? {} : { 'X-Razorpay-Signature': sign(secret, event.body) }),
    },
    body,
  };
}

function secretsFor(registered: string[], mode: WireMode | undefined): string[] {
  if (mode === 'wrong_secret') return ['whsec_of_somebody_else'];
  return mode === 'old_secret' ? registered.slice(-1) : registered;
}
