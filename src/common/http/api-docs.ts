import { applyDecorators } from '@nestjs/common';
import { ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { type ApiError, errorBody } from '../api-error.js';

const errors: Record<number, { description: string; code: string; message: string; param?: string }> = {
  400: {
    description: 'The request is wrong; `param` says where',
    code: 'missing',
    message: '$.line_items is required.',
    param: '$.line_items',
  },
  401: {
    description: 'No API key, or an unknown one',
    code: 'unauthorized',
    message: 'A valid API key is required: Authorization: Bearer <key>.',
  },
  403: {
    description: 'The key lacks the scope',
    code: 'forbidden',
    message: 'This needs an API key with the scope agent.',
  },
  404: {
    description: 'Not found, or not yours',
    code: 'not_found',
    message: 'The checkout session was not found.',
  },
  405: {
    description: 'The session is over',
    code: 'session_completed',
    message: 'The checkout session is completed.',
  },
  409: {
    description:
      'The same key is still being processed, or a payment is under way; `Retry-After` says when to ask again',
    code: 'idempotency_in_flight',
    message: 'A request with this Idempotency-Key is still being processed. Send the same request again.',
  },
  413: {
    description: 'The body is larger than 256 kB; an import: than 50 MB or 100,000 lines',
    code: 'payload_too_large',
    message: 'The request body is too large.',
  },
  415: {
    description: 'The body is not JSON; an import: not JSON Lines',
    code: 'unsupported_media_type',
    message: 'Send the body as Content-Type: application/json.',
  },
  422: {
    description: 'The idempotency key was used with another body',
    code: 'idempotency_conflict',
    message: 'This Idempotency-Key was already used with a different request body. Use a new key.',
  },
  429: {
    description: 'Too many requests; `Retry-After` says when to ask again',
    code: 'rate_limited',
    message: 'Too many requests.',
  },
  500: {
    description: 'Our fault; the same request may be sent again',
    code: 'internal_error',
    message: 'Something went wrong on our side. The same request may be sent again.',
  },
  503: {
    description: 'A dependency is away, or a payment outcome is not known yet; send the same request again',
    code: 'service_unavailable',
    message: 'The service is temporarily unavailable. Send the same request again.',
  },
};

/** Documents the error answers of a route with the protocol's flat body. */
export function ApiErrors(...statuses: (keyof typeof errors)[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ...statuses.flatMap((status) => {
      const error = errors[status];
      if (!error) return [];
      const { description, ...body } = error;
      const type = { 500: 'processing_error', 503: 'service_unavailable' }[status] ?? 'invalid_request';
      return [
        ApiResponse({
          status,
          description,
          schema: { $ref: '#/components/schemas/Error', example: { type, ...body } },
        }),
      ];
    }),
  );
}

/** For `@ApiResponse`: a refusal of one route that says more than its status. */
export const errorExample = (description: string, error: ApiError): ApiResponseOptions => ({
  status: error.status,
  description,
  schema: { $ref: '#/components/schemas/Error', example: errorBody(error) },
});

/** The schema that `ApiErrors` refers to (ACP 2026-04-17 `Error`). */
export const errorSchema = {
  type: 'object' as const,
  required: ['type', 'code', 'message'],
  additionalProperties: false,
  properties: {
    type: { type: 'string' as const, enum: ['invalid_request', 'processing_error', 'service_unavailable'] },
    code: { type: 'string' as const, description: 'Machine-readable reason' },
    message: { type: 'string' as const, description: 'For people' },
    param: { type: 'string' as const, description: 'RFC 9535 JSONPath to what is wrong' },
    supported_versions: { type: 'array' as const, items: { type: 'string' as const } },
  },
};
