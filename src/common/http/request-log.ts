import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

const logger = new Logger('http');

/** One line per request, once it was answered or given up: what, by whom, how it ended, how long it took. */
export function logRequest(request: Request, response: Response, next: NextFunction): void {
  const startedAt = performance.now();
  response.once('close', () => {
    const { pathname } = new URL(request.originalUrl, 'http://local');
    if (pathname.startsWith('/health')) return;
    logger[response.statusCode >= 500 ? 'warn' : 'log']({
      event: 'http.request',
      method: request.method,
      path: pathname,
      status: response.statusCode,
      ms: Math.round(performance.now() - startedAt),
      ...(!response.writableFinished && { aborted: true }),
    });
  });
  next();
}
