import type { WebhookEndpoint } from './webhook-endpoint.entity.js';

/** An endpoint as the merchant sees it: never its secret, only the end of it, to tell it from another one. */
export const endpointView = (
  endpoint: WebhookEndpoint,
  { secretLast4, nextSecretAt }: { secretLast4: string | null; nextSecretAt: Date | null },
) => ({
  id: endpoint.id,
  url: endpoint.url,
  agent_id: endpoint.agentId,
  description: endpoint.description,
  enabled: endpoint.enabled,
  events: endpoint.events,
  profile: endpoint.profile,
  signature_header: endpoint.signatureHeader,
  secret_last4: secretLast4,
  next_secret_at: nextSecretAt,
  failing_since: endpoint.failingSince,
  disabled_at: endpoint.disabledAt,
  disabled_reason: endpoint.disabledReason,
  created_at: endpoint.createdAt,
  updated_at: endpoint.updatedAt,
});

export type EndpointView = ReturnType<typeof endpointView>;
