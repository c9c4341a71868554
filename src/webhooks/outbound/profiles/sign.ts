import { createHmac } from 'node:crypto';
import { version } from '../../../common/version.js';
import type { WebhookProfile } from './webhook-profile.js';

export const defaultSignatureHeader = 'Merchant-Signature';

export interface SignedRequest {
  profile: WebhookProfile;
  /** Where the profile `openai` wants its signature; null: where all others have it. */
  signatureHeader: string | null;
  secret: string;
  /** Takes over soon: its signature travels beside, so that a receiver can try it. */
  nextSecret?: string;
  /** The exact text that is sent. */
  body: string;
  requestId: string;
  /** The number of the event in its order; 0 for a test. */
  seq: number;
  deliveryId: string;
  now: Date;
}

/**
 * All headers of one attempt. Only `Timestamp` and the `t` of the signature change from attempt to attempt: a receiver
 * refuses an old one. `Webhook-Id`, `X-Order-Sequence` and `<signature header>-Next` are ours, beside the protocol's.
 */
export function headersFor(request: SignedRequest): Record<string, string> {
  const { profile, signatureHeader, secret, nextSecret, body, requestId, seq, deliveryId, now } = request;
  const header = (profile === 'openai' ? signatureHeader : null) ?? defaultSignatureHeader;
  return {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'User-Agent': `Storekeeper/${version}`,
    'Request-Id': requestId,
    Timestamp: now.toISOString(),
    [header]: signatureOf(profile, secret, body, now),
    ...(nextSecret !== undefined && { [`${header}-Next`]: signatureOf(profile, nextSecret, body, now) }),
    // One id per event: by the classic request id two events of a session would look like a repeated one.
    'Webhook-Id': profile === 'classic' ? deliveryId : requestId,
    'X-Order-Sequence': String(seq),
  };
}

function signatureOf(profile: WebhookProfile, secret: string, body: string, now: Date): string {
  if (profile !== 'acp-2026-04-17') return hmac(secret, body);
  const seconds = Math.floor(now.getTime() / 1000);
  return `t=${seconds},v1=${hmac(secret, `${seconds}.${body}`)}`;
}

const hmac = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex');
