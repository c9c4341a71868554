import type { LineQuantity } from './fulfillments/order-fulfillment.entity.js';
import { type Pieces, piecesByLine, type PlacedPieces } from './order-pieces.js';
import type { OrderLine } from './order.entity.js';
import { orderErrors } from './orders.errors.js';

/** The pieces that a request names, if the order has the lines and there are so many: `most` of a line `are`. */
export function namedPieces(
  items: LineQuantity[],
  order: PlacedPieces,
  { are, most }: { are: string; most: (line: OrderLine, pieces: Pieces) => number },
): LineQuantity[] {
  const pieces = piecesByLine(order);
  return items.map(({ id, quantity }, index) => {
    const line = order.lines.find((one) => one.id === id);
    const where = pieces.get(id);
    if (!line || !where) throw orderErrors.unknownLine(index);
    if (items.findIndex((one) => one.id === id) < index) throw orderErrors.lineTwice(index);
    const limit = most(line, where);
    if (quantity > limit) throw orderErrors.tooMany(index, limit, are);
    return { id, quantity };
  });
}

/** The same pieces as stock, summed per item as the shelf is. */
export function asStock(
  items: LineQuantity[],
  lines: Pick<OrderLine, 'id' | 'itemId'>[],
): { itemId: string; quantity: number }[] {
  const stock = new Map<string, number>();
  for (const { id, quantity } of items) {
    const itemId = lines.find((line) => line.id === id)?.itemId;
    if (itemId !== undefined) stock.set(itemId, (stock.get(itemId) ?? 0) + quantity);
  }
  return [...stock].map(([itemId, quantity]) => ({ itemId, quantity }));
}
