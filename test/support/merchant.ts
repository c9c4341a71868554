import type { Shop } from './shop.js';

export interface MerchantAnswer {
  status: number;
  text: string;
  headers: Headers;
  /** Parsed; what it holds is for the test to say. Undefined if there is none. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

interface Sent {
  method?: string;
  /** An object goes as JSON, a text as it is. */
  body?: object | string | Uint8Array;
  key?: string;
  apiKey?: string;
  headers?: Record<string, string>;
}

/** A call of the merchant's: GET without a body, POST with one, or what is said. */
export async function merchant(
  shop: Pick<Shop, 'url'>,
  path: string,
  {
    body,
    method = body === undefined ? 'GET' : 'POST',
    key,
    apiKey = 'admin_sandbox_key',
    headers,
  }: Sent = {},
): Promise<MerchantAnswer> {
  const plain = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(`${shop.url}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${apiKey}`,
      ...(body !== undefined && { 'Content-Type': plain ? 'application/x-ndjson' : 'application/json' }),
      ...(key !== undefined && { 'Idempotency-Key': key }),
      ...headers,
    },
    body: plain ? (body as string) : body && JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    headers: response.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
