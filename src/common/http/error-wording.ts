import type { NextFunction, Request, Response } from 'express';
import { type ApiError, errorBody, errorHeaders } from '../api-error.js';

/** A refusal as one wire tells it. */
export interface WordedError {
  status: number;
  headers: Record<string, string>;
  body: object;
}

export type ErrorWording = (error: ApiError) => WordedError;

type WordedResponse = Response<unknown, { errorWording?: ErrorWording }>;

export const protocolWording: ErrorWording = (error) => ({
  status: error.status,
  headers: errorHeaders(error),
  body: errorBody(error),
});

/**
 * For all routes under one path, those that do not exist too: how they tell a refusal, sent or stored. By path and
 * not by controller, because what is refused early never reaches one.
 */
export const wordErrors =
  (wording: ErrorWording) =>
  (_: Request, response: WordedResponse, next: NextFunction): void => {
    response.locals.errorWording = wording;
    next();
  };

export const wordingOf = (response: Response): ErrorWording =>
  (response as WordedResponse).locals.errorWording ?? protocolWording;
