import { formatMoney } from '../common/money.js';
import type { Problem, ProblemPlace } from './session-content.js';

const blocking = (
  code: string,
  at: ProblemPlace,
  text: string,
  resolution: Problem['resolution'] = 'recoverable',
): Problem => ({ severity: 'error', code, text, at, blocking: true, resolution });

/** Everything a session can have to say for itself, with the protocol's codes (ACP §3.5). */
export const problems = {
  noLines: () => blocking('missing', { on: 'lines' }, 'Add at least one item.'),
  outOfStock: (index: number, name: string) =>
    blocking('out_of_stock', { on: 'line', index }, `${name} is out of stock.`),
  quantityExceeded: (index: number, name: string, maximum: number) =>
    blocking('quantity_exceeded', { on: 'line', index }, `At most ${maximum} of ${name} can be ordered.`),
  addressMissing: () =>
    blocking('missing', { on: 'address' }, 'A delivery address is needed.', 'requires_buyer_input'),
  regionRestricted: (country: string) =>
    blocking(
      'region_restricted',
      { on: 'country' },
      `This order cannot be delivered to ${country}.`,
      'requires_buyer_input',
    ),
  optionInvalid: (index: number) =>
    blocking('invalid', { on: 'choice', index }, 'This fulfillment option is not offered for these items.'),
  shippingUnavailable: () =>
    blocking(
      'unsupported',
      { on: 'choices' },
      'Delivery options cannot be determined at the moment. Try again.',
    ),
  taxUnavailable: () =>
    blocking('unsupported', { on: 'totals' }, 'The tax cannot be determined at the moment. Try again.'),
  noHandler: (currency: string) =>
    blocking('unsupported', { on: 'handlers' }, `No way to pay in ${currency.toUpperCase()} is offered yet.`),
  handlerUnavailable: () =>
    blocking(
      'unsupported',
      { on: 'handlers' },
      'Payment cannot be prepared at the moment. Update the session to try again.',
    ),
  belowMinimum: (minimum: number, currency: string) =>
    blocking(
      'minimum_not_met',
      { on: 'totals' },
      `The total must be at least ${formatMoney(minimum, currency)}.`,
    ),
  discountCodeInvalid: (index: number, code: string): Problem => ({
    severity: 'warning',
    code: 'discount_code_invalid',
    text: `The discount code ${code} is not valid.`,
    at: { on: 'discount_code', index },
    blocking: false,
  }),
  priceChanged: (): Problem => ({
    severity: 'warning',
    code: 'price_change',
    text: 'The total has changed since it was last shown. Nothing was charged; confirm the new total.',
    at: { on: 'totals' },
    blocking: false,
    resolution: 'requires_buyer_review',
  }),
  repriced: (): Problem => ({
    severity: 'warning',
    code: 'price_change',
    text: 'The shop has changed its prices, taxes or delivery since the total was last shown. Confirm the new total.',
    at: { on: 'totals' },
    blocking: false,
    resolution: 'requires_buyer_review',
  }),
  paymentDeclined: (text: string, { final = false } = {}): Problem => ({
    severity: 'error',
    code: 'payment_declined',
    text,
    at: { on: 'payment' },
    blocking: false,
    resolution: 'requires_buyer_input',
    ...(final && { final }),
  }),
  /** For a wire that cannot do 3-D Secure. */
  authenticationUnsupported: (): Problem => ({
    severity: 'error',
    code: 'authentication_required',
    text: 'The bank wants the buyer to authenticate, which is not possible here. Use another card.',
    at: { on: 'payment' },
    blocking: false,
    resolution: 'requires_buyer_input',
  }),
  requires3ds: (): Problem => ({
    severity: 'error',
    code: 'requires_3ds',
    text: 'The bank wants the buyer to authenticate.',
    at: { on: 'payment' },
    blocking: false,
    resolution: 'requires_buyer_input',
  }),
};

/** The protocol's JSONPath (RFC 9535) to a place in the session. */
export function pathOf(place: ProblemPlace): string {
  switch (place.on) {
    case 'lines':
      return '$.line_items';
    case 'line':
      return `$.line_items[${place.index}]`;
    case 'address':
      return '$.fulfillment_details.address';
    case 'country':
      return '$.fulfillment_details.address.country';
    case 'choice':
      return `$.selected_fulfillment_options[${place.index}]`;
    case 'choices':
      return '$.fulfillment_options';
    case 'discount_code':
      return `$.discounts.codes[${place.index}]`;
    case 'handlers':
      return '$.capabilities.payment.handlers';
    case 'totals':
      return '$.totals';
    case 'payment':
      return '$.payment_data';
  }
}
