import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsModule from 'ajv-formats';
import { confirmationSchema, guideErrorSchema, summarySchema } from '../../src/guide/guide.schemas.js';
import type { Answer, SendOptions } from './agent.js';

const ajv = new Ajv2020({ strict: false, allErrors: true });
formatsModule.default(ajv);
const schemas = Object.entries({ error: guideErrorSchema, 200: confirmationSchema, 201: summarySchema });
for (const [name, schema] of schemas) ajv.addSchema(schema, name);

export const usAddress = {
  name: 'Ada Example',
  street: '1 Main Street',
  city: 'San Francisco',
  state: 'CA',
  zip: '94105',
  country: 'US',
};

export const indianAddress = {
  name: 'Asha Example',
  street: '12 MG Road',
  city: 'Bengaluru',
  state: 'KA',
  zip: '560001',
  country: 'IN',
};

/** An agent that knows only the guide's tools. Every answer it gets is held against the documented schema. */
export class GuideAgent {
  constructor(
    readonly url: string,
    private readonly apiKey = 'agent_sandbox_key',
  ) {}

  /** A merino tee to California, unless the test says otherwise. */
  create(body: object = {}, options?: SendOptions): Promise<Answer> {
    const complete = { product_id: 'prod_merino_tee', quantity: 1, shipping_address: usAddress };
    const sent = 'items' in body ? { shipping_address: usAddress, ...body } : { ...complete, ...body };
    return this.send('POST', '/acp/checkout/create', sent, options);
  }

  update(id: string, body: object, options?: SendOptions): Promise<Answer> {
    return this.send('PATCH', `/acp/checkout/${id}/update`, body, { key: null, ...options });
  }

  complete(id: string, token: string | object = 'tok_visa', options?: SendOptions): Promise<Answer> {
    return this.confirm(id, { payment_token: token }, options);
  }

  confirm(id: string, body: object, options?: SendOptions): Promise<Answer> {
    return this.send('POST', `/acp/checkout/${id}/complete`, body, options);
  }

  async send(
    method: string,
    path: string,
    body: object | string | undefined,
    { key = randomUUID(), headers }: SendOptions = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      body: typeof body === 'object' ? JSON.stringify(body) : body,
      headers: {
        Authorization: `Bearer ${this.apiKey}`,
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
    const known = answer.status >= 400 ? 'error' : path.endsWith('/complete') ? '200' : '201';
    if (path.startsWith('/acp/checkout') || answer.status >= 400) assertGuide(known, answer.body);
    return answer;
  }
}

function assertGuide(name: string, value: unknown): void {
  const validate = ajv.getSchema(name);
  if (validate?.(value)) return;
  const problems = validate?.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`);
  throw new Error(`not what is documented: ${problems?.join('; ')}\n${JSON.stringify(value)}`);
}
