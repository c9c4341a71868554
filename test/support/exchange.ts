import { randomUUID } from 'node:crypto';
import type { Answer } from './agent.js';
import { assertConforms } from './conformance.js';

export interface Exchange {
  method?: string;
  path: string;
  /** Over those of a well-behaved agent; null leaves a header out. */
  headers?: Record<string, string | null>;
  body?: string | Uint8Array;
}

/** One request, as wrong as the test wants it. Whatever is refused must be refused with the protocol's flat error. */
export async function exchange(
  url: string,
  { method = 'POST', path, headers = {}, body }: Exchange,
): Promise<Answer> {
  const wellBehaved = {
    Authorization: 'Bearer agent_sandbox_key',
    'API-Version': '2026-04-17',
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(method === 'POST' && { 'Idempotency-Key': randomUUID() }),
  };
  const sent = Object.entries({ ...wellBehaved, ...headers }).filter(([, value]) => value !== null);
  const response = await fetch(`${url}${path}`, {
    method,
    // As bytes, so that nothing adds a Content-Type of its own.
    body: typeof body === 'string' ? Buffer.from(body) : (body as string | undefined),
    headers: sent,
  });
  const text = await response.text();
  const answer = {
    status: response.status,
    text,
    headers: response.headers,
    body: JSON.parse(text) as unknown,
  };
  if (answer.status >= 400) assertConforms('Error', answer.body);
  return answer;
}
