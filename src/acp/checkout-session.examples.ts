/** Examples for the documentation; they work as they are against the sandbox. */
const address = {
  name: 'Ada Example',
  line_one: '1 Main Street',
  city: 'San Francisco',
  state: 'CA',
  country: 'US',
  postal_code: '94105',
};

const total = (type: string, display_text: string, amount: number) => ({ type, display_text, amount });

const priceOf = (amount: number) => [
  total('subtotal', 'Subtotal', amount),
  total('tax', 'Tax', 0),
  total('total', 'Total', amount),
];
const lineTotals = [
  total('items_base_amount', 'Items', 12900),
  total('subtotal', 'Subtotal', 12900),
  total('tax', 'Tax', 1064),
  total('total', 'Total', 13964),
];
const totals = [
  total('items_base_amount', 'Items', 12900),
  total('subtotal', 'Subtotal', 12900),
  total('fulfillment', 'Shipping', 500),
  total('tax', 'Tax', 1064),
  total('total', 'Total', 14464),
];
const delivery = { earliest: '2026-11-26T12:00:00.000Z', latest: '2026-11-28T12:00:00.000Z' };

const ready = {
  id: 'cs_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  protocol: { version: '2026-04-17' },
  capabilities: {
    payment: {
      handlers: [
        {
          id: 'card_tokenized',
          name: 'dev.acp.tokenized.card',
          display_name: 'Card',
          version: '2026-01-22',
          spec: 'https://acp.dev/handlers/tokenized.card',
          psp: 'stripe',
          requires_delegate_payment: true,
          requires_pci_compliance: false,
          config_schema: 'https://acp.dev/schemas/handlers/tokenized.card/config.json',
          instrument_schemas: ['https://acp.dev/schemas/handlers/tokenized.card/instrument.json'],
          config: { merchant_id: 'acct_sandbox', psp: 'stripe', environment: 'sandbox' },
          display_order: 0,
        },
      ],
    },
    interventions: { supported: ['3ds'], required: [], enforcement: 'conditional' },
  },
  status: 'ready_for_payment',
  currency: 'usd',
  line_items: [
    {
      id: 'li_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
      item: { id: 'item_trail_shoe_9', name: 'Trail Shoe, size 9', unit_amount: 12900 },
      quantity: 1,
      name: 'Trail Shoe, size 9',
      description: 'Light shoe with a grippy sole for rough paths.',
      images: [],
      unit_amount: 12900,
      product_id: 'prod_trail_shoe',
      variant_options: [{ name: 'Size', value: '9' }],
      available_quantity: 25,
      availability_status: 'in_stock',
      totals: lineTotals,
    },
  ],
  fulfillment_details: { name: 'Ada Example', email: 'ada@example.com', address },
  fulfillment_options: [
    {
      type: 'shipping',
      id: 'ship_standard',
      title: 'Standard shipping',
      earliest_delivery_time: delivery.earliest,
      latest_delivery_time: delivery.latest,
      totals: priceOf(500),
    },
    {
      type: 'shipping',
      id: 'ship_express',
      title: 'Express shipping',
      earliest_delivery_time: '2026-11-23T12:00:00.000Z',
      latest_delivery_time: '2026-11-24T12:00:00.000Z',
      totals: priceOf(1500),
    },
  ],
  selected_fulfillment_options: [
    { type: 'shipping', option_id: 'ship_standard', item_ids: ['item_trail_shoe_9'] },
  ],
  totals,
  messages: [],
  links: [{ type: 'terms_of_use', url: 'https://shop.example/legal/terms' }],
  created_at: '2026-11-22T12:00:00.000Z',
  updated_at: '2026-11-22T12:00:00.000Z',
  expires_at: '2026-11-22T12:15:00.000Z',
};

const order = {
  type: 'order',
  id: 'ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  checkout_session_id: ready.id,
  order_number: '1001',
  permalink_url: 'http://localhost:3000/orders/ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  status: 'confirmed',
  estimated_delivery: delivery,
  confirmation: { confirmation_number: '1001', confirmation_email_sent: false },
  line_items: [
    {
      id: 'li_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
      title: 'Trail Shoe, size 9',
      product_id: 'prod_trail_shoe',
      description: 'Light shoe with a grippy sole for rough paths.',
      quantity: { ordered: 1, current: 1, fulfilled: 0 },
      unit_price: 12900,
      subtotal: 12900,
      totals: lineTotals,
      status: 'processing',
    },
  ],
  fulfillments: [],
  adjustments: [],
  totals,
};

export const sessionExamples = {
  create: {
    'with an address': {
      value: {
        line_items: [{ id: 'item_trail_shoe_9', quantity: 1 }],
        currency: 'usd',
        capabilities: { interventions: { supported: ['3ds'] } },
        fulfillment_details: { name: 'Ada Example', email: 'ada@example.com', address },
      },
    },
    'items only': {
      value: { line_items: [{ id: 'item_merino_tee', quantity: 2 }], currency: 'usd', capabilities: {} },
    },
  },
  update: {
    'faster shipping': {
      value: {
        selected_fulfillment_options: [
          { type: 'shipping', option_id: 'ship_express', item_ids: ['item_trail_shoe_9'] },
        ],
      },
    },
    'another quantity': { value: { line_items: [{ id: 'item_trail_shoe_9', quantity: 2 }] } },
    'an address': { value: { fulfillment_details: { address } } },
  },
  complete: {
    'a card that succeeds': { value: payWith('tok_visa') },
    'a card that is declined': { value: payWith('tok_chargeDeclined') },
    'a card that wants 3-D Secure': { value: payWith('tok_threeDSecure2Required') },
  },
  cancel: {
    'with a reason': { value: { intent_trace: { reason_code: 'shipping_cost' } } },
    without: { value: {} },
  },
  ready,
  completed: {
    ...ready,
    status: 'completed',
    order,
  },
};

function payWith(token: string): object {
  return {
    buyer: { email: 'ada@example.com', first_name: 'Ada', last_name: 'Example' },
    payment_data: {
      handler_id: 'card_tokenized',
      instrument: { type: 'card', credential: { type: 'spt', token } },
    },
  };
}
