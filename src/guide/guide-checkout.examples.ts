/** Examples for the documentation; they work as they are against the sandbox. */
const shipping_address = {
  name: 'Ada Example',
  street: '1 Main Street',
  city: 'San Francisco',
  state: 'CA',
  zip: '94105',
  country: 'US',
};

const usd = (amount: number) => ({ amount, currency: 'USD' });
const delivery = { earliest: '2026-11-26T12:00:00.000Z', latest: '2026-11-28T12:00:00.000Z' };
const standard = {
  id: 'ship_standard',
  name: 'Standard shipping',
  cost: usd(500),
  delivery_estimate: delivery,
};
const express = {
  id: 'ship_express',
  name: 'Express shipping',
  cost: usd(1500),
  delivery_estimate: { earliest: '2026-11-23T12:00:00.000Z', latest: '2026-11-24T12:00:00.000Z' },
};

const summary = {
  checkout_id: 'cs_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  status: 'pending_confirmation',
  items: [
    {
      product_id: 'prod_trail_shoe',
      variant_id: 'item_trail_shoe_9',
      name: 'Trail Shoe, size 9',
      quantity: 1,
      unit_price: usd(12900),
    },
  ],
  subtotal: usd(12900),
  shipping_options: [standard, express],
  selected_shipping: standard,
  tax: usd(1064),
  total: usd(14464),
  payment_methods: [{ provider: 'stripe', type: 'card', config: { merchant_id: 'acct_sandbox' } }],
  expires_at: '2026-11-22T12:15:00.000Z',
};

export const guideExamples = {
  create: {
    'a list of items': {
      value: {
        items: [{ product_id: 'prod_trail_shoe', variant_id: 'item_trail_shoe_9', quantity: 1 }],
        shipping_address,
      },
    },
    'one product, as the tool sends it': {
      value: { product_id: 'prod_merino_tee', quantity: 2, shipping_address },
    },
    'without an address': { value: { product_id: 'prod_enamel_mug' } },
  },
  update: {
    'faster shipping': { value: { shipping_option_id: 'ship_express' } },
    'an address': { value: { shipping_address } },
    'another quantity': { value: { items: [{ product_id: 'item_trail_shoe_9', quantity: 2 }] } },
  },
  complete: {
    'a card that succeeds': { value: payWith('tok_visa') },
    'a card that is declined': { value: payWith('tok_chargeDeclined') },
  },
  summary,
  confirmed: {
    order_id: 'ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
    checkout_id: summary.checkout_id,
    status: 'confirmed',
    total: summary.total,
    estimated_delivery: delivery,
    permalink_url: 'http://localhost:3000/orders/ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  },
};

function payWith(payment_token: string): object {
  return { payment_token, buyer: { email: 'ada@example.com', name: 'Ada Example' } };
}
