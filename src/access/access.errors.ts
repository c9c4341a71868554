import { ApiError, apiErrors } from '../common/api-error.js';

const conflict = (code: string, message: string): ApiError => new ApiError({ status: 409, code, message });

const unsigned = (code: string, message: string, param: string): ApiError =>
  new ApiError({ status: 401, code, message, param, storable: false });

/** What cannot be done to a key or an agent, and what is wrong with a signed request. */
export const accessErrors = {
  agentNotFound: () => apiErrors.notFound('The agent'),
  keyNotFound: () => apiErrors.notFound('The API key'),
  unknownAgent: () => apiErrors.invalid('$.agent_id', 'There is no such agent.'),
  keyEnded: () =>
    conflict('api_key_not_active', 'The key is revoked or has expired: make a new one instead.'),
  keyReplaced: () =>
    conflict('api_key_replaced', 'The key was rotated already: rotate the one that replaces it.'),
  lastAdminKey: () =>
    conflict(
      'last_admin_key',
      'This is the last key that can administer the shop: make another one with the scope admin first.',
    ),
  invalidSignature: (message = 'The Signature header is not a valid signature of this request.') =>
    unsigned('invalid_signature', message, '$.headers.Signature'),
  timestampOutOfWindow: () =>
    unsigned(
      'timestamp_out_of_window',
      'A signed request has a Timestamp header: the current time as in RFC 3339, five minutes off at most.',
      '$.headers.Timestamp',
    ),
};
