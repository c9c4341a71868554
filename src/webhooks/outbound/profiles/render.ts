import type { OrderEventType } from '../../../outbox/outbox-event.entity.js';
import { legacyOrder, type OrderSnapshot } from './legacy-order.js';
import type { WebhookProfile } from './webhook-profile.js';

const pastTense: Record<OrderEventType, string> = {
  order_create: 'order_created',
  order_update: 'order_updated',
};

/**
 * The body that tells one endpoint of an event, as text: rendered once, kept, and sent on every attempt (contract 6).
 * `snapshot` is the JSON text of the protocol's `Order` (ACP 2026-04-17).
 */
export function renderBody(
  profile: WebhookProfile,
  { type, snapshot }: { type: OrderEventType; snapshot: string },
): string {
  const order = JSON.parse(snapshot) as OrderSnapshot;
  if (profile === 'acp-2026-04-17') return JSON.stringify({ type, data: withoutNotes(order) });
  return JSON.stringify({
    type: profile === 'acp-2025-09-29' ? type : pastTense[type],
    data: legacyOrder(order),
  });
}

/** The webhook's schema takes its closed `Order` from the OpenAPI document, which does not know the notes. */
function withoutNotes(order: OrderSnapshot): OrderSnapshot {
  if (!order.confirmation) return order;
  const { order_notes: _, ...confirmation } = order.confirmation;
  return { ...order, confirmation };
}

/** What `Request-Id` says: the same on every attempt. */
export const requestIdOf = (profile: WebhookProfile, event: { id: string; snapshot: string }): string =>
  profile === 'classic' ? (JSON.parse(event.snapshot) as OrderSnapshot).checkout_session_id : event.id;
