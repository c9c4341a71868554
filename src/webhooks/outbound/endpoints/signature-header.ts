import { defaultSignatureHeader } from '../profiles/sign.js';
import type { WebhookProfile } from '../profiles/webhook-profile.js';

/** Set on every request already, by the profile, by us or by HTTP itself. */
const taken = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'request-id',
  'te',
  'timestamp',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'webhook-id',
  'x-order-sequence',
]);

/** What is wrong with carrying the signature in a header of that name; null if nothing. */
export function signatureHeaderRefusal(profile: WebhookProfile, header: string | null): string | null {
  if (header === null) return null;
  if (profile !== 'openai')
    return `Only the profile openai has a header of its own; ${profile} uses ${defaultSignatureHeader}.`;
  return taken.has(header.toLowerCase()) ? `${header} carries something else already.` : null;
}
