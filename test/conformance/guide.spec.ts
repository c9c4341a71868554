import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsModule from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/agent.js';
import { GuideAgent, indianAddress, usAddress } from '../support/guide-agent.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- what it holds is for the tests to say */
type Document = any;

const create = '/acp/checkout/create';
const routes = (id: string): [string, string, object | undefined][] => [
  ['POST', create, { product_id: 'prod_merino_tee' }],
  ['PATCH', `/acp/checkout/${id}/update`, {}],
  ['POST', `/acp/checkout/${id}/complete`, { payment_token: 'tok_visa' }],
  ['GET', '/acp/tools', undefined],
];

describe('the guide routes', () => {
  let shop: Shop;
  let agent: GuideAgent;
  beforeAll(async () => {
    shop = await startShop({}, { timings: { settingsCacheMs: 1 } });
    agent = new GuideAgent(shop.url);
  });
  afterAll(() => shop.close());

  const refusal = ({ status, body }: Answer): unknown[] => [status, body.error.code, body.error.fields];

  describe('refuse', () => {
    it('in their own words whoever has no key, or the wrong one', async () => {
      for (const [method, path, body] of routes('cs_unknown')) {
        const send = (Authorization: string): Promise<Answer> =>
          agent.send(method, path, body, { headers: { Authorization } });
        expect(refusal(await send('Bearer nobody'))).toEqual([401, 'unauthorized', undefined]);
        expect(refusal(await send('Bearer admin_sandbox_key'))).toEqual([403, 'forbidden', undefined]);
      }
    });

    it('in their own words what comes before any route', async () => {
      const answers = [
        await agent.send('GET', '/acp/nowhere', undefined),
        await agent.send('GET', create, undefined),
        await agent.send('GET', '/acp', undefined),
        await agent.send('GET', `/acp/${'long'.repeat(200)}`, undefined),
        await agent.send('GET', '/acp/%00', undefined),
        await agent.send('GET', '/acp/%zz', undefined),
        await agent.send('POST', create, `"${'x'.repeat(300_000)}"`),
        await agent.send('POST', create, 'a=b', { headers: { 'Content-Type': 'text/plain' } }),
        await agent.send('POST', create, '{"product_id":'),
        await agent.send('POST', create, '[]'),
      ];
      expect(answers.map(({ status, body }) => `${status} ${body.error.code}`)).toEqual([
        ...Array<string>(6).fill('404 not_found'),
        '413 payload_too_large',
        '415 unsupported_media_type',
        '400 invalid_request',
        '400 invalid_request',
      ]);
    });

    it('whoever asks too often', async () => {
      const limit = (perSecond: number): Promise<unknown> =>
        shop.db.query(
          `INSERT INTO setting (namespace, version, "values", updated_at, updated_by) VALUES ('access', 1, $1, now(), 'test')
           ON CONFLICT (namespace) DO UPDATE SET version = setting.version + 1, "values" = $1`,
          [{ requestsPerSecond: perSecond }],
        );
      await limit(1);
      // Many at once: even spread over some windows of a second by a slow machine, one is over the limit.
      const answers = await Promise.all(Array.from({ length: 12 }, () => agent.create()));
      await limit(1000);
      await until(
        () => agent.create(),
        ({ status }) => status !== 429,
      );
      const refused = answers.find(({ status }) => status === 429);
      expect(refused?.body.error).toMatchObject({ code: 'rate_limited', retryable: true });
      expect(refused?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    });

    it('no other routes: theirs alone speak like this', async () => {
      const response = await fetch(`${shop.url}/acpx`, { headers: { Authorization: 'Bearer nobody' } });
      expect(await response.json()).toMatchObject({ type: 'invalid_request', code: 'not_found' });
    });

    it.each([
      ['nothing', {}, ['product_id']],
      ['no items', { items: [] }, ['items']],
      ['an unknown product', { product_id: 'prod_nothing' }, ['product_id']],
      ['an unknown product in a list', { items: [{ product_id: 'x' }] }, ['items[0].product_id']],
      ['a product with several items', { product_id: 'prod_trail_shoe' }, ['variant_id']],
      [
        'the same in a list',
        { items: [{ product_id: 'prod_merino_tee' }, { product_id: 'prod_trail_shoe' }] },
        ['items[1].variant_id'],
      ],
      [
        'a variant of another product',
        { product_id: 'prod_trail_shoe', variant_id: 'item_merino_tee' },
        ['variant_id'],
      ],
      ['both forms', { product_id: 'x', items: [{ product_id: 'y' }] }, ['items', 'product_id']],
      ['half an item', { product_id: 'prod_merino_tee', quantity: 0.5 }, ['quantity']],
      ['no item', { items: [{ product_id: 'prod_merino_tee', quantity: 0 }] }, ['items[0].quantity']],
      ['too many of one item', { product_id: 'prod_merino_tee', quantity: 1_000_001 }, ['quantity']],
      [
        'too many in two lines',
        { items: [1, 2].map(() => ({ product_id: 'prod_merino_tee', quantity: 600_000 })) },
        ['items[1].quantity'],
      ],
      [
        'two mistakes',
        { items: [{ product_id: 7, quantity: 'two' }], currency: 'dollars' },
        ['items[0].product_id', 'items[0].quantity', 'currency'],
      ],
      ['another currency', { product_id: 'prod_merino_tee', currency: 'JPY' }, ['currency']],
      ['no address', { product_id: 'prod_merino_tee', shipping_address: 'here' }, ['shipping_address']],
      ['no key', { product_id: 'prod_merino_tee', idempotency_key: 7 }, ['idempotency_key']],
    ])('to create a checkout for %s', async (_, body, fields) => {
      const answer = await agent.send('POST', create, body);
      const { status, body: refused } = answer;
      expect([status, refused.error.code]).toEqual([400, 'invalid_request']);
      expect([...(refused.error.fields as string[])].sort()).toEqual([...fields].sort());
      expect(refused.error.message).toMatch(/^[^$]+$/);
    });

    it('an item that has no price in the currency, by the name the agent gave it', async () => {
      await shop.db.query(`DELETE FROM item_price WHERE item_id = 'item_enamel_mug' AND currency = 'inr'`);
      const mug = { product_id: 'prod_enamel_mug' };
      const flat = await agent.create({ ...mug, currency: 'inr' });
      const listed = await agent.create({ items: [mug], currency: 'inr' });
      expect([refusal(flat), refusal(listed)]).toEqual([
        [400, 'invalid_request', ['product_id']],
        [400, 'invalid_request', ['items[0].product_id']],
      ]);
    });

    it.each([
      [{ zip: undefined }, ['zip']],
      [{ zip: '9410' }, ['zip']],
      [{ zip: 94105 }, ['zip']],
      [{ ...indianAddress, zip: '94105' }, ['zip']],
      [{ state: 'California' }, ['state']],
      [{ state: 'XX', zip: '' }, ['state', 'zip']],
      [{ ...indianAddress, state: '' }, ['state']],
      [{ country: 'USA' }, ['country']],
      [{ country: 'JP', state: 'Tokyo', zip: '100-0001' }, ['country']],
      [{ name: ' ', street: '', city: null }, ['city', 'name', 'street']],
      [{ street: 'x'.repeat(257) }, ['street']],
    ])('the address %j, naming just what is wrong with it', async (wrong, fields) => {
      const answer = await agent.create({ shipping_address: { ...usAddress, ...wrong } });
      expect([answer.status, answer.body.error.code]).toEqual([400, 'invalid_address']);
      expect([...(answer.body.error.fields as string[])].sort()).toEqual(fields);
    });

    it.each([
      [{ payment_token: '' }, ['payment_token']],
      [{ payment_token: { token: 'pay_1' } }, ['payment_token']],
      [{ payment_token: { type: 'razorpay_payment', token: 'pay_1', order_id: 7 } }, ['payment_token']],
      [{ payment_token: ['tok_visa'] }, ['payment_token']],
      [{ payment_token: 'tok_visa', buyer: { email: 'ada' } }, ['buyer.email']],
      [{ payment_token: 'tok_visa', buyer: { name: 'Ada' } }, ['buyer.email']],
    ])('to complete with %j', async (body, fields) => {
      const { body: checkout } = await agent.create();
      const answer = await agent.confirm(checkout.checkout_id as string, body);
      expect(refusal(answer)).toEqual([400, 'invalid_request', fields]);
    });
  });

  it.each([
    { country: 'us', state: 'us-ca' },
    { country: 'US', state: 'NY', zip: '10001-1234' },
    { country: 'GB', state: undefined, zip: 'SW1A 1AA' },
    { country: 'CA', state: 'ON', zip: 'K1A 0B1' },
    { country: 'DE', state: '', zip: '10115' },
    { country: 'AU', state: 'NSW', zip: '2000' },
    { country: 'FR', state: null, zip: '75001' },
  ])('deliver to %j', async (address) => {
    const answer = await agent.create({ shipping_address: { ...usAddress, ...address } });
    expect(answer.status).toBe(201);
    expect(answer.body.selected_shipping).not.toBeNull();
    // What this wire takes, the protocol must be able to show.
    expect((await shop.agent.get(answer.body.checkout_id as string)).status).toBe(200);
  });

  describe('tell their tools', () => {
    const tools = async (): Promise<Map<string, Document>> => {
      const { status, body } = await agent.send('GET', '/acp/tools', undefined, { key: null });
      expect(status).toBe(200);
      return new Map(body.tools.map((tool: Document) => [tool.function.name, tool]));
    };

    it('for function calling, as valid JSON Schema with every argument described', async () => {
      const ajv = new Ajv2020({ strict: true, strictRequired: false });
      formatsModule.default(ajv);
      const known = await tools();
      expect([...known.keys()]).toEqual(['initiate_checkout', 'confirm_purchase']);
      for (const [name, tool] of known) {
        expect(tool).toMatchObject({ type: 'function', function: { description: expect.any(String) } });
        expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
        const { parameters } = tool.function;
        expect(ajv.validateSchema(parameters)).toBe(true);
        expect(parameters).toMatchObject({ type: 'object', additionalProperties: false });
        expect(Object.keys(parameters.properties)).toEqual(expect.arrayContaining(parameters.required));
        for (const argument of Object.values<Document>(parameters.properties))
          expect(argument.description ?? argument.type).toBeTypeOf('string');
      }
    });

    it('so that arguments that are valid buy something', async () => {
      const known = await tools();
      const ajv = new Ajv2020({ strict: true, strictRequired: false });
      formatsModule.default(ajv);
      const valid = (name: string, sent: object): boolean =>
        ajv.compile(known.get(name).function.parameters as object)(sent);
      const start = {
        product_id: 'prod_merino_tee',
        quantity: 1,
        shipping_address: usAddress,
        idempotency_key: randomUUID(),
      };
      expect(valid('initiate_checkout', start)).toBe(true);
      const { body } = await agent.send('POST', create, start, { key: null });
      const { checkout_id } = body;
      const confirm = {
        payment_token: 'tok_visa',
        buyer: { email: 'ada@example.com', name: 'Ada Example' },
        shipping_option_id: body.selected_shipping.id,
        idempotency_key: randomUUID(),
      };
      expect(valid('confirm_purchase', { checkout_id, ...confirm })).toBe(true);
      expect((await agent.confirm(checkout_id as string, confirm, { key: null })).body.status).toBe(
        'confirmed',
      );
      expect(valid('initiate_checkout', { quantity: 1 })).toBe(false);
      expect(valid('confirm_purchase', { checkout_id, payment_token: 'tok_visa' })).toBe(false);
    });
  });

  describe('are documented', () => {
    let document: Document;
    beforeAll(async () => {
      document = await (await fetch(`${shop.url}/docs/json`)).json();
    });
    const operations = (): [string, Document][] => [
      ['201', document.paths[create].post],
      ['200', document.paths['/acp/checkout/{id}/update'].patch],
      ['200', document.paths['/acp/checkout/{id}/complete'].post],
    ];

    it('with every refusal they can answer', () => {
      const answered = operations().map(([, { responses }]) => Object.keys(responses).map(Number));
      const always = [400, 401, 403, 409, 413, 415, 422, 429, 500, 503];
      expect(answered[0]).toEqual(expect.arrayContaining(always));
      expect(answered[1]).toEqual(expect.arrayContaining([...always, 404, 410]));
      expect(answered[2]).toEqual(expect.arrayContaining([...always, 402, 404, 410]));
    });

    it('with examples that do what their names say', async () => {
      const [[, starts], [, changes], [, ends]] = operations() as [
        [string, Document],
        [string, Document],
        [string, Document],
      ];
      const examples = ({ requestBody }: Document): [string, object][] =>
        Object.entries<Document>(requestBody.content['application/json'].examples).map(
          ([name, { value }]) => [name, value],
        );
      const [[, shoe] = ['', {}]] = examples(starts);
      const started = async (): Promise<Answer> => agent.send('POST', create, shoe);
      for (const [name, body] of examples(starts))
        expect([name, (await agent.send('POST', create, body)).status]).toEqual([name, 201]);
      const shown = starts.responses['201'].content['application/json'].example;
      const { body: real } = await started();
      expect(real).toMatchObject({ items: shown.items, tax: shown.tax, total: shown.total });
      for (const [name, body] of examples(changes))
        expect([name, (await agent.update(real.checkout_id as string, body)).status]).toEqual([name, 200]);
      const outcomes: Record<string, number> = {};
      for (const [name, body] of examples(ends))
        outcomes[name] = (await agent.confirm((await started()).body.checkout_id as string, body)).status;
      expect(outcomes).toEqual({ 'a card that succeeds': 200, 'a card that is declined': 402 });
    });
  });
});
