/** How an endpoint wants to be told: event names, shape of the data, signature (contract 6). */
export const webhookProfiles = ['acp-2026-04-17', 'acp-2025-09-29', 'openai', 'classic'] as const;
export type WebhookProfile = (typeof webhookProfiles)[number];
