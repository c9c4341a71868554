import { newId } from '../common/id.js';
import { fulfillmentStatus, isBeingPacked } from './fulfillments/fulfillment.states.js';
import type {
  LineQuantity,
  LoggedFulfillment,
  OrderFulfillment,
  OrderFulfillmentEvent,
} from './fulfillments/order-fulfillment.entity.js';
import type { OrderAdjustment } from './order-adjustment.entity.js';
import { piecesByLine } from './order-pieces.js';
import type { Order, OrderLine } from './order.entity.js';
import { derivedStatus, isHeld } from './orders.states.js';
import type { PlacedOrder } from './order.view.js';

/** All that is known of an order while it is locked. */
export interface OrderLife extends PlacedOrder {
  /** Its payment was taken, or it cost nothing. */
  paid: boolean;
  /** The transaction's time, by the database's clock. */
  now: Date;
}

export type NewFulfillment = Omit<OrderFulfillment, 'orderId' | 'createdAt'>;

export type NewFulfillmentEvent = Pick<OrderFulfillmentEvent, 'fulfillmentId' | 'type'> &
  Partial<Pick<OrderFulfillmentEvent, 'occurredAt' | 'description' | 'location'>>;

export type AdjustmentChange = Pick<OrderAdjustment, 'type' | 'status'> &
  Partial<Omit<OrderAdjustment, 'orderId'>>;

/** What happened to an order. Absent members stay as they are. */
export interface OrderChange {
  /** Decided by somebody; otherwise the status moves when what it follows from does. */
  merchantStatus?: string;
  needsReview?: boolean;
  /** Its payment is being taken; its row is yet to say so. */
  paid?: true;
  fulfillments?: NewFulfillment[];
  events?: NewFulfillmentEvent[];
  /** Written, or moved on, by what they tell of. A return or a cancellation takes its pieces from the lines. */
  adjustments?: AdjustmentChange[];
  /** The buyer was sent the confirmation. */
  confirmationEmailed?: true;
}

/** The order after a change. Whatever stays the same is the same object. */
export function lifeAfter(before: OrderLife, change: OrderChange): OrderLife {
  const fulfillments = logged(
    [...before.fulfillments, ...(change.fulfillments ?? []).map((made) => begun(made, before))],
    change.events ?? [],
    before,
  );
  const adjustments = adjusted(before, change.adjustments ?? []);
  const removed = adjustments.filter(
    ({ id, type }) =>
      (type === 'return' || type === 'cancellation') && !before.adjustments.some((known) => known.id === id),
  );
  const lines = linesAfter({ ...before, fulfillments, adjustments }, removed);
  const after = { ...before, paid: change.paid ?? before.paid, lines, fulfillments, adjustments };
  return { ...after, order: orderAfter(before, after, change) };
}

function orderAfter(before: OrderLife, after: OrderLife, change: OrderChange): Order {
  const { order, now } = before;
  const derived = derivedStatus(after);
  const moves = !isHeld(order.merchantStatus) && derived !== derivedStatus(before);
  const next = {
    merchantStatus: change.merchantStatus ?? (moves ? derived : order.merchantStatus),
    needsReview: change.needsReview ?? order.needsReview,
    confirmationEmailedAt: order.confirmationEmailedAt ?? (change.confirmationEmailed ? now : null),
  };
  const same = Object.entries(next).every(([name, value]) => order[name as keyof typeof next] === value);
  return same ? order : { ...order, ...next };
}

const begun = (made: NewFulfillment, { order, now }: OrderLife): LoggedFulfillment => ({
  ...made,
  orderId: order.id,
  createdAt: now,
  events: [],
});

function logged(
  fulfillments: LoggedFulfillment[],
  events: NewFulfillmentEvent[],
  { order, now }: OrderLife,
): LoggedFulfillment[] {
  return fulfillments.map((fulfillment) => {
    const news = events.filter(({ fulfillmentId }) => fulfillmentId === fulfillment.id);
    if (news.length === 0) return fulfillment;
    const recorded = news.map(({ fulfillmentId, type, occurredAt, description, location }, index) => ({
      id: newId('fev'),
      fulfillmentId,
      orderId: order.id,
      position: fulfillment.events.length + index + 1,
      type,
      occurredAt: occurredAt ?? now,
      description: description ?? null,
      location: location ?? null,
      recordedAt: now,
    }));
    return { ...fulfillment, events: [...fulfillment.events, ...recorded] };
  });
}

/** What an adjustment tells of may move on; an adjustment that tells what was known already is left alone. */
function adjusted({ order, adjustments, now }: OrderLife, changes: AdjustmentChange[]): OrderAdjustment[] {
  const next = [...adjustments];
  // Drawn together they may be of one millisecond; sorted they keep the order of the changes.
  const ids = changes.map(() => newId('adj')).sort();
  for (const [index, change] of changes.entries()) {
    const { sourceId = null, status, reason = null } = change;
    const at = sourceId === null ? -1 : next.findIndex((known) => known.sourceId === sourceId);
    const known = next[at];
    if (!known) {
      next.push({
        id: change.id ?? ids[index] ?? newId('adj'),
        orderId: order.id,
        sourceId,
        type: change.type,
        status,
        amount: change.amount ?? null,
        currency: change.currency ?? null,
        reason,
        description: change.description ?? null,
        lineItems: change.lineItems ?? [],
        occurredAt: change.occurredAt ?? now,
      });
    } else if (known.status !== status || known.reason !== reason) {
      next[at] = { ...known, status, reason };
    }
  }
  return next;
}

/** `fulfilled` follows from the fulfillments; what was removed is wanted no more. */
function linesAfter(life: OrderLife, removed: OrderAdjustment[]): OrderLine[] {
  const pieces = piecesByLine(life);
  return life.lines.map((line) => {
    const gone = removed
      .flatMap(({ lineItems }) => lineItems)
      .filter(({ id }) => id === line.id)
      .reduce((sum, { quantity }) => sum + quantity, 0);
    const { dispatched = 0, returned = 0 } = pieces.get(line.id) ?? {};
    const [current, fulfilled] = [line.current - gone, dispatched - returned];
    return current === line.current && fulfilled === line.fulfilled ? line : { ...line, current, fulfilled };
  });
}

/** Takes back everything that is still wanted and has not left the seller. */
export function cancellation(
  { lines, fulfillments }: OrderLife,
  why: Pick<AdjustmentChange, 'reason' | 'description'>,
): Required<Pick<OrderChange, 'adjustments' | 'events'>> & { lineItems: LineQuantity[] } {
  const lineItems = lines
    .map(({ id, current, fulfilled }) => ({ id, quantity: current - fulfilled }))
    .filter(({ quantity }) => quantity > 0);
  const packing = fulfillments.filter(({ events }) => isBeingPacked(fulfillmentStatus(events)));
  return {
    lineItems,
    adjustments:
      lineItems.length > 0 ? [{ type: 'cancellation', status: 'completed', ...why, lineItems }] : [],
    events: packing.map(({ id }) => ({ fulfillmentId: id, type: 'canceled' })),
  };
}
