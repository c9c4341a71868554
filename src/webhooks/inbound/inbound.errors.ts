import { ApiError, apiErrors } from '../../common/api-error.js';

const refusals = {
  signature: ['invalid_signature', 'The signature does not match the body.'],
  stale: ['stale_signature', 'The signature is too old or from the future.'],
  malformed: ['invalid', 'The body is not an event of this provider.'],
  empty: ['invalid', 'The body is empty.'],
  too_large: ['payload_too_large', 'The request body is too large.'],
  unreadable: ['invalid', 'The request body could not be read.'],
} as const;

export type Refusal = keyof typeof refusals;

export const inboundErrors = {
  /** Always 400: the providers know nothing finer, and a forger learns nothing. */
  refused: (reason: Refusal) => {
    const [code, message] = refusals[reason];
    return new ApiError({ status: 400, code, message });
  },
  notConfigured: () => apiErrors.unavailable('No webhook secret is set for this provider yet.', 300),
};
