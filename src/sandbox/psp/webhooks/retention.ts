import type { World } from '../world.js';

/** Stripe keeps events for a month; here the number counts, since a load test is a month in an hour. */
const KEEP = { events: 20_000, deliveries: 40_000 };
const ON_THE_WAY = ['pending', 'held', 'dropped'];

/** Forgets what happened long ago, up to the first event that has still to be sent. */
export function forgetOldest(world: World, keep = KEEP): void {
  for (const { id } of excess(world, 'events', keep.events)) {
    if (ON_THE_WAY.includes(world.find('dispatches', id)?.state ?? '')) break;
    world.forget('events', id);
    world.forget('dispatches', id);
  }
  for (const { id } of excess(world, 'deliveries', keep.deliveries)) world.forget('deliveries', id);
}

/** Rows lie in the order they came. */
function* excess(world: World, table: 'events' | 'deliveries', keep: number) {
  let left = world.count(table) - keep;
  if (left <= 0) return;
  for (const row of world.rows(table)) {
    yield row;
    if ((left -= 1) <= 0) return;
  }
}
