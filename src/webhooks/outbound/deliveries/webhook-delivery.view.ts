import { whatToCheck } from './delivery-advice.js';
import type { WebhookAttempt } from './webhook-attempt.entity.js';
import type { WebhookDelivery } from './webhook-delivery.entity.js';

/** A delivery as lists show it. */
export const deliveryView = (delivery: WebhookDelivery) => ({
  id: delivery.id,
  endpoint_id: delivery.endpointId,
  event_id: delivery.eventId,
  order_id: delivery.orderId,
  type: delivery.type,
  sequence: delivery.seq,
  profile: delivery.profile,
  request_id: delivery.requestId,
  state: delivery.state,
  attempt_count: delivery.attempts,
  next_attempt_at: delivery.nextAt,
  last_status: delivery.lastStatus,
  last_error: delivery.lastError,
  check: checkOf({ status: delivery.lastStatus, error: delivery.lastError }),
  superseded_by: delivery.supersededBy,
  occurred_at: delivery.occurredAt,
  created_at: delivery.createdAt,
  ended_at: delivery.endedAt,
});

/** One delivery with what was sent and how every attempt went, the oldest first. */
export const deliveryDetailView = (delivery: WebhookDelivery, body: string, attempts: WebhookAttempt[]) => ({
  ...deliveryView(delivery),
  body,
  attempts: attempts.map(attemptView),
});

const attemptView = ({ id, at, status, error, latencyMs, responseExcerpt }: WebhookAttempt) => ({
  id,
  at,
  outcome: error === null ? 'delivered' : 'failed',
  status,
  error,
  check: checkOf({ status, error }),
  latency_ms: latencyMs,
  response_excerpt: responseExcerpt,
});

/** What to look at first, if it failed. */
const checkOf = (last: { status: number | null; error: string | null }): string | null =>
  last.error === null ? null : whatToCheck(last);
