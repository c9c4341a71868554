/** How something gets to the buyer (ACP §3.7; closed). */
export const fulfillmentTypes = ['shipping', 'pickup', 'digital'] as const;
export type FulfillmentType = (typeof fulfillmentTypes)[number];

/** ACP §3.7 `FulfillmentEvent.type`. */
export const fulfillmentEventTypes = [
  'processing',
  'shipped',
  'in_transit',
  'out_for_delivery',
  'ready_for_pickup',
  'delivered',
  'failed_attempt',
  'undeliverable',
  'returned_to_sender',
  'canceled',
] as const;
export type FulfillmentEventType = (typeof fulfillmentEventTypes)[number];

/** ACP §3.7 `Fulfillment.status`. */
export const fulfillmentStatuses = [
  'pending',
  'processing',
  'shipped',
  'in_transit',
  'out_for_delivery',
  'ready_for_pickup',
  'delivered',
  'failed',
  'canceled',
] as const;
export type FulfillmentStatus = (typeof fulfillmentStatuses)[number];

/** What can happen to which. */
export const eventsOfType: Record<FulfillmentType, readonly FulfillmentEventType[]> = {
  shipping: fulfillmentEventTypes.filter((type) => type !== 'ready_for_pickup'),
  pickup: ['processing', 'ready_for_pickup', 'delivered', 'undeliverable', 'canceled'],
  digital: ['processing', 'delivered', 'failed_attempt', 'undeliverable', 'canceled'],
};

/** Null: the status stays. */
const statusAfter: Record<FulfillmentEventType, FulfillmentStatus | null> = {
  processing: 'processing',
  shipped: 'shipped',
  in_transit: 'in_transit',
  out_for_delivery: 'out_for_delivery',
  ready_for_pickup: 'ready_for_pickup',
  delivered: 'delivered',
  failed_attempt: null,
  undeliverable: 'failed',
  returned_to_sender: 'failed',
  canceled: 'canceled',
};

/** Follows from the log, in the order it was recorded in. */
export const fulfillmentStatus = (log: readonly { type: FulfillmentEventType }[]): FulfillmentStatus =>
  log.reduce<FulfillmentStatus>((status, { type }) => statusAfter[type] ?? status, 'pending');

const dispatched: readonly FulfillmentStatus[] = [
  'shipped',
  'in_transit',
  'out_for_delivery',
  'ready_for_pickup',
  'delivered',
];

/** It has left the seller's hands, or waits for the buyer's. */
export const isDispatched = (status: FulfillmentStatus): boolean => dispatched.includes(status);

/** It holds pieces of the order; one that failed or was canceled has given them back. */
export const isLive = (status: FulfillmentStatus): boolean => status !== 'failed' && status !== 'canceled';

/** It is still here and is to go. */
export const isBeingPacked = (status: FulfillmentStatus): boolean => isLive(status) && !isDispatched(status);

/**
 * Whether an event may follow. Nothing follows the end, except that what could not be delivered comes back; and what
 * has left is not being packed again.
 */
export function mayFollow(
  log: readonly { type: FulfillmentEventType }[],
  next: FulfillmentEventType,
): boolean {
  const status = fulfillmentStatus(log);
  if (status === 'failed') return next === 'returned_to_sender' && log.at(-1)?.type === 'undeliverable';
  if (status === 'delivered' || status === 'canceled') return false;
  return next !== 'processing' || !isDispatched(status);
}
