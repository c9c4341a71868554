import {
  a,
  count,
  flag,
  instant,
  list,
  minorUnits,
  open,
  shape,
  text,
  webAddress,
  word,
} from '../common/http/schema.js';
import { sessionStatuses } from '../checkout/checkout.states.js';
import { orderSchema, orderTotalSchema } from '../orders/order.schemas.js';

/* A session as the documentation describes it: what `checkout-session.view.ts` makes, and no more. */

const handler = shape('PaymentHandler', {
  id: text('To be named as `handler_id` on complete'),
  name: text('What kind of handler it is, as a reversed domain'),
  display_name: text('For people'),
  version: text('Of its specification'),
  spec: webAddress('Its specification'),
  requires_delegate_payment: flag('Whether the token is made through delegated payment'),
  requires_pci_compliance: flag('Whether the agent sees card numbers'),
  psp: text('The payment provider'),
  config_schema: webAddress('Names the schema of `config`'),
  instrument_schemas: list('Names the schemas of its instruments', { type: 'string' }),
  config: open('What the agent needs to pay by it'),
  display_order: count('The shop would offer the lowest first'),
});

const lineTotal = shape('LineTotal', {
  type: text('What it is for: `items_base_amount`, `subtotal`, `tax` or `total`'),
  display_text: text('For people'),
  amount: minorUnits('The amount'),
  'breakdown?': list(
    'What a tax is made of',
    shape('TaxShare', {
      jurisdiction: text('Whose tax it is, such as `US-CA`'),
      rate: { type: 'number', description: 'As a fraction: 0.0825 for 8.25 %' },
      amount: minorUnits('The tax'),
    }),
  ),
});

const line = shape('CheckoutLine', {
  id: text('Id of the line; stays with the item as long as it is in the cart'),
  item: a(
    'What is bought',
    shape('CheckoutItem', {
      id: text('Id of the item'),
      name: text('Its name'),
      unit_amount: minorUnits('Price of one piece without tax'),
    }),
  ),
  quantity: count('How many pieces', { minimum: 1 }),
  name: text('Name of the item'),
  description: text('Description of the product'),
  images: list('Addresses of pictures', { type: 'string', format: 'uri' }),
  unit_amount: minorUnits('Price of one piece without tax'),
  product_id: text('Id of the product'),
  'variant_options?': list(
    'Which variant of the product it is',
    shape('VariantOption', { name: text('Such as `Size`'), value: text('Such as `9`') }),
  ),
  'available_quantity?': count('How many can be bought now; absent where stock is not counted'),
  availability_status: word('Whether it can be had', ['in_stock', 'low_stock', 'out_of_stock']),
  'max_quantity_per_order?': count('At most so many in one order'),
  totals: list('What the line costs', lineTotal),
});

const option = shape('FulfillmentOption', {
  type: word('How it gets to the buyer', ['shipping', 'digital']),
  id: text('To be named in `selected_fulfillment_options`'),
  title: text('For people'),
  'description?': text('For people'),
  'carrier?': text('Who carries it'),
  'earliest_delivery_time?': instant('Not before'),
  'latest_delivery_time?': instant('Not after'),
  totals: list('What it costs', orderTotalSchema),
});

const message = shape('SessionMessage', {
  type: word('How bad it is', ['error', 'warning', 'info']),
  'code?': text('Machine-readable; `info` has none'),
  severity: word('How much it matters', ['high', 'medium', 'info']),
  'resolution?': word('Who can mend it', ['recoverable', 'requires_buyer_input', 'requires_buyer_review']),
  param: text('JSONPath to what it is about in the session'),
  content_type: word('How `content` is written', ['plain']),
  content: text('For people'),
});

const address = shape('Address', {
  name: text('Who receives it'),
  line_one: text('Street and number'),
  'line_two?': text('What else finds the door'),
  'company?': text('The company'),
  city: text('The city'),
  state: text('State or province'),
  country: text('ISO 3166-1 alpha-2'),
  postal_code: text('Postal code'),
});

export const checkoutSessionSchema = shape('CheckoutSession', {
  id: text('Id of the session'),
  protocol: a('What it is told in', shape('Protocol', { version: text('Version of the protocol') })),
  capabilities: a(
    'What both sides can do',
    shape('SessionCapabilities', {
      payment: a(
        'How it can be paid',
        shape('PaymentCapabilities', { handlers: list('Ways to pay, one of which to choose', handler) }),
      ),
      interventions: a(
        'Steps a payment may want of the buyer',
        shape('Interventions', {
          supported: list('Those that both sides know', { type: 'string' }),
          required: list('Those that are always wanted', { type: 'string' }),
          enforcement: text('When they are wanted'),
        }),
      ),
      'extensions?': list(
        'Extensions of the protocol in use',
        shape('Extension', { name: text('Name of the extension') }),
      ),
    }),
  ),
  status: word('How far it is', sessionStatuses),
  currency: text('ISO 4217, in lower case'),
  'buyer?': open('Who buys, as the agent said it'),
  'locale?': text('As the agent said it'),
  'timezone?': text('As the agent said it'),
  'quote_id?': text('As the agent said it'),
  'metadata?': open('As the agent said it'),
  'fulfillment_details?': a(
    'Where it goes',
    shape('FulfillmentDetails', {
      'name?': text('Who receives it'),
      'phone_number?': text('E.164'),
      'email?': text('Where to write to'),
      'address?': a('The address', address),
    }),
  ),
  line_items: list('The cart', line),
  fulfillment_options: list('How it can be delivered; none until it is known where to', option),
  selected_fulfillment_options: list(
    'How it will be delivered: the cheapest, unless the agent chose',
    shape('SelectedFulfillmentOption', {
      type: word('How it gets to the buyer', ['shipping', 'digital']),
      option_id: text('One of `fulfillment_options`'),
      item_ids: list('Which items', { type: 'string' }),
    }),
  ),
  totals: list('What it costs', orderTotalSchema),
  'discounts?': a(
    'What became of the codes',
    shape('Discounts', {
      codes: list('As sent', { type: 'string' }),
      applied: list('Those that count', { type: 'object' }),
      rejected: list(
        'Those that do not',
        shape('RejectedDiscount', {
          code: text('The code'),
          reason: text('Machine-readable'),
          message: text('For people'),
        }),
      ),
    }),
  ),
  messages: list('What stands in the way, or should be known', message),
  'continue_url?': webAddress('A page on which the buyer can pay by hand'),
  links: list(
    'What the buyer may want to read',
    shape('Link', {
      type: text('Such as `terms_of_use`'),
      url: webAddress('Where it is'),
      'title?': text('For people'),
    }),
  ),
  'authentication_metadata?': a(
    'What the agent needs for 3-D Secure, while it is `authentication_required`',
    shape('AuthenticationMetadata', {
      acquirer_details: a(
        'Who asks for the authentication',
        shape('AcquirerDetails', {
          acquirer_bin: text('The acquirer’s number'),
          acquirer_country: text('ISO 3166-1 alpha-2'),
          acquirer_merchant_id: text('The merchant’s id there'),
          merchant_name: text('Shown to the buyer'),
        }),
      ),
      directory_server: text('The network of the card'),
    }),
  ),
  created_at: instant('When it was opened'),
  updated_at: instant('When it last changed'),
  expires_at: instant('When it ends by itself'),
  'order?': a('What came of it, once it is completed', orderSchema),
});
