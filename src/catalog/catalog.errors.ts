import { ApiError, apiErrors } from '../common/api-error.js';

const conflict = (code: string, message: string, param: string): ApiError =>
  new ApiError({ status: 409, code, message, param });

/** Why the catalogue or its stock cannot be changed so. `at` is the JSONPath of what is wrong. */
export const catalogErrors = {
  productNotFound: () => apiErrors.notFound('The product'),
  itemNotFound: () => apiErrors.notFound('The item'),
  productExists: () =>
    conflict('product_exists', 'There is a product with this id: change it with PATCH.', '$.id'),
  itemElsewhere: (at: string) => conflict('item_exists', 'Another product has an item with this id.', at),
  idTwice: (at: string) => apiErrors.invalid(at, 'This id stands twice in the request.'),
  unknownCurrency: (at: string) =>
    apiErrors.invalid(at, 'A currency is a lowercase code of ISO 4217, such as "usd".'),
  wrongPrice: (at: string, maximum: number) =>
    apiErrors.invalid(at, `A price is a whole number of minor units from 0 to ${maximum}.`),
  noPrice: (at: string) => apiErrors.invalid(at, 'An item has a price in at least one currency.'),
  noItem: () =>
    apiErrors.invalid('$.items', 'A product keeps at least one item; DELETE removes it with all of them.'),
  notItsItem: (at: string) => apiErrors.invalid(at, 'The product has no such item to remove.'),
  bothAmounts: () => apiErrors.invalid('$.delta', 'Send on_hand or delta, not both.'),
  tooMuchOnHand: (at: string, maximum: number) => apiErrors.invalid(at, `At most ${maximum} can be on hand.`),
  belowReserved: (at: string, reserved: number) =>
    conflict(
      'below_reserved',
      `${reserved} are reserved for checkouts under way: on_hand cannot be less.`,
      at,
    ),
  importMediaType: () =>
    new ApiError({
      status: 415,
      code: 'unsupported_media_type',
      message: 'Send JSON Lines as Content-Type: application/x-ndjson, not compressed.',
    }),
  tooManyLines: (maximum: number) =>
    new ApiError({
      status: 413,
      code: 'payload_too_large',
      message: `An import has at most ${maximum} lines: send it in parts.`,
    }),
  lineTooLong: (maximumBytes: number) =>
    new ApiError({
      status: 413,
      code: 'line_too_long',
      message: `A line has at most ${maximumBytes} bytes.`,
      param: '$',
    }),
};
