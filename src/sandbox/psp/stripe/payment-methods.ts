import type { FormObject } from '../form.js';
import { cardNameOf } from './cards.js';
import type { Endpoint, Operation } from './endpoint.js';
import { invalidRequest, noSuch, Refusal } from './errors.js';
import { at, mergedMetadata, requiredText, shape, textAt } from './params.js';
import { cardData, retrieve } from './shapes.js';
import type { Metadata, PaymentMethodRow } from './tables.js';
import { paymentMethodView } from './method-views.js';

export const paymentMethodEndpoints: Endpoint[] = [
  {
    method: 'POST',
    path: '/v1/payment_methods',
    params: shape('type customer allow_redisplay', {
      card: cardData,
      billing_details: 'anything',
      metadata: 'anything',
      expand: 'anything',
    }),
    run: (operation) =>
      paymentMethodView(createFrom(operation, operation.params, mergedMetadata({}, operation.params))),
  },
  {
    method: 'GET',
    path: '/v1/payment_methods/:id',
    params: retrieve,
    run({ change, id }) {
      const row = change.find('stripe_payment_methods', id);
      if (!row) throw noSuch('PaymentMethod', id, 'payment_method', 404);
      return paymentMethodView(row);
    },
  },
];

/**
 * `pm_...` names a payment method; `pm_card_...` makes a new one of that test card, so it may be used any number of
 * times.
 */
export function methodNamed(operation: Operation, name: string): PaymentMethodRow {
  const card = cardNameOf(name, 'pm_card');
  if (card !== null) return addMethod(operation, card, {});
  const row = operation.change.find('stripe_payment_methods', name);
  if (!row) throw noSuch('PaymentMethod', name, 'payment_method');
  return row;
}

/** From `type=card&card[token]=tok_...`, on its own or inside `payment_method_data`. */
export function createFrom(operation: Operation, data: FormObject, metadata: Metadata): PaymentMethodRow {
  const type = requiredText(data, 'type');
  if (type !== 'card') {
    throw invalidRequest('The simulator takes payment methods of type card only.', { param: 'type' });
  }
  if (at(data, 'card', 'number') !== undefined) throw rawCardNumber();
  const token = textAt(data, 'card', 'token');
  if (token === null) {
    throw invalidRequest('Missing required param: card.', { code: 'parameter_missing', param: 'card' });
  }
  const card = cardNameOf(token, 'tok');
  if (card === null) throw noSuch('token', token, 'card[token]');
  return addMethod(operation, card, metadata);
}

function addMethod({ change, nowSeconds }: Operation, card: string, metadata: Metadata): PaymentMethodRow {
  return change.put('stripe_payment_methods', {
    id: change.world.nextId('pm'),
    created: nowSeconds,
    card,
    metadata,
  });
}

function rawCardNumber(): Refusal {
  const message =
    'Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens that map to the test card you are using, see https://stripe.com/docs/testing.';
  return new Refusal(402, { type: 'invalid_request_error', message }, true);
}
