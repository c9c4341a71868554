import { DEFAULT_VERSION } from './protocol.js';

/** What made an event happen: an API request, or nothing that was asked for. */
export interface Cause {
  id: string | null;
  idempotency_key: string | null;
}

export const NO_REQUEST: Cause = { id: null, idempotency_key: null };

/** The event object (docs.stripe.com/api/events), at the version of the account and not of the request. */
export function stripeEnvelope(event: {
  id: string;
  type: string;
  created: number;
  object: unknown;
  previous?: Record<string, unknown>;
  cause?: Cause;
}) {
  const { id, type, created, object, previous, cause } = event;
  return {
    id,
    object: 'event',
    api_version: DEFAULT_VERSION,
    created,
    data: { object, ...(previous ? { previous_attributes: previous } : {}) },
    livemode: false,
    pending_webhooks: 1,
    request: cause ?? NO_REQUEST,
    type,
  };
}
