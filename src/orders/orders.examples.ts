/** An order of three shirts, two of them on their way, with a refund; as the documentation shows it. */
const id = (prefix: string): string => `${prefix}_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1`;

export const fulfillmentExample = {
  id: id('ful'),
  type: 'shipping',
  status: 'shipped',
  line_items: [{ id: id('li'), quantity: 2 }],
  carrier: 'UPS',
  tracking_number: '1Z999AA10123456784',
  tracking_url: 'https://shop.example/track/1Z999AA10123456784',
  events: [{ id: id('fev'), type: 'shipped', occurred_at: '2026-11-23T09:15:00.000Z' }],
};

export const refundExample = {
  id: id('adj'),
  type: 'refund',
  occurred_at: '2026-11-22T12:30:00.000Z',
  status: 'completed',
  amount: 500,
  currency: 'usd',
  reason: 'damaged on arrival',
};

export const returnExample = {
  id: id('adj'),
  type: 'return',
  occurred_at: '2026-11-30T10:00:00.000Z',
  status: 'completed',
  line_items: [{ id: id('li'), quantity: 1 }],
  description: 'One shirt was too small',
  reason: 'wrong_size',
};

export const orderExample = {
  type: 'order',
  id: id('ord'),
  checkout_session_id: id('cs'),
  order_number: '1001',
  permalink_url: `https://shop.example/orders/${id('ord')}`,
  status: 'shipped',
  confirmation: { confirmation_number: '1001', confirmation_email_sent: false },
  line_items: [
    {
      id: id('li'),
      title: 'Merino Tee',
      product_id: 'prod_merino_tee',
      description: 'Fine merino wool, grey.',
      quantity: { ordered: 3, current: 3, fulfilled: 2 },
      unit_price: 4500,
      subtotal: 13500,
      totals: [
        { type: 'items_base_amount', display_text: 'Items', amount: 13500 },
        { type: 'subtotal', display_text: 'Subtotal', amount: 13500 },
        { type: 'tax', display_text: 'Tax', amount: 1114 },
        { type: 'total', display_text: 'Total', amount: 14614 },
      ],
      status: 'partial',
    },
  ],
  fulfillments: [fulfillmentExample],
  adjustments: [refundExample],
  totals: [
    { type: 'items_base_amount', display_text: 'Items', amount: 13500 },
    { type: 'subtotal', display_text: 'Subtotal', amount: 13500 },
    { type: 'fulfillment', display_text: 'Shipping', amount: 500 },
    { type: 'tax', display_text: 'Tax', amount: 1114 },
    { type: 'total', display_text: 'Total', amount: 15114 },
    { type: 'amount_refunded', display_text: 'Refunded', amount: 500 },
  ],
  merchant_status: 'shipped',
  needs_review: false,
  disputes: [],
  payment: {
    id: id('pay'),
    provider: 'stripe',
    reference: 'pi_123',
    state: 'captured',
    amount: 15114,
    captured: 15114,
    refunded: 500,
    currency: 'usd',
  },
  buyer: { email: 'ada@example.com' },
  agent_id: id('agt'),
  currency: 'usd',
  created_at: '2026-11-22T12:00:00.000Z',
};

/** Bodies of requests, by what they are for. Ids of lines are those of the order. */
export const adjustmentExamples = {
  refunds: {
    'a part': { value: { amount: 500, reason: 'damaged on arrival' } },
    'what was paid for one piece': {
      value: { line_items: [{ id: id('li'), quantity: 1 }], reason: 'damaged on arrival' },
    },
    'all that is left': { value: { reason: 'damaged on arrival' } },
  },
  adjustments: {
    'a return': {
      value: {
        type: 'return',
        line_items: [{ id: id('li'), quantity: 1 }],
        reason: 'wrong_size',
        description: 'One shirt was too small',
        restock: true,
      },
    },
    'a credit': { value: { type: 'credit', amount: 500, description: 'For the long wait' } },
  },
};

export const fulfillmentExamples = {
  create: {
    'a parcel': {
      value: {
        type: 'shipping',
        line_items: [{ id: id('li'), quantity: 2 }],
        carrier: 'UPS',
        tracking_number: '1Z999AA10123456784',
        tracking_url: 'https://shop.example/track/1Z999AA10123456784',
      },
    },
    'a pickup': { value: { type: 'pickup', line_items: [{ id: id('li'), quantity: 1 }] } },
  },
  events: {
    shipped: { value: { type: 'shipped' } },
    delivered: { value: { type: 'delivered', description: 'Left at the front door' } },
  },
};

export const canceledExample = { ...orderExample, status: 'canceled', merchant_status: 'canceled' };
export const onHoldExample = {
  ...orderExample,
  status: 'manual_review',
  merchant_status: 'on_hold',
  needs_review: true,
};
