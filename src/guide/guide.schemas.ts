import { applyDecorators } from '@nestjs/common';
import { ApiAnswer } from '../common/http/api-docs.js';
import {
  a,
  count,
  flag,
  instant,
  list,
  minorUnits,
  open,
  orNull,
  type Schema,
  shape,
  text,
  webAddress,
  word,
} from '../common/http/schema.js';

const money = shape('GuideAmount', {
  amount: minorUnits('The amount'),
  currency: text('ISO 4217, in upper case', { pattern: '^[A-Z]{3}$' }),
});
const period = orNull(
  a(
    'When it should arrive; null where nothing is delivered',
    shape('GuidePeriod', { earliest: instant('Not before'), latest: instant('Not after') }),
  ),
);
const shippingOption = shape('GuideShippingOption', {
  id: text('To be named as `shipping_option_id`'),
  name: text('To be read to the buyer'),
  cost: a('What it costs', money),
  delivery_estimate: period,
});

/** All that has to be read to the buyer. */
const checkoutMembers: Record<string, Schema> = {
  checkout_id: text('Id of the checkout'),
  status: word('How far it is', ['pending_confirmation', 'confirmed', 'failed', 'expired']),
  items: list(
    'What is bought',
    shape('GuideItem', {
      product_id: text('Id of the product'),
      variant_id: text('Id of the item'),
      name: text('Name of the item'),
      quantity: count('How many', { minimum: 1 }),
      unit_price: a('Price of one, without tax', money),
    }),
  ),
  subtotal: a('The items, without shipping and tax', money),
  shipping_options: list('How it can be delivered', shippingOption),
  selected_shipping: orNull(
    a('How it will be delivered; null as long as it is not known where to', shippingOption),
  ),
  tax: orNull(a('The tax; null as long as it cannot be known', money)),
  total: a('What is to be paid', money),
  payment_methods: list(
    'How it can be paid',
    shape('GuidePaymentMethod', {
      provider: text('To be named as `payment_provider`'),
      type: text('What `payment_token` has to be: a card token, or a credential of that type'),
      config: open('What is needed to make the token'),
    }),
  ),
  expires_at: instant('When it ends by itself'),
};
const checkoutSchema = shape('GuideCheckout', checkoutMembers);

/** What create and update answer. */
export const summarySchema = shape('GuideSummary', {
  ...checkoutMembers,
  'notice?': a(
    'Only if the shop has changed a price since the last answer',
    shape('GuideNotice', {
      code: word('What it is about', ['price_changed']),
      message: text('To be read aloud'),
    }),
  ),
});

export const confirmationSchema = shape('GuideConfirmation', {
  order_id: text('Id of the order'),
  checkout_id: text('Id of the checkout'),
  status: word('Always `confirmed`', ['confirmed']),
  total: a('What was paid', money),
  estimated_delivery: period,
  permalink_url: webAddress('The buyer’s page of the order'),
});

export const guideErrorSchema = shape('GuideError', {
  error: a(
    'What is wrong',
    shape('GuideRefusal', {
      code: text('Machine-readable'),
      message: text('For the agent to read aloud'),
      retryable: flag('The call can succeed later, or once this is mended'),
      'fields?': {
        type: 'array',
        minItems: 1,
        description: 'Which members of the request are wrong',
        items: { type: 'string' },
      },
      'alternatives?': {
        type: 'array',
        minItems: 1,
        description: 'What could be bought instead',
        items: shape('GuideAlternative', {
          id: text('Id of the item'),
          name: text('Its name'),
          price: a('Price of one, without tax', money),
        }),
      },
    }),
  ),
  'checkout?': a('The checkout as it is now', checkoutSchema),
});

export const toolsSchema = shape('GuideTools', {
  tools: list(
    'In the order in which a purchase goes',
    shape('GuideTool', {
      type: word('Always `function`', ['function']),
      function: a(
        'What the model may call',
        shape('GuideFunction', {
          name: text('Name of the tool'),
          description: text('When to call it, for the model'),
          parameters: open('JSON Schema of its arguments'),
        }),
      ),
    }),
  ),
});

const refusals = {
  400: ['Malformed or not sold; `fields` says where', 'invalid_address', 'Please check: postal code.', false],
  401: ['No API key, or an unknown one', 'unauthorized', 'A valid API key is required.', false],
  402: [
    'The payment was declined; `checkout` is open for another one',
    'payment_declined',
    'The card was declined.',
    true,
  ],
  403: ['The key lacks the scope', 'forbidden', 'This needs an API key with the scope agent.', false],
  404: ['Not found, or not yours', 'not_found', 'The checkout session was not found.', false],
  409: [
    'Out of stock, another price, not ready, already over or still under way; `code` says which',
    'out_of_stock',
    'Wool Scarf is out of stock.',
    false,
  ],
  410: ['The checkout has expired', 'checkout_expired', 'This checkout has expired.', true],
  413: ['The body is larger than 256 kB', 'payload_too_large', 'The request body is too large.', false],
  415: ['The body is not JSON', 'unsupported_media_type', 'Send the body as JSON.', false],
  422: ['The key was used with another body', 'idempotency_conflict', 'Use a new key.', false],
  429: ['Too many requests; see `Retry-After`', 'rate_limited', 'Too many requests.', true],
  500: ['Our fault', 'internal_error', 'Something went wrong on our side.', true],
  503: [
    'A dependency is away, or a payment outcome is not known yet; see `Retry-After`',
    'service_unavailable',
    'The service is temporarily unavailable. Send the same request again.',
    true,
  ],
} as const;

/** Documents the error answers of a route in this dialect's form. */
export const GuideErrors = (...statuses: (keyof typeof refusals)[]): MethodDecorator & ClassDecorator =>
  applyDecorators(
    ...statuses.map((status) => {
      const [description, code, message, retryable] = refusals[status];
      return ApiAnswer(status, description, guideErrorSchema, { error: { code, message, retryable } });
    }),
  );
