import {
  count,
  flag,
  instant,
  list,
  open,
  orNull,
  shape,
  text,
  webAddress,
  word,
} from '../../common/http/schema.js';
import { orderEventTypes } from '../../outbox/outbox-event.entity.js';
import { webhookProfiles } from './profiles/webhook-profile.js';
import { deliveryStates } from './deliveries/webhook-delivery.entity.js';

/* Endpoints and deliveries as the documentation describes them. */

const endpointMembers = {
  id: text('Id of the endpoint'),
  url: webAddress('Where events are sent'),
  agent_id: orNull(text('Only this agent’s orders; null: all orders, for the merchant’s own system')),
  description: orNull(text('For people')),
  enabled: flag('Whether events are sent'),
  events: list('Which ones', { type: 'string', enum: [...orderEventTypes] }),
  profile: word('In which form', webhookProfiles),
  signature_header: orNull(text('The header for the signature; null: Merchant-Signature')),
  secret_last4: orNull(text('The end of the secret, to tell it from another one')),
  next_secret_at: orNull(instant('When the next secret signs; null if there is none')),
  failing_since: orNull(instant('When deliveries began to fail; null if they do not')),
  disabled_at: orNull(instant('When it was disabled by itself')),
  disabled_reason: orNull(text('Why')),
  created_at: instant('When it was made'),
  updated_at: instant('When it last changed'),
};

export const endpointSchema = shape('WebhookEndpoint', endpointMembers);
const secret = text('What the signatures are made with; shown this once');
export const newEndpointSchema = shape('NewWebhookEndpoint', { ...endpointMembers, secret });
export const newSecretSchema = shape('NewWebhookSecret', { secret });

export const webhookPreviewSchema = shape('WebhookPreview', {
  url: webAddress('Where it would be sent'),
  headers: open('With these headers', { type: 'string' }),
  body: text('The exact body'),
});

const deliveryMembers = {
  id: text('Id of the delivery'),
  endpoint_id: text('The endpoint it is for'),
  event_id: orNull(text('The event it tells of; null for a test')),
  order_id: orNull(text('The order the event is about; null for a test')),
  type: word('What happened to the order', orderEventTypes),
  sequence: count('Counts the events of the order; the highest is the newest'),
  profile: word('In which form it is told', webhookProfiles),
  request_id: text('What the receiver tells repetitions by (`Request-Id`)'),
  state: word(
    '`superseded`: a newer event of the order was sent instead; `dead`: given up; `canceled`: its endpoint is gone',
    deliveryStates,
  ),
  attempt_count: count('How often it was tried'),
  next_attempt_at: orNull(instant('When it is tried next; null if it has ended')),
  last_status: orNull(count('The HTTP status of the last answer; null if there was none')),
  last_error: orNull(text('Why the last attempt failed')),
  check: orNull(text('What to look at first, if it failed')),
  superseded_by: orNull(text('The delivery that was sent instead')),
  occurred_at: instant('When it happened'),
  created_at: instant('When it was to be sent'),
  ended_at: orNull(instant('When it arrived or was given up')),
};

export const deliverySchema = shape('WebhookDelivery', deliveryMembers);

export const deliveryDetailSchema = shape('WebhookDeliveryDetail', {
  ...deliveryMembers,
  body: text('The exact body'),
  attempts: list(
    'How every attempt went, the oldest first',
    shape('WebhookAttempt', {
      id: text('Id of the attempt'),
      at: instant('When'),
      outcome: word('Whether it arrived', ['delivered', 'failed']),
      status: orNull(count('The HTTP status of the answer; null if there was none')),
      error: orNull(text('Why it failed')),
      check: orNull(text('What to look at first')),
      latency_ms: orNull(count('How long the answer took, in milliseconds')),
      response_excerpt: orNull(text('The beginning of the answer')),
    }),
  ),
});

export const recoverySchema = shape('WebhookRecovery', { enqueued: count('How many will be sent') });
