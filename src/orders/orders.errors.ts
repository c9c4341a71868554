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
  unknownLine: (index: number) =>
    apiErrors.invalid(`$.line_items[${index}].id`, 'The order has no such line.'),
  tooMany: (index: number, ordered: number) =>
    apiErrors.invalid(`$.line_items[${index}].quantity`, `At most ${ordered} were ordered.`),
  refusedByProvider: (what: string, cause: string | null) =>
    conflict(
      'refused_by_payment_provider',
      `The payment provider refused the ${what}${cause ? `: ${cause}` : ''}.`,
    ),
  alreadyCanceled: () => conflict('order_canceled', 'The order is canceled.'),
  paid: () => conflict('order_paid', 'The order is paid and cannot be canceled: refund it.'),
};
