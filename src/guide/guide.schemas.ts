import { applyDecorators } from '@nestjs/common';
import { ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';

type Schema = Extract<ApiResponseOptions, { schema: unknown }>['schema'];

const text: Schema = { type: 'string' };
const amount: Schema = closed({
  amount: { type: 'integer', description: 'Minor units' },
  currency: { type: 'string', pattern: '^[A-Z]{3}$' },
});
const period: Schema = orNull(
  closed({
    earliest: { type: 'string', format: 'date-time' },
    latest: { type: 'string', format: 'date-time' },
  }),
);
const shippingOption: Schema = closed({ id: text, name: text, cost: amount, delivery_estimate: period });

/** What create and update answer: all that has to be read to the buyer. */
export const summarySchema: Schema = closed({
  checkout_id: text,
  status: { type: 'string', enum: ['pending_confirmation', 'confirmed', 'failed', 'expired'] },
  items: {
    type: 'array',
    items: closed({
      product_id: text,
      variant_id: text,
      name: text,
      quantity: { type: 'integer', minimum: 1 },
      unit_price: amount,
    }),
  },
  subtotal: amount,
  shipping_options: { type: 'array', items: shippingOption },
  selected_shipping: orNull(shippingOption),
  tax: orNull(amount),
  total: amount,
  payment_methods: {
    type: 'array',
    items: closed({ provider: text, type: text, config: { type: 'object' } }),
  },
  expires_at: { type: 'string', format: 'date-time' },
});

export const confirmationSchema: Schema = closed({
  order_id: text,
  checkout_id: text,
  status: { type: 'string', enum: ['confirmed'] },
  total: amount,
  estimated_delivery: period,
  permalink_url: { type: 'string', format: 'uri' },
});

export const guideErrorSchema: Schema = {
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'retryable'],
      additionalProperties: false,
      properties: {
        code: text,
        message: { type: 'string', description: 'For the agent to read aloud' },
        retryable: { type: 'boolean', description: 'The call can succeed later, or once this is mended' },
        fields: { type: 'array', minItems: 1, items: text },
        alternatives: {
          type: 'array',
          minItems: 1,
          items: closed({ id: text, name: text, price: amount }),
        },
      },
    },
    checkout: summarySchema,
  },
};

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
      const example = { error: { code, message, retryable } };
      return ApiResponse({ status, description, schema: { ...guideErrorSchema, example } });
    }),
  );

function closed(properties: Record<string, Schema>): Schema {
  return { type: 'object', required: Object.keys(properties), additionalProperties: false, properties };
}

function orNull(schema: Schema): Schema {
  return { oneOf: [schema, { type: 'null' }] };
}
