import { newId } from '../common/id.js';
import type { Order, OrderLine } from './order.entity.js';
import type { PlacedOrder } from './order.view.js';
import type { OrdersSettings } from './orders.settings.js';

/** A sale as the checkout hands it over. */
export type NewOrder = Pick<
  Order,
  | 'sessionId'
  | 'agentId'
  | 'currency'
  | 'total'
  | 'totals'
  | 'buyer'
  | 'destination'
  | 'delivery'
  | 'notes'
  | 'paymentId'
> & {
  number: number;
  paid: boolean;
  placedAt: Date;
  lines: Pick<
    OrderLine,
    'itemId' | 'productId' | 'title' | 'description' | 'imageUrl' | 'unitPrice' | 'ordered' | 'totals'
  >[];
};

/** The rows of a sale, with their new ids. One of `reviewAbove` or more waits for a person. */
export function placedOrder(
  { lines, paid, placedAt, ...sale }: NewOrder,
  { reviewAbove }: Pick<OrdersSettings, 'reviewAbove'>,
): PlacedOrder {
  const id = newId('ord');
  const needsReview = sale.total >= (reviewAbove[sale.currency] ?? Infinity);
  return {
    order: {
      ...sale,
      id,
      merchantStatus: needsReview ? 'on_hold' : paid ? 'paid' : 'pending',
      needsReview,
      confirmationEmailedAt: null,
      eventSeq: 1,
      createdAt: placedAt,
      updatedAt: placedAt,
    },
    lines: lines.map((line, position) => ({
      ...line,
      id: newId('li'),
      orderId: id,
      position,
      current: line.ordered,
      fulfilled: 0,
    })),
    fulfillments: [],
    adjustments: [],
  };
}
