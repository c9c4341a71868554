/** `type` of the protocol's error object (ACP 2026-04-17, schema `Error`). */
export type ApiErrorType = 'invalid_request' | 'processing_error' | 'service_unavailable';

export interface ApiErrorOptions {
  status: number;
  code: string;
  message: string;
  /** RFC 9535 JSONPath to what is wrong in the request, or in the session where the request has no such place. */
  param?: string;
  /** Every place that is wrong, `param` first, for wires that tell more than one. */
  params?: string[];
  type?: ApiErrorType;
  retryAfterSeconds?: number;
  /** Methods for `Allow`, on a 405. */
  allow?: string;
  supportedVersions?: string[];
  /** The current version of what the request wanted to change, quoted. */
  etag?: string;
  /** Refusals that only describe this moment (429, `completion_in_progress`) are not kept for replay. */
  storable?: boolean;
}

/** A refusal: the caller is told why, in words. Everything else that is thrown is a surprise and answered opaquely. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly storable: boolean;

  constructor(readonly options: ApiErrorOptions) {
    super(options.message);
    this.status = options.status;
    this.code = options.code;
    this.storable = options.storable ?? (options.status < 500 && options.status !== 429);
  }
}

/** The one place where an error becomes the protocol's flat body. Also used for the replies kept for replay. */
export function errorBody(error: ApiError): Record<string, unknown> {
  const { status, type, code, message, param, supportedVersions } = error.options;
  return {
    type:
      type ??
      (status === 503 ? 'service_unavailable' : status >= 500 ? 'processing_error' : 'invalid_request'),
    code,
    message,
    ...(param !== undefined && { param }),
    ...(supportedVersions && { supported_versions: supportedVersions }),
  };
}

export function errorHeaders(error: ApiError): Record<string, string> {
  const { status, retryAfterSeconds, allow, etag } = error.options;
  return {
    // RFC 9110, 11.6.1: which kind of credentials is wanted.
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    ...(allow !== undefined && { Allow: allow }),
    ...(etag !== undefined && { ETag: etag }),
  };
}

export const apiErrors = {
  invalid: (param: string, message: string) => new ApiError({ status: 400, code: 'invalid', message, param }),
  invalidType: (param: string, message: string) =>
    new ApiError({ status: 400, code: 'invalid_type', message, param }),
  missing: (param: string) =>
    new ApiError({ status: 400, code: 'missing', message: `${param} is required.`, param }),
  invalidJson: (message: string) => new ApiError({ status: 400, code: 'invalid_json', message, param: '$' }),
  unauthorized: () =>
    new ApiError({
      status: 401,
      code: 'unauthorized',
      message: 'A valid API key is required: Authorization: Bearer <key>.',
    }),
  forbidden: (message: string) => new ApiError({ status: 403, code: 'forbidden', message }),
  notFound: (what: string) =>
    new ApiError({ status: 404, code: 'not_found', message: `${what} was not found.` }),
  payloadTooLarge: () =>
    new ApiError({ status: 413, code: 'payload_too_large', message: 'The request body is too large.' }),
  unsupportedMediaType: () =>
    new ApiError({
      status: 415,
      code: 'unsupported_media_type',
      message: 'Send the body as Content-Type: application/json.',
    }),
  rateLimited: (retryAfterSeconds: number) =>
    new ApiError({ status: 429, code: 'rate_limited', message: 'Too many requests.', retryAfterSeconds }),
  internal: () =>
    new ApiError({
      status: 500,
      code: 'internal_error',
      message: 'Something went wrong on our side. The same request may be sent again.',
    }),
  unavailable: (
    message = 'The service is temporarily unavailable. Send the same request again.',
    retryAfterSeconds = 2,
  ) => new ApiError({ status: 503, code: 'service_unavailable', message, retryAfterSeconds }),
};
