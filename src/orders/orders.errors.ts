import { ApiError, apiErrors } from '../common/api-error.js';

const conflict = (code: string, message: string): ApiError => new ApiError({ status: 409, code, message });

/** What cannot be done to an order or its payment, and what can be done instead. */
export const orderErrors = {
  notFound: () => apiErrors.notFound('The order'),
  paymentNotFound: () => apiErrors.notFound('The payment'),
  nothingPaid: () => conflict('nothing_paid', 'Nothing was paid for this order.'),
  notCaptured: () =>
    conflict('payment_not_captured', 'The payment is not captured: cancel the order to let the money go.'),
  notAuthorized: (state: string) =>
    conflict('payment_not_authorized', `Only an authorized payment can be captured; this one is ${state}.`),
  alreadyEnding: () => conflict('payment_in_change', 'The payment is being captured or let go already.'),
  alreadyRefunded: () => conflict('already_refunded', 'All of the payment is refunded, or is about to be.'),
  tooMuch: (remaining: number, currency: string) =>
    apiErrors.invalid('$.amount', `At most ${remaining} ${currency} can be refunded, in minor units.`),
  otherCurrency: (currency: string) =>
    apiErrors.invalid('$.currency', `The order is in ${currency}; nothing else can be said of it.`),
  unknownLine: (index: number) =>
    apiErrors.invalid(`$.line_items[${index}].id`, 'The order has no such line.'),
  lineTwice: (index: number) =>
    apiErrors.invalid(
      `$.line_items[${index}].id`,
      'The line stands here twice: send it once, with all pieces.',
    ),
  tooMany: (index: number, most: number, what: string) =>
    apiErrors.invalid(`$.line_items[${index}].quantity`, `At most ${most} ${what}.`),
  refusedByProvider: (what: string, cause: string | null) =>
    conflict(
      'refused_by_payment_provider',
      `The payment provider refused the ${what}${cause ? `: ${cause}` : ''}.`,
    ),
  alreadyCanceled: () => conflict('order_canceled', 'The order is canceled.'),
  shipped: () =>
    conflict(
      'order_shipped',
      'Something of the order has left the shop, so it cannot be canceled any more: refund it, or record a return.',
    ),
  onHold: () =>
    conflict(
      'order_on_hold',
      'The order is on hold. Approve it first: POST /admin/orders/{id}/review {"decision": "approve"}.',
    ),
  unknownStatus: (known: string[]) =>
    apiErrors.invalid(
      '$.status',
      `It is one of ${known.join(', ')}. To cancel: POST /admin/orders/{id}/cancel.`,
    ),
  fulfillmentNotFound: () => apiErrors.notFound('The fulfillment'),
  cannotFollow: (status: string, event: string) =>
    conflict('fulfillment_over', `The fulfillment is ${status}: ${event} cannot follow.`),
  piecesReturned: () =>
    conflict('pieces_returned', 'Pieces of this fulfillment were returned by the buyer: they have arrived.'),
};
