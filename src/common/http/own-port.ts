import type { NextFunction, Request, Response } from 'express';
import { apiErrors } from '../api-error.js';

/** Whether a request came in at this port of ours, whatever its headers say. */
export const cameInAt = (request: Pick<Request, 'socket'>, port: number | undefined): boolean =>
  port !== undefined && request.socket.localPort === port;

/** For paths that are served at one port only: at any other they do not exist. */
export const onlyAt =
  (port: number) =>
  (request: Request, _: Response, next: NextFunction): void =>
    next(cameInAt(request, port) ? undefined : apiErrors.notFound('This route'));
