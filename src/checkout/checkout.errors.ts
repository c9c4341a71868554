import { ApiError, apiErrors } from '../common/api-error.js';

const notAllowed = (code: string, message: string): ApiError =>
  new ApiError({ status: 405, code, message, allow: 'GET' });

/** When there is no valid session state to show (ACP §1.4, §2). */
export const checkoutErrors = {
  sessionNotFound: () => apiErrors.notFound('The checkout session'),
  sessionCompleted: () => notAllowed('session_completed', 'The checkout session is completed.'),
  sessionCanceled: () => notAllowed('session_canceled', 'The checkout session is canceled.'),
  sessionExpired: () => notAllowed('session_expired', 'The checkout session has expired. Create a new one.'),
  completionInProgress: () =>
    new ApiError({
      status: 409,
      code: 'completion_in_progress',
      message: 'A payment for this checkout session is under way.',
      retryAfterSeconds: 2,
      storable: false,
    }),
  notReady: (param: string, message: string) =>
    new ApiError({ status: 400, code: 'not_ready_for_payment', message, param }),
  requires3ds: () =>
    new ApiError({
      status: 400,
      code: 'requires_3ds',
      message: 'The buyer has to authenticate first; send the authentication_result.',
      param: '$.authentication_result',
    }),
  authenticationUsed: () =>
    apiErrors.invalid(
      '$.authentication_result.outcome_details.transaction_id',
      'This authentication was used before.',
    ),
  paymentUsed: () =>
    apiErrors.invalid('$.payment_data.instrument.credential.token', 'This payment was used before.'),
  invalidItem: (index: number) =>
    new ApiError({
      status: 400,
      code: 'invalid_item_id',
      message: 'There is no such item.',
      param: `$.line_items[${index}].id`,
    }),
  notSoldIn: (index: number, currency: string) =>
    apiErrors.invalid(`$.line_items[${index}].id`, `This item is not sold in ${currency}.`),
  unsupportedCurrency: (supported: string[]) =>
    new ApiError({
      status: 400,
      code: 'unsupported_currency',
      message: `The currency must be one of ${supported.join(', ')}.`,
      param: '$.currency',
    }),
  invalidHandler: () =>
    new ApiError({
      status: 400,
      code: 'invalid_payment_handler',
      message: 'The payment handler is not one that this session offers.',
      param: '$.payment_data.handler_id',
    }),
  invalidPaymentData: (param: string, message: string) =>
    apiErrors.invalid(`$.payment_data${param}`, message),
  busy: () =>
    apiErrors.unavailable(
      'The checkout session is being changed by many requests. Send the same request again.',
      1,
    ),
  outcomeUnknown: () =>
    apiErrors.unavailable('The outcome of the payment is not known yet. Send the same request again.', 5),
};
