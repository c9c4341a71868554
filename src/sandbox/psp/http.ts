import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { SimulatorError } from './control-input.js';
import type { Fault } from './faults.js';

const MAX_BODY_BYTES = 1 << 20;

export interface Call {
  method: string;
  path: string;
  query: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** One provider's API. Stripe and Razorpay share paths such as `/v1/refunds`, so a surface looks at the whole call. */
export interface Surface {
  readonly provider: 'stripe' | 'razorpay';
  claims(call: Pick<Call, 'path' | 'headers'>): boolean;
  /** `fault` is one the surface has to act out in its own words; broken transport is the router's business. */
  answer(call: Call, fault: Fault | undefined): Promise<Answer>;
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new SimulatorError(`A request body is larger than ${MAX_BODY_BYTES} bytes.`, 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
}

/** The API key of a call: the Bearer token, or the user name of Basic authentication. */
export function apiKey(headers: IncomingHttpHeaders): string | null {
  const [scheme, credentials] = (headers.authorization ?? '').split(' ');
  if (!credentials) return null;
  if (scheme?.toLowerCase() === 'bearer') return credentials;
  if (scheme?.toLowerCase() === 'basic') {
    return Buffer.from(credentials, 'base64').toString('utf8').split(':')[0] ?? null;
  }
  return null;
}

/** A live key here is a shop that would take a rehearsal for a sale, or a secret sent to the wrong place. */
export function isLiveKey(key: string): boolean {
  return /^(sk|rk|rzp)_live_/.test(key);
}
