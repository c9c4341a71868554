import { fulfillmentStatus, isBeingPacked } from './fulfillments/fulfillment.states.js';
import { piecesByLine, type PlacedPieces } from './order-pieces.js';

/** The statuses every shop has, and how the protocol calls them (ACP §3.7). `orders.statusMap` adds the shop's own. */
export const internalStatuses = {
  pending: 'created',
  paid: 'confirmed',
  on_hold: 'manual_review',
  packing: 'processing',
  shipped: 'shipped',
  delivered: 'completed',
  canceled: 'canceled',
};

export type InternalStatus = keyof typeof internalStatuses;

/**
 * What the facts say about an order, in this order of precedence (ACP §3.7). A hold is none of them: somebody has
 * decided it and somebody ends it.
 */
export function derivedStatus({ paid, ...order }: PlacedPieces & { paid: boolean }): InternalStatus {
  const pieces = piecesByLine(order);
  const wanted = order.lines.filter(({ current }) => current > 0);
  if (!paid) return 'pending';
  if (wanted.length === 0) return 'canceled';
  const arrived = wanted.every(({ id, current }) => {
    const { delivered = 0, returned = 0 } = pieces.get(id) ?? {};
    return delivered - returned >= current;
  });
  if (arrived) return 'delivered';
  if (wanted.some(({ fulfilled }) => fulfilled > 0)) return 'shipped';
  const packing = order.fulfillments.some(({ events }) => isBeingPacked(fulfillmentStatus(events)));
  return packing ? 'packing' : 'paid';
}

/** It stays until a person says otherwise, whatever happens to the order. */
export const isHeld = (status: string): boolean => status === 'on_hold' || status === 'canceled';
