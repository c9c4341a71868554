import { ApiError } from '../../common/api-error.js';

export const agentReceiverErrors = {
  signature: () =>
    new ApiError({
      status: 401,
      code: 'invalid_signature',
      message: 'Merchant-Signature is missing, does not match the body or is older than five minutes.',
    }),
};
