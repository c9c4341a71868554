import { fulfillmentStatus, isDispatched, isLive } from './fulfillments/fulfillment.states.js';
import type { LineQuantity, LoggedFulfillment } from './fulfillments/order-fulfillment.entity.js';
import type { OrderAdjustment } from './order-adjustment.entity.js';
import type { OrderLine } from './order.entity.js';

/** The parts of an order that say where its pieces are. */
export interface PlacedPieces {
  lines: OrderLine[];
  fulfillments: LoggedFulfillment[];
  adjustments: OrderAdjustment[];
}

/** How many pieces of a line there are of each kind; `held` includes `dispatched`, and that `delivered`. */
export interface Pieces {
  held: number;
  dispatched: number;
  delivered: number;
  returned: number;
}

/** Where the pieces of each line are, by line id. */
export function piecesByLine({ lines, fulfillments, adjustments }: PlacedPieces): Map<string, Pieces> {
  const pieces = new Map<string, Pieces>(
    lines.map(({ id }) => [id, { held: 0, dispatched: 0, delivered: 0, returned: 0 }]),
  );
  const count = (kind: keyof Pieces, items: LineQuantity[]): void => {
    for (const { id, quantity } of items) {
      const line = pieces.get(id);
      if (line) line[kind] += quantity;
    }
  };
  for (const { events, lineItems } of fulfillments) {
    const status = fulfillmentStatus(events);
    if (isLive(status)) count('held', lineItems);
    if (isDispatched(status)) count('dispatched', lineItems);
    if (status === 'delivered') count('delivered', lineItems);
  }
  for (const { type, lineItems } of adjustments) if (type === 'return') count('returned', lineItems);
  return pieces;
}

/** Pieces that are still wanted and that no fulfillment holds. */
export const unallocated = ({ current }: OrderLine, { held, returned }: Pieces): number =>
  current - (held - returned);
