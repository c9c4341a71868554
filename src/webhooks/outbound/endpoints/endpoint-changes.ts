import { orderEventTypes } from '../../../outbox/outbox-event.entity.js';
import { outboundErrors } from '../outbound.errors.js';
import type { WebhookEndpoint } from './webhook-endpoint.entity.js';
import { signatureHeaderRefusal } from './signature-header.js';
import type { ChangeWebhookEndpointDto, CreateWebhookEndpointDto } from './webhook-endpoint.dto.js';

/** An endpoint that has not failed yet. `secret` is encrypted. */
export function newEndpoint(
  wanted: CreateWebhookEndpointDto,
  { id, secret, now }: { id: string; secret: string; now: Date },
): WebhookEndpoint {
  return checked({
    id,
    url: wanted.url,
    agentId: wanted.agent_id ?? null,
    description: wanted.description ?? null,
    profile: wanted.profile ?? 'acp-2026-04-17',
    signatureHeader: wanted.signature_header ?? null,
    events: wanted.events ?? [...orderEventTypes],
    enabled: wanted.enabled ?? true,
    secret,
    nextSecret: null,
    nextSecretAt: null,
    ...healthy,
    deletedAt: null,
    createdAt: now,
    updatedAt: now,
  });
}

/** What is absent stays, null clears. To enable one that was disabled is to begin anew. */
export function changedEndpoint(before: WebhookEndpoint, wanted: ChangeWebhookEndpointDto): WebhookEndpoint {
  const { url, agent_id, description, profile = before.profile, signature_header, events, enabled } = wanted;
  // A header that only the profile before knew goes with it.
  const header = profile === before.profile ? before.signatureHeader : null;
  return checked({
    ...before,
    url: url ?? before.url,
    agentId: agent_id === undefined ? before.agentId : agent_id,
    description: description === undefined ? before.description : description,
    profile,
    signatureHeader: signature_header === undefined ? header : signature_header,
    events: events ?? before.events,
    enabled: enabled ?? before.enabled,
    ...(url !== undefined && url !== before.url && unjudged),
    ...(enabled === true && !before.enabled && healthy),
  });
}

/** For the audit log. What follows the path of a URL may be a secret. */
export function audited(endpoint: WebhookEndpoint): object {
  const { agentId, description, profile, signatureHeader, events, enabled } = endpoint;
  const { origin, pathname } = new URL(endpoint.url);
  return {
    url: origin + pathname,
    ...{ agent_id: agentId, description, profile, signature_header: signatureHeader, events, enabled },
  };
}

/** How an address answered says nothing of another one. */
const unjudged = { consecutiveFailures: 0, failingSince: null, restingUntil: null };

const healthy = {
  ...unjudged,
  disabledAt: null,
  disabledReason: null,
};

function checked(endpoint: WebhookEndpoint): WebhookEndpoint {
  const refusal = signatureHeaderRefusal(endpoint.profile, endpoint.signatureHeader);
  if (refusal) throw outboundErrors.signatureHeader(refusal);
  return endpoint;
}
