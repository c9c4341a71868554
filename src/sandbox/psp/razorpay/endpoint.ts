import type { Change } from '../world.js';
import type { Params } from './params.js';

/** One request being executed. */
export interface Operation {
  change: Change;
  /** The JSON body, or the query of a GET. */
  params: Params;
  /** The `:id`s of the path, in order. */
  ids: string[];
  keyId: string;
  nowSeconds: number;
  /** Lists leave out what was created after this second, when a fault asks for a list that lags behind. */
  listedUntil: number;
}

/** Synchronous on purpose: between reading a row and committing what follows from it, no other request can run. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  path: string;
  /** Names of the parameters, with spaces between; any other is refused. */
  params: string;
  /** Honours `X-Refund-Idempotency`. */
  keyed?: boolean;
  run(operation: Operation): unknown;
}

/** What an endpoint answers when it carries the request out and then says nothing. */
export const NO_ANSWER = Symbol('no answer');

export interface Route {
  endpoint: Endpoint;
  ids: string[];
}

export function findRoute(endpoints: readonly Endpoint[], method: string, path: string): Route | null {
  const segments = path.replace(/(?<=.)\/$/, '').split('/');
  for (const endpoint of endpoints) {
    const pattern = endpoint.path.split('/');
    if (endpoint.method !== method || pattern.length !== segments.length) continue;
    if (!pattern.every((part, index) => part === ':id' || part === segments[index])) continue;
    return { endpoint, ids: segments.filter((_, index) => pattern[index] === ':id') };
  }
  return null;
}
