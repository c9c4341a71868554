import type { Change } from '../world.js';
import { recordEvent } from '../webhooks/event.js';
import { type Cause, NO_REQUEST, stripeEnvelope } from './envelope.js';
import { happeningsOf } from './happenings.js';

/** Commits a change of Stripe's rows together with the events it causes. */
export function commitWithEvents(change: Change, cause: Cause = NO_REQUEST): void {
  const created = Math.floor(change.world.now() / 1000);
  for (const happening of happeningsOf(change)) {
    const id = change.world.nextId('evt');
    // Pretty-printed, as Stripe does: whoever verifies the signature of a re-serialized body finds out.
    const body = JSON.stringify(stripeEnvelope({ id, created, cause, ...happening }), null, 2);
    recordEvent(change, { id, provider: 'stripe', type: happening.type, body });
  }
  change.world.commit(change);
}
