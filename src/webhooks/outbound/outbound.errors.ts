import { ApiError, apiErrors } from '../../common/api-error.js';

const conflict = (code: string, message: string): ApiError => new ApiError({ status: 409, code, message });

/** What cannot be done to endpoints and deliveries, and what can be done instead. */
export const outboundErrors = {
  endpointNotFound: () => apiErrors.notFound('The webhook endpoint'),
  deliveryNotFound: () => apiErrors.notFound('The delivery'),
  orderNotFound: () => apiErrors.notFound('The order, or an event of it that this endpoint is told of,'),
  tooManyEndpoints: (maximum: number) =>
    conflict('too_many_webhook_endpoints', `There are ${maximum} webhook endpoints already: delete one.`),
  endpointDeleted: () => conflict('webhook_endpoint_deleted', 'The webhook endpoint is deleted.'),
  testNotReplayed: () =>
    conflict('test_delivery', 'A test is not replayed: send a new one to the webhook endpoint.'),
  anotherAgents: () =>
    conflict(
      'another_agents_order',
      'The webhook endpoint belongs to another agent now than the order does.',
    ),
  url: (refusal: string) => apiErrors.invalid('$.url', refusal),
  unknownAgent: () => apiErrors.invalid('$.agent_id', 'There is no such agent.'),
  secretUnreadable: () =>
    conflict(
      'webhook_secret_unreadable',
      'The secret cannot be read with the encryption keys of this server: rotate it.',
    ),
  signatureHeader: (message: string) => apiErrors.invalid('$.signature_header', message),
  secretNotPatched: () =>
    apiErrors.invalid(
      '$.secret',
      'The secret is not changed like this: POST to /admin/webhook-endpoints/{id}/rotate-secret.',
    ),
};
