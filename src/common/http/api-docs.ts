import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiParam, ApiQuery, ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { type ApiError, errorBody } from '../api-error.js';
import { pageOf, type Schema, text, word } from './schema.js';

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
    description: 'The key lacks the scope that the route wants: `admin` (to read, `admin:read`) or `agent`',
    code: 'forbidden',
    message: 'This needs an API key with the scope admin.',
  },
  404: {
    description: 'Not found, or not yours',
    code: 'not_found',
    message: 'The order was not found.',
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
      return [ApiAnswer(status, description, errorSchema, { type, ...body })];
    }),
  );
}

/** Documents an answer in JSON: its status, what it is, its schema, and an example that the schema allows. */
export const ApiAnswer = (
  status: number,
  description: string,
  schema: Schema,
  example: unknown,
): MethodDecorator & ClassDecorator => ApiResponse(answer(status, description, schema, example));

/** Documents one page of a list, and the parameters that say which. */
export const ApiPage = (description: string, schema: Schema, example: object): MethodDecorator =>
  applyDecorators(
    ApiQuery({
      name: 'limit',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      description: 'At most so many on a page',
    }),
    ApiQuery({
      name: 'cursor',
      required: false,
      schema: { type: 'string' },
      description: '`next_cursor` of the page before; without it the first page',
    }),
    ApiAnswer(200, description, pageOf(schema), { data: [example], next_cursor: null }),
  );

/** Documents the id in a path. An example only if it is one that every sandbox has. */
export const ApiId = (of: string, example?: string, name = 'id'): MethodDecorator =>
  ApiParam({ name, schema: { type: 'string', example }, description: of });

/** Documents a key that may be sent. Without an example: the page to try it out would send it. */
export const ApiOptionalKey = (): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    schema: { type: 'string', maxLength: 255 },
    description: 'Makes the call safe to repeat: the same key and body get the first answer again, for a day',
  });

/** What the documentation page sends a key of its own for, each time. */
export const freshKey = 'new';

/** Documents a key that must be sent. */
export const ApiRequiredKey = (more = ''): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    description:
      `Of your making, one for each intent: the same key and body get the first answer again${more}. ` +
      `On this page \`${freshKey}\` becomes another key with every press`,
    example: freshKey,
  });

const answer = (
  status: number,
  description: string,
  schema: Schema,
  example: unknown,
): ApiResponseOptions => ({ status, description, content: { 'application/json': { schema, example } } });

/** For `@ApiResponse`: a refusal of one route that says more than its status. */
export const errorExample = (description: string, error: ApiError): ApiResponseOptions =>
  answer(error.status, description, errorSchema, errorBody(error));

/** What every refusal is told with (ACP 2026-04-17 `Error`). */
const errorSchema: Schema = {
  title: 'Error',
  type: 'object',
  required: ['type', 'code', 'message'],
  additionalProperties: false,
  properties: {
    type: word('Whose matter it is: the request, our processing, or a dependency that is away', [
      'invalid_request',
      'processing_error',
      'service_unavailable',
    ]),
    code: text('Machine-readable reason'),
    message: text('For people'),
    param: text('RFC 9535 JSONPath to what is wrong in the request, such as `$.line_items[0].quantity`'),
    supported_versions: {
      type: 'array',
      description: 'With a refused `API-Version`: those that the agent may use',
      items: { type: 'string' },
    },
  },
};
