import type { EventRow } from '../webhooks/tables.js';
import type { World } from '../world.js';
import type { Endpoint, Operation } from './endpoint.js';
import { noSuch } from './errors.js';
import { page } from './list.js';
import { at, flagAt, shape, textAt } from './params.js';
import * as shapes from './shapes.js';

const ROOT = '/v1/events';

/** docs.stripe.com/api/events: what a shop reads after its webhooks did not arrive. */
export const eventEndpoints: Endpoint[] = [
  {
    method: 'GET',
    path: ROOT,
    params: shape('delivery_success ending_before limit starting_after type', {
      created: 'anything',
      expand: 'anything',
      types: 'anything',
    }),
    run(operation) {
      const { world } = operation.change;
      return page(operation, ROOT, eventsOf(operation), (row) => eventView(world, row));
    },
  },
  {
    method: 'GET',
    path: `${ROOT}/:id`,
    params: shapes.retrieve,
    run({ change, id }) {
      const row = change.find('events', id);
      if (row?.provider !== 'stripe') throw noSuch('event', id, 'id', 404);
      return eventView(change.world, row);
    },
  },
];

function eventsOf({ change, params }: Operation) {
  const types = at(params, 'types');
  const wanted = typeof types === 'object' ? Object.values(types) : [textAt(params, 'type') ?? '*'];
  const success = textAt(params, 'delivery_success') === null ? null : flagAt(params, 'delivery_success');
  return [...change.world.rows('events')]
    .filter((row) => row.provider === 'stripe' && wanted.some((type) => fits(row.type, type)))
    .filter((row) => success === null || success === isDelivered(change.world, row))
    .map((row) => ({ ...row, created: Math.floor(row.createdMs / 1000) }));
}

function fits(type: string, wanted: unknown): boolean {
  if (typeof wanted !== 'string') return false;
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}

/** True also for an event nobody was to be told of. */
function isDelivered(world: World, { id }: EventRow): boolean {
  const state = world.find('dispatches', id)?.state ?? 'unsent';
  return state === 'delivered' || state === 'unsent';
}

function eventView(world: World, row: EventRow): unknown {
  const event = JSON.parse(row.body) as Record<string, unknown>;
  return { ...event, pending_webhooks: isDelivered(world, row) ? 0 : 1 };
}
