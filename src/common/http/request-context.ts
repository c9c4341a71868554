import { AsyncLocalStorage } from 'node:async_hooks';
import type { NextFunction, Request, Response } from 'express';
import { newId } from '../id.js';

/** Facts about the request being served; they end up in its log line. */
export interface RequestFacts {
  requestId: string;
  agentId?: string;
  idempotency?: string;
}

const storage = new AsyncLocalStorage<RequestFacts>();

export const requestContext = {
  get: (): RequestFacts | undefined => storage.getStore(),
  set: (facts: Partial<RequestFacts>): void => {
    Object.assign(storage.getStore() ?? {}, facts);
  },
  /** For work that goes on after its request was answered. */
  run: <T>(facts: RequestFacts, work: () => T): T => storage.run(facts, work),
};

/** Takes the caller's `Request-Id` or makes one, echoes it and the idempotency key, and opens the context (ACP §1.3). */
export function openRequestContext(request: Request, response: Response, next: NextFunction): void {
  const sent = request.get('request-id');
  const requestId = sent && /^[\x21-\x7e]{1,255}$/.test(sent) ? sent : newId('req');
  response.setHeader('Request-Id', requestId);
  const key = request.get('idempotency-key');
  if (key) response.setHeader('Idempotency-Key', key);
  storage.run({ requestId }, next);
}
