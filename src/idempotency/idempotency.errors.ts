import { ApiError, apiErrors } from '../common/api-error.js';

/** ACP §6: which answers an idempotency key itself can give. None of them is ever stored. */
export const idempotencyErrors = {
  keyRequired: () =>
    new ApiError({
      status: 400,
      code: 'idempotency_key_required',
      message: 'This request needs an Idempotency-Key header.',
      param: '$.headers["Idempotency-Key"]',
      storable: false,
    }),
  keyTooLong: () =>
    apiErrors.invalid('$.headers["Idempotency-Key"]', 'An Idempotency-Key has at most 255 characters.'),
  conflict: () =>
    new ApiError({
      status: 422,
      code: 'idempotency_conflict',
      message: 'This Idempotency-Key was already used with a different request body. Use a new key.',
      storable: false,
    }),
  inFlight: () =>
    new ApiError({
      status: 409,
      code: 'idempotency_in_flight',
      message: 'A request with this Idempotency-Key is still being processed. Send the same request again.',
      retryAfterSeconds: 1,
      storable: false,
    }),
};
