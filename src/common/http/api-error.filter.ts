import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { ApiError, apiErrors } from '../api-error.js';
import { isDatabaseUnavailable } from '../database-errors.js';
import { wordingOf } from './error-wording.js';

/** Everything thrown becomes the error of the wire it was asked on. What is not a refusal is logged with its cause and answered opaquely. */
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
    const { status, headers, body } = wordingOf(response)(error);
    response.status(status).set(headers).json(body);
  }
}

/** What a thrown thing means to the caller. Also decides what an idempotent request keeps for replay. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (isDatabaseUnavailable(thrown)) return apiErrors.unavailable();
  return thrown instanceof HttpException ? fromHttpException(thrown) : apiErrors.internal();
}

function fromHttpException(exception: HttpException): ApiError {
  const status = exception.getStatus();
  if (status === 404) return apiErrors.notFound('This route');
  const code = status < 500 ? 'invalid' : 'internal_error';
  return fromExpress(exception.cause) ?? new ApiError({ status, code, message: exception.message });
}

/**
 * What Express' router and body reader refuse. Nest wraps their errors, and their messages quote the request.
 * https://expressjs.com/en/resources/middleware/body-parser.html#errors
 */
function fromExpress(cause: unknown): ApiError | undefined {
  if (cause instanceof URIError) return apiErrors.notFound('This route');
  const { status } = (cause ?? {}) as { status?: unknown };
  if (status === 413) return apiErrors.payloadTooLarge();
  if (status === 415) return apiErrors.unsupportedMediaType();
  return status === 400 ? apiErrors.invalidJson('The request body could not be read.') : undefined;
}
