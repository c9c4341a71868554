import { formatMoney } from '../../common/money.js';
import type { MailContent } from './mail-layout.js';
import { day, greeting, type MailFacts, orderLink } from './mail-facts.js';

/** What was bought, what it costs and when it comes; null once the order is canceled: there is nothing to confirm. */
export function orderConfirmation(facts: MailFacts): MailContent | null {
  const { order, view, store } = facts;
  if (order.merchantStatus === 'canceled') return null;
  const money = (amount: number): string => formatMoney(amount, order.currency);
  const { estimated_delivery: expected } = view;
  return {
    subject: `Your order ${view.order_number} from ${store.name}`,
    heading: `Order ${view.order_number}`,
    paragraphs: [
      greeting(facts),
      `Thank you for your order of ${day(order.createdAt, facts)}. We have received it.`,
    ],
    lines: {
      caption: 'Your items',
      rows: view.line_items.map(({ title, quantity, subtotal }) => ({
        label: `${quantity.ordered} × ${title}`,
        value: money(subtotal),
      })),
      totals: view.totals
        .filter(({ type }) => type !== 'items_base_amount')
        .map(({ display_text: label, amount }) => ({ label, value: money(amount) })),
    },
    facts: expected
      ? [
          {
            label: 'Expected',
            value: `${day(expected.earliest, facts)} to ${day(expected.latest, facts)}`,
          },
        ]
      : [],
    link: orderLink(facts),
    from: store.name,
  };
}
