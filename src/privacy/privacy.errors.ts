import { ApiError, apiErrors } from '../common/api-error.js';

export const privacyErrors = {
  /** Not kept: once the payment is decided the same request goes through. */
  paymentUnderWay: (sessionIds: string[]) =>
    new ApiError({
      status: 409,
      code: 'payment_under_way',
      message:
        `A payment or a refund of ${sessionIds.join(', ')} is under way. ` +
        'Send the same request again once it is decided.',
      param: '$.email',
      retryAfterSeconds: 5,
      storable: false,
    }),
  busy: () =>
    apiErrors.unavailable(
      'What is to be erased is being used by many requests. Send the same request again.',
      2,
    ),
  cacheAway: () =>
    apiErrors.unavailable('Redis, which may hold replies to this person, does not answer. Try again.', 5),
};
