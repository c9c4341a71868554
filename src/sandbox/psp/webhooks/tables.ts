/** Where the events of a provider are to go. */
export interface WebhookRow {
  id: string;
  provider: string;
  url: string;
  /** The current secret first. */
  secrets: string[];
  /** Event types, `charge.*` for a family; empty for all. */
  events: string[];
  registeredAt: string;
  /** In order of registration: the last one of a provider counts. */
  registration?: string;
  /** Razorpay gives up on an address that answered nothing for a day, until it is registered again. */
  disabledAt?: string | null;
}

/** Something that happened at a provider, exactly as its webhook will say it. Never changes once it is recorded. */
export interface EventRow {
  /** `evt_…`: in the body at Stripe, in the header `x-razorpay-event-id` at Razorpay. */
  id: string;
  provider: 'stripe' | 'razorpay';
  type: string;
  /** The bytes that are signed and sent. */
  body: string;
  createdMs: number;
  /** The payment it is about; events about one payment leave in order. */
  subject: string;
}

/** How far an event has come on its way out; the id is the event's. */
export interface DispatchRow {
  id: string;
  /** `unsent`: nobody wanted it when it happened. `dropped`: lost on the way, until it is replayed. */
  state: 'pending' | 'held' | 'dropped' | 'delivered' | 'failed' | 'unsent';
  /** Tries since it was last sent off: the retries of a replayed event start from the beginning. */
  tries: number;
  attempts: number;
  startedMs: number;
  dueMs: number;
}

/** One request to a webhook address and what came of it. */
export interface DeliveryRow {
  id: string;
  event: string;
  provider: string;
  type: string;
  url: string;
  /** Null when no answer came; `error` says why. */
  status: number | null;
  error: string | null;
  at: string;
}

export interface WebhookTables {
  webhooks: WebhookRow;
  events: EventRow;
  dispatches: DispatchRow;
  deliveries: DeliveryRow;
}
