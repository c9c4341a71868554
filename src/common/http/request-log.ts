import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

const logger = new Logger('http');

/** One line per request, once it was answered or given up: what, by whom, how it ended, how long it took. */
export function logRequest(request: Request, response: Response, next: NextFunction): void {
  const startedAt = performance.now();
  // As the router read it: not every target is a URL, and nobody catches what is thrown in a listener.
  const { path } = request;
  response.once('close', () => {
    if (path.startsWith('/health')) return;
    logger[response.statusCode >= 500 ? 'warn' : 'log']({
      event: 'http.request',
      method: request.method,
      path,
      status: response.statusCode,
      ms: Math.round(performance.now() - startedAt),
      ...(!response.writableFinished && { aborted: true }),
    });
  });
  next();
}
