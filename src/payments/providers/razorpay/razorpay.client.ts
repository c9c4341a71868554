import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Razorpay from 'razorpay';
import { withoutKeys } from '../quoted-keys.js';
import { failureOf } from './razorpay.failure.js';
import { isRecord } from './razorpay.wire.js';

/** What the package calls through: an axios instance that its types do not mention. */
interface HttpClient {
  defaults: Record<string, unknown> & { transformResponse: unknown[] };
  interceptors: {
    response: { use(success: undefined, failure: (error: Failure) => never): void };
  };
  get(path: string, options?: { params?: object }): Promise<{ data: unknown }>;
  post(path: string, body: object, options?: { headers?: object }): Promise<{ data: unknown }>;
}

interface Response {
  status: number;
  data: unknown;
}

interface Failure {
  code?: string;
  response?: Response;
}

export interface Connection {
  razorpay: Razorpay;
  http: HttpClient;
}

/**
 * The package, made fit for money: it has no timeout, follows redirects, obeys proxy variables, takes no base
 * address, and turns a lost connection into a `TypeError` about its own code. Each request is sent once.
 */
export function connect(
  keys: { keyId: string; keySecret: string },
  { apiBase, timeoutMs }: { apiBase: string | undefined; timeoutMs: number },
): Connection {
  const razorpay = new Razorpay({ key_id: keys.keyId, key_secret: keys.keySecret });
  const http = (razorpay.api as unknown as { rq: HttpClient }).rq;
  const basic = Buffer.from(`${keys.keyId}:${keys.keySecret}`).toString('base64');
  const unquoted = (answer: unknown): unknown =>
    typeof answer === 'string' ? withoutKeys(answer, [keys.keySecret, basic]) : answer;
  Object.assign(http.defaults, {
    transformResponse: [unquoted, ...http.defaults.transformResponse],
    ...(apiBase && { baseURL: apiBase }),
    timeout: timeoutMs,
    maxRedirects: 0,
    proxy: false,
    // An idle connection that the other side closes looks like a lost answer, and a charge has no key to ask with.
    httpAgent: new HttpAgent({ keepAlive: false }),
    httpsAgent: new HttpsAgent({ keepAlive: false }),
  });
  http.interceptors.response.use(undefined, (error) => {
    throw Object.assign(new Error('Razorpay'), { response: readable(error) });
  });
  return { razorpay, http };
}

/** What an error of the HTTP client says, in the form in which the package looks for it. */
function readable({ code, response }: Failure): Response {
  if (!response) return answerless(code ?? 'NETWORK_ERROR');
  const { data, status } = response;
  return isRecord(data) && isRecord(data.error) ? { status, data } : answerless('UNREADABLE');
}

const answerless = (code: string): Response => ({
  status: 0,
  data: { error: { code, description: '', reason: code } },
});

/** Sends, and makes every rejection a `RazorpayFailure`. */
export async function once<T>(send: () => Promise<unknown>, read: (answer: unknown) => T): Promise<T> {
  try {
    return read(await send());
  } catch (error) {
    throw failureOf(error);
  }
}
