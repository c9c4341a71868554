import { type Markup, markup } from '../../common/markup.js';
import { formatMoney } from '../../common/money.js';
import type { Order } from '../order.entity.js';
import type { AdjustmentView, OrderView } from '../order.view.js';
import { deliverySection } from './order-page.delivery.js';
import { changesSection, itemsSection } from './order-page.items.js';
import { badge, day, type Money } from './order-page.parts.js';
import { style } from './order-page.style.js';
import { orderWords } from './order-page.words.js';

/**
 * What was bought, what it cost and where it is. No address, e-mail, phone or license key: whoever has the link may
 * read it.
 */
export function orderPage(order: Order, view: OrderView): string {
  const money: Money = (amount) => formatMoney(amount, order.currency);
  const { fulfillments, adjustments, status } = view;
  return page(
    `Order ${view.order_number}`,
    markup`<header>
<h1>Order ${view.order_number}</h1>
<p>${badge(orderWords(status))} <span class="soft">Placed on ${day(order.createdAt.toISOString())}</span></p>
${expected(view)}
${status === 'canceled' && cancellation(adjustments, money)}
</header>
<main>
${itemsSection(view, money)}
${fulfillments.length > 0 && deliverySection(view)}
${adjustments.length > 0 && changesSection(view, money)}
</main>
<footer><p>This page always shows the latest. Anyone who has its address can read it.</p></footer>`,
  );
}

export const notFoundPage = (): string =>
  page(
    'Order not found',
    markup`<header><h1>Order not found</h1></header>
<main><p>There is no order at this address. Check that the link is complete.</p></main>`,
  );

const page = (title: string, body: Markup): string =>
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>`.text;

function expected({ status, estimated_delivery: delivery }: OrderView): Markup | false {
  if (!delivery || status === 'completed' || status === 'canceled') return false;
  return markup`<p class="soft">Expected between ${day(delivery.earliest)} and ${day(delivery.latest)}</p>`;
}

/** That the order is canceled, and what becomes of the money. */
function cancellation(adjustments: AdjustmentView[], money: Money): Markup {
  const sum = (status: string): number =>
    adjustments
      .filter((one) => one.type === 'refund' && one.status === status)
      .reduce((total, { amount = 0 }) => total + amount, 0);
  const [done, pending] = [sum('completed'), sum('pending')];
  return markup`<div class="notice">
<p><strong>This order was canceled.</strong> Nothing more of it will be delivered.</p>
${done > 0 && markup`<p>${money(done)} was refunded.</p>`}
${pending > 0 && markup`<p>A refund of ${money(pending)} is under way.</p>`}
</div>`;
}
