import { apiErrors } from '../../common/api-error.js';
import type { NewFulfillmentEvent, OrderChange, OrderLife } from '../order-life.js';
import { namedPieces } from '../order-lines.js';
import { piecesByLine, unallocated } from '../order-pieces.js';
import { orderErrors } from '../orders.errors.js';
import type { FulfillmentDto, FulfillmentEventDto } from './fulfillment.dto.js';
import { eventsOfType, fulfillmentStatus, isDispatched, isLive, mayFollow } from './fulfillment.states.js';
import type { LoggedFulfillment } from './order-fulfillment.entity.js';

/** Clocks of carriers and of ours may differ by so much. */
const clockSkewMs = 5 * 60_000;

/** A new fulfillment of pieces that nothing else holds, or the reason why it cannot be. */
export function fulfill(life: OrderLife, id: string, asked: FulfillmentDto): OrderChange {
  if (life.order.merchantStatus === 'canceled') throw orderErrors.alreadyCanceled();
  if (life.order.merchantStatus === 'on_hold') throw orderErrors.onHold();
  refuseForeignFields(asked);
  const lineItems = namedPieces(asked.line_items, life, {
    are: 'of this line are left to be fulfilled',
    most: unallocated,
  });
  const { type, description = null, digital_delivery: digital } = asked;
  return {
    fulfillments: [
      {
        id,
        type,
        carrier: asked.carrier ?? null,
        trackingNumber: asked.tracking_number ?? null,
        trackingUrl: asked.tracking_url ?? null,
        description,
        lineItems,
        digitalDelivery: digital ? said(digital) : null,
      },
    ],
    // Whoever has the link has what was bought.
    events: digital ? [{ fulfillmentId: id, type: 'delivered' }] : [],
  };
}

/** Without what was left out, or sent as null. */
const said = <T extends object>(members: T): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value != null)) as T;

function refuseForeignFields({ type, ...asked }: FulfillmentDto): void {
  if (type !== 'shipping') {
    for (const name of ['carrier', 'tracking_number', 'tracking_url'] as const)
      if (asked[name] != null) throw apiErrors.invalid(`$.${name}`, `Only shipping has a ${name}.`);
  }
  if (type !== 'digital' && asked.digital_delivery)
    throw apiErrors.invalid('$.digital_delivery', 'Only a digital fulfillment is delivered so.');
}

/** The next event of a fulfillment, or the reason why it cannot be. */
export function record(
  life: OrderLife,
  fulfillmentId: string,
  { type, occurred_at: at, description, location }: FulfillmentEventDto,
): NewFulfillmentEvent {
  const fulfillment = life.fulfillments.find(({ id }) => id === fulfillmentId);
  if (!fulfillment) throw orderErrors.fulfillmentNotFound();
  const fitting = eventsOfType[fulfillment.type];
  if (!fitting.includes(type))
    throw apiErrors.invalid('$.type', `What is for ${fulfillment.type} can be ${fitting.join(', ')}.`);
  const occurredAt = at == null ? life.now : new Date(at);
  const ageMs = life.now.getTime() - occurredAt.getTime();
  if (ageMs < -clockSkewMs || occurredAt.getTime() < 0)
    throw apiErrors.invalid('$.occurred_at', 'It must have happened, and not before 1970.');
  if (!mayFollow(fulfillment.events, type)) throw tooLate(life, fulfillment, type);
  refuseTakingBackReturned(life, fulfillment, type);
  return { fulfillmentId, type, occurredAt, description, location };
}

function tooLate({ order }: OrderLife, { events }: LoggedFulfillment, type: string): Error {
  const over = !isLive(fulfillmentStatus(events));
  if (over && order.merchantStatus === 'canceled') return orderErrors.alreadyCanceled();
  return orderErrors.cannotFollow(fulfillmentStatus(events), type);
}

/** A parcel cannot have been lost whose content the buyer has sent back. */
function refuseTakingBackReturned(
  life: OrderLife,
  { events, lineItems }: LoggedFulfillment,
  type: NewFulfillmentEvent['type'],
): void {
  const failed = !isLive(fulfillmentStatus([...events, { type }]));
  if (!failed || !isDispatched(fulfillmentStatus(events))) return;
  const pieces = piecesByLine(life);
  for (const { id, quantity } of lineItems) {
    const { dispatched = 0, returned = 0 } = pieces.get(id) ?? {};
    if (dispatched - quantity < returned) throw orderErrors.piecesReturned();
  }
}
