import {
  a,
  count,
  flag,
  instant,
  list,
  minorUnits,
  open,
  orNull,
  shape,
  text,
  webAddress,
  word,
} from '../common/http/schema.js';
import { attemptStates } from '../payments/payment.states.js';
import {
  fulfillmentEventTypes,
  fulfillmentStatuses,
  fulfillmentTypes,
} from './fulfillments/fulfillment.states.js';
import { adjustmentTypes } from './order-adjustment.entity.js';

/* Orders as the documentation describes them: what `order.view.ts` and `order.admin.view.ts` make. */

const currency = text('ISO 4217, in lower case');

export const orderTotalSchema = shape('Total', {
  type: text(
    'What it is for: `items_base_amount`, `subtotal`, `discount`, `fulfillment`, `tax`, `total` or `amount_refunded`',
  ),
  display_text: text('For people'),
  amount: minorUnits('The amount'),
});

const lineQuantitySchema = shape('LineQuantity', {
  id: text('Id of the line of the order'),
  quantity: count('How many pieces of it', { minimum: 1 }),
});

const orderLineSchema = shape('OrderLine', {
  id: text('Id of the line'),
  title: text('Name of the item when it was bought'),
  product_id: text('Id of the product'),
  description: text('Description of the product when it was bought'),
  'image_url?': webAddress('The leading picture'),
  quantity: a(
    'Pieces',
    shape('OrderLineQuantity', {
      ordered: count('What was bought'),
      current: count('What is still wanted of it: less what was canceled or returned'),
      fulfilled: count('What has left the shop and was not returned'),
    }),
  ),
  unit_price: minorUnits('Price of one piece without tax'),
  subtotal: minorUnits('Price of all that was ordered, without discounts and tax'),
  totals: list('What the line cost', orderTotalSchema),
  status: word('What became of it', ['removed', 'fulfilled', 'partial', 'processing']),
});

export const fulfillmentSchema = shape('Fulfillment', {
  id: text('Id of the fulfillment'),
  type: word('How it gets to the buyer', fulfillmentTypes),
  status: word('Where it is; follows from its events', fulfillmentStatuses),
  line_items: list('What is in it', lineQuantitySchema),
  'carrier?': text('Who carries the parcel'),
  'tracking_number?': text('The number the carrier knows it by'),
  'tracking_url?': webAddress('Where the buyer can follow it'),
  'digital_delivery?': a(
    'What opens a download',
    shape('DigitalDelivery', {
      access_url: webAddress('Where to get it'),
      'license_key?': text('What unlocks it'),
      'expires_at?': instant('When access ends'),
    }),
  ),
  'description?': text('For the buyer'),
  events: list(
    'What happened to it, in the order it was recorded in',
    shape('FulfillmentEvent', {
      id: text('Id of the event'),
      type: word('What happened', fulfillmentEventTypes),
      occurred_at: instant('When it happened'),
      'description?': text('For the buyer'),
      'location?': text('Where it happened'),
    }),
  ),
});

export const adjustmentSchema = shape('Adjustment', {
  id: text('Id of the adjustment'),
  type: word('What changed', adjustmentTypes),
  occurred_at: instant('When it was recorded'),
  status: word('`pending` until the provider confirms it', ['pending', 'completed', 'failed']),
  'line_items?': list('What it is about', lineQuantitySchema),
  'amount?': minorUnits('The amount, tax included'),
  'currency?': currency,
  'description?': text('For the buyer'),
  'reason?': text('Why; a code or the merchant’s words'),
});

const orderMembers = {
  type: word('Always `order`', ['order']),
  id: text('Id of the order; whoever knows it can open the buyer’s page'),
  checkout_session_id: text('The session it came of'),
  order_number: text('Counts up; for people'),
  permalink_url: webAddress('The buyer’s page'),
  status: text('The protocol’s status: the setting `orders.statusMap` of the merchant status'),
  'estimated_delivery?': a(
    'When it should arrive',
    shape('Period', { earliest: instant('Not before'), latest: instant('Not after') }),
  ),
  confirmation: a(
    'What the buyer was told',
    shape('OrderConfirmation', {
      confirmation_number: text('The order number'),
      confirmation_email_sent: flag('Whether the confirmation was handed to the mail server'),
      'order_notes?': text('The buyer’s wishes'),
    }),
  ),
  line_items: list('What was bought', orderLineSchema),
  fulfillments: list('How it gets to the buyer', fulfillmentSchema),
  adjustments: list('What changed after it was placed', adjustmentSchema),
  totals: list('What it cost, and what was refunded', orderTotalSchema),
};

/** The protocol's order. */
export const orderSchema = shape('Order', orderMembers);

export const paymentMembers = {
  id: text('Id of the payment'),
  provider: text('Code of the payment provider'),
  reference: orNull(text('The provider’s id of it; null until it is known')),
  state: word('How the provider last showed it', attemptStates),
  amount: minorUnits('What was to be paid'),
  captured: minorUnits('What was taken'),
  refunded: minorUnits('What of it went back'),
  currency,
};

/** The protocol's order and what only the merchant should see. */
export const merchantOrderSchema = shape('MerchantOrder', {
  ...orderMembers,
  merchant_status: text('The merchant’s own status: one of `orders.statusMap`'),
  needs_review: flag('Whether a person has to look at it'),
  disputes: list(
    'Complaints of the buyer to the bank',
    shape('Dispute', {
      id: text('Id of the dispute'),
      reference: text('The provider’s id of it'),
      reason: text('In the provider’s words'),
      status: text('As the provider last showed it'),
      amount: minorUnits('What is disputed'),
      currency,
      opened_at: instant('When it was opened'),
    }),
  ),
  payment: orNull(a('What paid it; null if there was nothing to pay', shape('OrderPayment', paymentMembers))),
  buyer: orNull(open('Who bought, as the agent said it; null if it did not')),
  agent_id: text('The agent that bought it'),
  currency,
  created_at: instant('When it was placed'),
});
