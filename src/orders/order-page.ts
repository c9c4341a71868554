import { formatMoney } from '../common/money.js';
import type { Order } from './order.entity.js';
import type { OrderView } from './order.view.js';

const statusTexts: Record<string, string | undefined> = {
  created: 'Received',
  confirmed: 'Confirmed',
  manual_review: 'Being reviewed',
  processing: 'Being prepared',
  shipped: 'On its way',
  completed: 'Delivered',
  canceled: 'Canceled',
};

/** What was bought, what it cost and where it is. No address, email or phone: whoever has the link may read it. */
export function orderPage(order: Order, view: OrderView): string {
  const money = (amount: number): string => escapeHtml(formatMoney(amount, order.currency));
  const lines = view.line_items.map(
    ({ title, quantity, subtotal }) =>
      `<tr><td>${escapeHtml(title)}</td><td>${quantity.ordered}</td><td>${money(subtotal)}</td></tr>`,
  );
  const totals = view.totals
    .filter(({ type }) => type !== 'items_base_amount')
    .map(
      ({ type, display_text, amount }) =>
        `<tr class="${type}"><th colspan="2">${escapeHtml(display_text)}</th><td>${money(amount)}</td></tr>`,
    );
  const { estimated_delivery: delivery } = view;
  return page(
    `Order ${view.order_number}`,
    `<h1>Order ${escapeHtml(view.order_number)}</h1>
<p><strong>${escapeHtml(statusTexts[view.status] ?? view.status)}</strong> · placed ${day(order.createdAt.toISOString())}${
      delivery ? ` · expected ${day(delivery.earliest)} to ${day(delivery.latest)}` : ''
    }</p>
<table><thead><tr><th>Item</th><th>Quantity</th><th>Price</th></tr></thead>
<tbody>${lines.join('')}</tbody><tfoot>${totals.join('')}</tfoot></table>`,
  );
}

export const notFoundPage = (): string =>
  page('Order not found', '<h1>Order not found</h1><p>Check the link.</p>');

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${escapeHtml(title)}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{width:100%;border-collapse:collapse}th,td{padding:.5rem 0;border-bottom:1px solid #ddd;text-align:left}
th:last-child,td:last-child{text-align:right}tr.total th,tr.total td{font-weight:700;border:0}tfoot th{font-weight:400}</style>
</head><body><main>${body}</main></body></html>`;

const day = (iso: string): string => `<time datetime="${iso}">${iso.slice(0, 10)}</time>`;

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
