import type { NextFunction, Request, Response } from 'express';
import { clientAddress } from '../../common/http/client-address.js';
import type { RateLimiter } from './rate-limiter.js';

/** Before the body is read: nobody knows yet who sends it, and it may be large. */
export const refuseFloods =
  (limiter: RateLimiter) =>
  (request: Request, _: Response, next: NextFunction): void => {
    limiter.takeWebhook(clientAddress(request)).then(() => next(), next);
  };
