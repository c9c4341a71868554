import { fulfillmentView, type FulfillmentView } from './fulfillments/fulfillment.view.js';
import type { LineQuantity } from './fulfillments/order-fulfillment.entity.js';
import type { OrderAdjustment } from './order-adjustment.entity.js';
import type { PlacedPieces } from './order-pieces.js';
import type { Order, OrderLine, OrderTotal } from './order.entity.js';

/** The protocol's `Order` (ACP 2026-04-17, §3.7): the newest and widest shape, from which older ones are cut. */
export interface OrderView {
  type: 'order';
  id: string;
  checkout_session_id: string;
  order_number: string;
  permalink_url: string;
  status: string;
  estimated_delivery?: { earliest: string; latest: string };
  confirmation: { confirmation_number: string; confirmation_email_sent: boolean; order_notes?: string };
  line_items: OrderLineView[];
  fulfillments: FulfillmentView[];
  adjustments: AdjustmentView[];
  totals: TotalView[];
}

interface OrderLineView {
  id: string;
  title: string;
  product_id: string;
  description: string;
  image_url?: string;
  quantity: { ordered: number; current: number; fulfilled: number };
  unit_price: number;
  subtotal: number;
  totals: TotalView[];
  status: 'removed' | 'fulfilled' | 'partial' | 'processing';
}

export interface TotalView {
  type: string;
  display_text: string;
  amount: number;
}

/** ACP §3.7 `Adjustment`. */
export interface AdjustmentView {
  id: string;
  type: string;
  occurred_at: string;
  status: string;
  line_items?: LineQuantity[];
  amount?: number;
  currency?: string;
  description?: string;
  reason?: string;
}

/** An order with what belongs to it. Fulfillments and adjustments are in the order they came; none when it is placed. */
export interface PlacedOrder extends PlacedPieces {
  order: Order;
}

const displayTexts: Record<string, string | undefined> = {
  items_base_amount: 'Items',
  items_discount: 'Item discounts',
  subtotal: 'Subtotal',
  discount: 'Discount',
  fulfillment: 'Shipping',
  tax: 'Tax',
  total: 'Total',
  amount_refunded: 'Refunded',
};

/** A status that the merchant has taken out of the map since. */
export const unknownStatus = 'processing';

export const totalView = ({ type, amount }: OrderTotal): TotalView => ({
  type,
  display_text: displayTexts[type] ?? type,
  amount,
});

export function orderView(
  { order, lines, fulfillments, adjustments }: PlacedOrder,
  { publicUrl, statuses }: { publicUrl: string; statuses: Record<string, string> },
): OrderView {
  const { earliest, latest } = order.delivery ?? {};
  const refunded = adjustments
    .filter(({ type, status }) => type === 'refund' && status === 'completed')
    .reduce((sum, { amount }) => sum + (amount ?? 0), 0);
  return {
    type: 'order',
    id: order.id,
    checkout_session_id: order.sessionId,
    order_number: String(order.number),
    permalink_url: `${publicUrl}/orders/${order.id}`,
    status: statuses[order.merchantStatus] ?? unknownStatus,
    ...(earliest && latest && { estimated_delivery: { earliest, latest } }),
    confirmation: {
      confirmation_number: String(order.number),
      confirmation_email_sent: order.confirmationEmailedAt !== null,
      ...(order.notes !== null && { order_notes: order.notes }),
    },
    line_items: lines.map(lineView),
    fulfillments: fulfillments.map(fulfillmentView),
    adjustments: adjustments.map(adjustmentView),
    totals: [
      ...order.totals.map(totalView),
      ...(refunded > 0 ? [totalView({ type: 'amount_refunded', amount: refunded })] : []),
    ],
  };
}

function lineView(line: OrderLine): OrderLineView {
  return {
    id: line.id,
    title: line.title,
    product_id: line.productId,
    description: line.description,
    ...(line.imageUrl !== null && { image_url: line.imageUrl }),
    quantity: { ordered: line.ordered, current: line.current, fulfilled: line.fulfilled },
    unit_price: line.unitPrice,
    subtotal: line.unitPrice * line.ordered,
    totals: line.totals.map(totalView),
    status: lineStatus(line),
  };
}

export function adjustmentView(adjustment: OrderAdjustment): AdjustmentView {
  const { id, type, occurredAt, status, lineItems, amount, currency, description, reason } = adjustment;
  return {
    id,
    type,
    occurred_at: occurredAt.toISOString(),
    status,
    ...(lineItems.length > 0 && { line_items: lineItems }),
    ...(amount !== null && { amount }),
    ...(currency !== null && { currency }),
    ...(description !== null && { description }),
    ...(reason !== null && { reason }),
  };
}

function lineStatus({ current, fulfilled }: OrderLine): OrderLineView['status'] {
  if (current === 0) return 'removed';
  if (fulfilled === current) return 'fulfilled';
  return fulfilled > 0 ? 'partial' : 'processing';
}
