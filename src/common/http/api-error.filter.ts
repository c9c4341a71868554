import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { ApiError, apiErrors, errorBody, errorHeaders } from '../api-error.js';
import { isDatabaseUnavailable } from '../database-errors.js';

/** Everything thrown becomes the protocol's flat error. What is not a refusal is logged with its cause and answered opaquely. */
@Catch()
export class ApiErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const error = toApiError(thrown);
    if (error !== thrown && error.status >= 500) {
      this.logger.error({ event: 'request.failed', status: error.status, error: thrown });
    }
    if (response.headersSent) {
      response.end();
      return;
    }
    response.status(error.status).set(errorHeaders(error)).json(errorBody(error));
  }
}

/** What a thrown thing means to the caller. Also decides what an idempotent request keeps for replay. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (isDatabaseUnavailable(thrown)) return apiErrors.unavailable();
  if (thrown instanceof HttpException) return fromHttpException(thrown);
  return fromBodyReader(thrown) ?? apiErrors.internal();
}

function fromHttpException(exception: HttpException): ApiError {
  const status = exception.getStatus();
  if (status === 404) return apiErrors.notFound('This route');
  return new ApiError({
    status,
    code: status < 500 ? 'invalid' : 'internal_error',
    message: exception.message,
  });
}

/** Express' body reader throws errors with a `type`: https://expressjs.com/en/resources/middleware/body-parser.html#errors */
function fromBodyReader(thrown: unknown): ApiError | undefined {
  const { type, status } = (thrown ?? {}) as { type?: unknown; status?: unknown };
  if (type === 'entity.too.large') return apiErrors.payloadTooLarge();
  if (type === 'encoding.unsupported') return apiErrors.unsupportedMediaType();
  if (typeof type === 'string' && typeof status === 'number' && status < 500) {
    return apiErrors.invalidJson('The request body could not be read.');
  }
  return thrown instanceof URIError ? apiErrors.notFound('This route') : undefined;
}
