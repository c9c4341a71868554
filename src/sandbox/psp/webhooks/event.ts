import type { Change } from '../world.js';
import { addressFor } from './addresses.js';
import type { EventRow } from './tables.js';

/** Stages the event with the change it tells of: both happen or neither. */
export function recordEvent(
  change: Change,
  event: Pick<EventRow, 'id' | 'provider' | 'type' | 'body'>,
): void {
  const now = change.world.now();
  change.put('events', { ...event, createdMs: now, subject: subjectOf(event.body) ?? event.id });
  change.put('dispatches', {
    id: event.id,
    // Whoever registers later is not told of what was before.
    state: addressFor(change.world, event) ? 'pending' : 'unsent',
    tries: 0,
    attempts: 0,
    startedMs: now,
    dueMs: now,
  });
}

interface Named {
  id?: string;
  payment_intent?: string | null;
}

/** Stripe puts one object into an event, Razorpay each entity under its name. */
function subjectOf(body: string): string | undefined {
  const { data, payload } = JSON.parse(body) as {
    data?: { object?: Named };
    payload?: Record<string, { entity?: Named } | undefined>;
  };
  const entity = payload?.payment?.entity ?? Object.values(payload ?? {})[0]?.entity;
  return data?.object?.payment_intent ?? data?.object?.id ?? entity?.id;
}
