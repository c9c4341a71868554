import type { NewOrder } from '../orders/placed-order.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import type { QuotedLine, Total } from './session-content.js';

/** What is sold when this session is paid: the quote the agent was last shown, as an order. */
export function saleOf(
  session: CheckoutSession,
  { number, paid, paymentId, placedAt }: Pick<NewOrder, 'number' | 'paid' | 'paymentId' | 'placedAt'>,
): NewOrder {
  const { quote, buyer, fulfillment, orderNotes } = session.content;
  const shipping = quote.selected.find(({ option }) => option.type === 'shipping')?.option;
  return {
    sessionId: session.id,
    agentId: session.agentId,
    number,
    paid,
    paymentId,
    placedAt,
    currency: session.currency,
    total: session.total,
    totals: quote.totals,
    buyer,
    destination: fulfillment,
    delivery: shipping
      ? { title: shipping.title, earliest: shipping.earliest ?? null, latest: shipping.latest ?? null }
      : null,
    notes: orderNotes,
    lines: quote.lines.map((line) => ({
      itemId: line.itemId,
      productId: line.productId,
      title: line.name,
      description: line.description,
      imageUrl: line.images[0] ?? null,
      unitPrice: line.unitAmount,
      ordered: line.quantity,
      totals: lineTotals(line),
    })),
  };
}

/** Amounts of one line (ACP §3.2): `subtotal = base - discount`, `total = subtotal + tax`. */
export function lineTotals({ base, discount, tax }: Pick<QuotedLine, 'base' | 'discount' | 'tax'>): Total[] {
  return [
    { type: 'items_base_amount', amount: base },
    ...(discount > 0 ? [{ type: 'items_discount' as const, amount: discount }] : []),
    { type: 'subtotal', amount: base - discount },
    { type: 'tax', amount: tax },
    { type: 'total', amount: base - discount + tax },
  ];
}
