/** An order that never was, for a receiver to be tried out with: the JSON text of the protocol's `Order`. */
export const sampleSnapshot = (publicUrl: string): string =>
  JSON.stringify({
    type: 'order',
    id: 'ord_sample',
    checkout_session_id: 'cs_sample',
    order_number: '1001',
    permalink_url: `${publicUrl}/orders/ord_sample`,
    status: 'confirmed',
    confirmation: { confirmation_number: '1001', confirmation_email_sent: false },
    line_items: [
      {
        id: 'li_sample',
        title: 'Trail Shoe, size 9',
        product_id: 'prod_sample',
        quantity: { ordered: 1, current: 1, fulfilled: 0 },
        unit_price: 12900,
        subtotal: 12900,
        status: 'processing',
      },
    ],
    fulfillments: [],
    adjustments: [],
    totals: [
      { type: 'subtotal', display_text: 'Subtotal', amount: 12900 },
      { type: 'fulfillment', display_text: 'Shipping', amount: 500 },
      { type: 'tax', display_text: 'Tax', amount: 1064 },
      { type: 'total', display_text: 'Total', amount: 14464 },
    ],
  });
