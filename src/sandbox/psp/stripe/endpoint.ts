import type { FormObject } from '../form.js';
import type { Change } from '../world.js';
import type { Shape } from './params.js';

/** One request being executed. */
export interface Operation {
  change: Change;
  params: FormObject;
  /** The `:id` of the path. */
  id: string;
  nowSeconds: number;
  /** Lists leave out what was created after this second, when a fault asks for a list that lags behind. */
  listedUntil: number;
}

/**
 * Synchronous on purpose: between reading a row and committing what follows from it, no other request can run.
 */
export interface Endpoint {
  method: 'GET' | 'POST';
  path: string;
  params: Shape;
  /** Exists only for a `Stripe-Version` that ends in `.preview`. */
  preview?: boolean;
  run(operation: Operation): unknown;
}

/** For what happens without a request, such as a decision of the buyer's bank. */
export function operationOn(change: Change, id = ''): Operation {
  const nowSeconds = Math.floor(change.world.now() / 1000);
  return { change, params: {}, id, nowSeconds, listedUntil: Infinity };
}

export interface Route {
  endpoint: Endpoint;
  id: string;
}

export function findRoute(endpoints: readonly Endpoint[], method: string, path: string): Route | null {
  const segments = path.split('/');
  for (const endpoint of endpoints) {
    const pattern = endpoint.path.split('/');
    if (endpoint.method !== method || pattern.length !== segments.length) continue;
    if (!pattern.every((part, index) => part === ':id' || part === segments[index])) continue;
    return { endpoint, id: segments[pattern.indexOf(':id')] ?? '' };
  }
  return null;
}
