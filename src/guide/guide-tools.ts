/** A tool as models take it for function calling: `parameters` is a JSON Schema of the arguments. */
export interface ToolDefinition {
  type: 'function';
  function: { name: string; description: string; parameters: Record<string, unknown> };
}

const text = (description: string): object => ({ type: 'string', minLength: 1, description });

const idempotencyKey = text(
  'A new unique value for every purchase step. Send the same value again only to repeat the very same call, ' +
    'for example after a timeout; it then takes effect once.',
);

const shippingAddress = {
  type: 'object',
  description: 'Where the order is sent. Needed for anything that is not a download.',
  properties: {
    name: text('Who receives it'),
    street: text('Street and number'),
    city: text('City'),
    state: { type: 'string', description: 'State or province; in the US its two-letter code, such as CA' },
    zip: text('Postal code'),
    country: { type: 'string', pattern: '^[A-Za-z]{2}$', description: 'ISO 3166-1 alpha-2, such as US' },
  },
  required: ['name', 'street', 'city', 'zip', 'country'],
  additionalProperties: false,
};

const initiateCheckout: ToolDefinition = {
  type: 'function',
  function: {
    name: 'initiate_checkout',
    description:
      'Starts a checkout for one product (POST /acp/checkout/create). Answers with its checkout_id, prices, ' +
      'shipping, tax and total. It charges nothing. Read all of these to the buyer and ask for a confirmation ' +
      'before confirm_purchase.',
    parameters: {
      type: 'object',
      properties: {
        product_id: text('The product, or the item of it'),
        variant_id: text('Which variant of the product; required if it has several, such as sizes'),
        quantity: { type: 'integer', minimum: 1, description: 'How many', default: 1 },
        shipping_address: shippingAddress,
        currency: {
          type: 'string',
          pattern: '^[A-Za-z]{3}$',
          description: 'ISO 4217. Without it INR for an address in India, else USD.',
        },
        idempotency_key: idempotencyKey,
      },
      required: ['product_id', 'quantity', 'idempotency_key'],
      additionalProperties: false,
    },
  },
};

const confirmPurchase: ToolDefinition = {
  type: 'function',
  function: {
    name: 'confirm_purchase',
    description:
      'Pays for a checkout and places the order (POST /acp/checkout/{checkout_id}/complete). Call it only after ' +
      'the buyer has heard items, shipping, tax and total and has explicitly agreed. On price_changed nothing was ' +
      'charged: read the new total and ask again. After payment_declined it may be called again with another ' +
      'payment token and a new idempotency_key.',
    parameters: {
      type: 'object',
      properties: {
        checkout_id: text('From initiate_checkout'),
        payment_token: {
          description: "The buyer's payment: a token, or the credential object of the payment method",
          oneOf: [
            { type: 'string', minLength: 1 },
            {
              type: 'object',
              properties: {
                type: text('The type of the payment method'),
                token: text('The payment or the saved token'),
                order_id: text('The order that was paid on'),
                signature: text('The proof of the payment'),
                customer_id: text('Whose saved token it is'),
              },
              required: ['type', 'token'],
              additionalProperties: false,
            },
          ],
        },
        payment_provider: text('The provider of the payment method that is used'),
        buyer: {
          type: 'object',
          properties: {
            email: { type: 'string', format: 'email', description: 'Where the confirmation goes' },
            name: text('The full name'),
          },
          required: ['email'],
          additionalProperties: false,
        },
        shipping_option_id: text('The shipping option that the buyer agreed to'),
        idempotency_key: idempotencyKey,
      },
      required: ['checkout_id', 'payment_token', 'idempotency_key'],
      additionalProperties: false,
    },
  },
};

/** In the order in which a purchase goes. */
export const tools: ToolDefinition[] = [initiateCheckout, confirmPurchase];
