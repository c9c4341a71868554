import type { NextFunction, Request, Response } from 'express';
import { apiErrors } from '../api-error.js';

/** Longer than any path that we have, and short enough for the index that a claimed path goes into. */
const maximumLength = 500;

/** No id of ours is that long or has a NUL, and PostgreSQL can neither index the one nor compare the other. */
export function refuseImpossiblePath(request: Request, _: Response, next: NextFunction): void {
  const possible = request.path.length <= maximumLength && !request.path.includes('%00');
  next(possible ? undefined : apiErrors.notFound('This route'));
}
