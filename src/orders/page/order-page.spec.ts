import { describe, expect, it } from 'vitest';
import type { Order } from '../order.entity.js';
import type { OrderView } from '../order.view.js';
import { notFoundPage, orderPage } from './order-page.js';

const order = { currency: 'usd', createdAt: new Date('2026-11-22T12:00:00Z') } as Order;
const view: OrderView = {
  type: 'order',
  id: 'ord_1',
  checkout_session_id: 'cs_1',
  order_number: '1001',
  permalink_url: 'https://shop.example/orders/ord_1',
  status: 'shipped',
  estimated_delivery: { earliest: '2026-11-26T00:00:00Z', latest: '2026-11-28T00:00:00Z' },
  confirmation: { confirmation_number: '1001', confirmation_email_sent: false, order_notes: 'Ring twice' },
  line_items: [
    {
      id: 'li_1',
      title: 'Tee & <script>alert(1)</script>',
      product_id: 'prod_1',
      description: '',
      quantity: { ordered: 4, current: 2, fulfilled: 1 },
      unit_price: 4500,
      subtotal: 18000,
      totals: [],
      status: 'partial',
    },
  ],
  fulfillments: [
    {
      id: 'ful_1',
      type: 'shipping',
      status: 'out_for_delivery',
      line_items: [{ id: 'li_1', quantity: 1 }],
      carrier: 'UPS',
      tracking_number: '1Z999',
      tracking_url: 'https://ups.example/?n=1&x="><script>',
      events: [
        { id: 'fev_1', type: 'shipped', occurred_at: '2026-11-23T09:15:00.000Z', location: 'Oakland, CA' },
        {
          id: 'fev_2',
          type: 'failed_attempt',
          occurred_at: '2026-11-24T10:00:00.000Z',
          description: 'No one in',
        },
      ],
    },
    {
      id: 'ful_2',
      type: 'digital',
      status: 'delivered',
      line_items: [{ id: 'li_1', quantity: 1 }],
      digital_delivery: { access_url: 'https://shop.example/get?t=1', license_key: 'SECRET-KEY' },
      events: [],
    },
    {
      id: 'ful_3',
      type: 'pickup',
      status: 'ready_for_pickup',
      line_items: [{ id: 'li_1', quantity: 1 }],
      description: 'Ask at the counter',
      events: [],
    },
  ],
  adjustments: [
    {
      id: 'adj_1',
      type: 'refund',
      status: 'pending',
      occurred_at: '2026-11-25T00:00:00Z',
      amount: 500,
      currency: 'usd',
      reason: 'damaged',
    },
    {
      id: 'adj_2',
      type: 'return',
      status: 'completed',
      occurred_at: '2026-11-25T00:00:00Z',
      line_items: [{ id: 'li_1', quantity: 2 }],
    },
  ],
  totals: [
    { type: 'items_base_amount', display_text: 'Items', amount: 18000 },
    { type: 'total', display_text: 'Total', amount: 18500 },
    { type: 'amount_refunded', display_text: 'Refunded', amount: 250 },
  ],
};

describe("the buyer's page", () => {
  const page = orderPage(order, view);
  const text = page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

  it.each([
    'Order 1001',
    'On its way',
    'Placed on 22 November 2026',
    'Expected between 26 November 2026 and 28 November 2026',
    '1 of 2 sent 2 returned',
    'Total $185.00',
    'Refunded -$2.50',
    'UPS · 1Z999',
    'Out for delivery',
    'Delivery was tried No one in 24 November 2026 at 10:00 UTC',
    'Shipped · Oakland, CA 23 November 2026 at 09:15 UTC',
    'Open your download',
    'Ready for pickup',
    'Ask at the counter',
    'Refund of $5.00 Under way damaged',
    'Return Done 2 × Tee',
  ])('says %s', (words) => {
    expect(text).toContain(words);
  });

  it('lets nothing that was entered become markup, and needs no script', () => {
    expect(page).toContain('Tee &amp; &lt;script&gt;');
    expect(page).toContain('href="https://ups.example/?n=1&amp;x=&quot;&gt;&lt;script&gt;"');
    expect(page).not.toMatch(/<script|javascript:|\son\w+=/);
  });

  it('keeps the license key for the agent', () => {
    expect(page).not.toContain('SECRET-KEY');
  });

  it('gives nothing away to where its links lead', () => {
    const links = page.match(/<a [^>]*>/g) ?? [];
    expect(links).toHaveLength(2);
    for (const link of links) expect(link).toContain('rel="noopener noreferrer"');
  });

  it('can be read aloud: a language, landmarks, one heading above the others, headers of rows and columns', () => {
    expect(page).toContain('<html lang="en">');
    for (const landmark of ['header', 'main', 'footer']) expect(page.match(`<${landmark}>`)).toHaveLength(1);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    expect([...page.matchAll(/<h(\d)/g)].map(([, level]) => level)).toEqual([
      '1',
      '2',
      '2',
      '3',
      '3',
      '3',
      '2',
    ]);
    expect(page).toContain('<caption>');
    for (const [header] of page.matchAll(/<th\b[^>]*>/g)) expect(header).toMatch(/scope="(row|col)"/);
    for (const [, id] of page.matchAll(/aria-labelledby="(\w+)"/g)) expect(page).toContain(`<h2 id="${id}">`);
  });

  it('says that an order is canceled, and what becomes of the money', () => {
    const canceled = orderPage(order, { ...view, status: 'canceled' });
    expect(canceled).toContain('This order was canceled.');
    expect(canceled).toContain('A refund of $5.00 is under way.');
    expect(canceled).not.toContain('Expected between');
    expect(page).not.toContain('was canceled');
  });

  it('shows a status that the shop has made up, and orders of which nothing has happened', () => {
    const plain = orderPage(order, { ...view, status: 'gift_wrapping', fulfillments: [], adjustments: [] });
    expect(plain).toContain('Gift wrapping');
    expect(plain).not.toContain('Delivery');
    expect(notFoundPage()).toContain('Order not found');
  });
});
