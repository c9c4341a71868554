import { randomUUID } from 'node:crypto';
import { assertProtocolResponse } from './conformance.js';

export interface Answer {
  status: number;
  text: string;
  headers: Headers;
  /** Parsed; what it holds is for the test to say. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export interface SendOptions {
  /** The idempotency key; a new one by default, null for none. */
  key?: string | null;
  headers?: Record<string, string>;
}

export const caAddress = {
  name: 'Ada Example',
  line_one: '1 Main Street',
  city: 'San Francisco',
  state: 'CA',
  country: 'US',
  postal_code: '94105',
};

/** An agent that knows only the published protocol. Every answer it gets is held against the published schema. */
export class Agent {
  constructor(
    readonly url: string,
    private readonly apiKey = 'agent_sandbox_key',
  ) {}

  create(body: object = {}, options?: SendOptions): Promise<Answer> {
    const complete = {
      line_items: [{ id: 'item_merino_tee', quantity: 1 }],
      currency: 'usd',
      capabilities: {},
      fulfillment_details: { address: caAddress },
    };
    return this.post('/checkout_sessions', { ...complete, ...body }, options);
  }

  get(id: string): Promise<Answer> {
    return this.send('GET', `/checkout_sessions/${id}`, undefined, { key: null });
  }

  update(id: string, body: object, options?: SendOptions): Promise<Answer> {
    return this.post(`/checkout_sessions/${id}`, body, options);
  }

  /** Pays with a test token, or with what is given instead. */
  complete(id: string, token: string | object = 'tok_visa', options?: SendOptions): Promise<Answer> {
    return this.post(
      `/checkout_sessions/${id}/complete`,
      typeof token === 'string' ? payWith(token) : token,
      options,
    );
  }

  cancel(id: string, body?: object, options?: SendOptions): Promise<Answer> {
    return this.post(`/checkout_sessions/${id}/cancel`, body, options);
  }

  post(path: string, body: object | undefined, options?: SendOptions): Promise<Answer> {
    return this.send('POST', path, body === undefined ? undefined : JSON.stringify(body), options);
  }

  async send(
    method: string,
    path: string,
    body: string | Uint8Array | undefined,
    { key = randomUUID(), headers }: SendOptions = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      body: body as string | undefined,
      headers: {
        Authorization: `Bearer ${this.apiKey}`,
        'API-Version': '2026-04-17',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(key !== null && { 'Idempotency-Key': key }),
        ...headers,
      },
    });
    const text = await response.text();
    const answer = {
      status: response.status,
      text,
      headers: response.headers,
      body: JSON.parse(text) as unknown,
    };
    assertProtocolResponse(answer.status, answer.body);
    return answer;
  }
}

export const payWith = (token: string): object => ({
  payment_data: {
    handler_id: 'card_tokenized',
    instrument: { type: 'card', credential: { type: 'spt', token } },
  },
});

/** The amount of one of a session's totals. */
export const total = (
  session: { totals: { type: string; amount: number }[] },
  type = 'total',
): number | undefined => session.totals.find((entry) => entry.type === type)?.amount;
