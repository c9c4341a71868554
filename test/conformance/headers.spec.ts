import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeysService } from '../../src/access/api-keys.service.js';
import { StripeProvider } from '../../src/payments/providers/stripe/stripe.provider.js';
import { Agent, type Answer, payWith } from '../support/agent.js';
import { exchange, type Exchange } from '../support/exchange.js';
import { Gate } from '../support/gate.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const cart = { line_items: [{ id: 'item_merino_tee' }], currency: 'usd', capabilities: {} };
const validCart = JSON.stringify(cart);
const withMetadata = (metadata: string): string => validCart.replace(/}$/, `,"metadata":${metadata}}`);

describe('the headers of the protocol', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings: { settingsCacheMs: 1, keyCacheMs: 1 } });
  });
  afterAll(() => shop.close());

  const send = (request: Exchange): Promise<Answer> => exchange(shop.url, request);
  const create = (headers: Exchange['headers'] = {}, body: Exchange['body'] = validCart): Promise<Answer> =>
    send({ path: '/checkout_sessions', headers, body });
  const keys = (): ApiKeysService => shop.server.app.get(ApiKeysService);
  const routesOf = (id: string): Exchange[] => [
    { path: '/checkout_sessions', body: validCart },
    { method: 'GET', path: `/checkout_sessions/${id}` },
    { path: `/checkout_sessions/${id}`, body: '{}' },
    { path: `/checkout_sessions/${id}/complete`, body: JSON.stringify(payWith('tok_visa')) },
    { path: `/checkout_sessions/${id}/cancel` },
  ];

  it('checks a request in the order of the protocol', async () => {
    const { body: session } = await shop.agent.create();
    const { body: canceled } = await shop.agent.create();
    await shop.agent.cancel(canceled.id);
    const unknown = '/checkout_sessions/cs_unknown';
    const usedKey = randomUUID();
    expect((await send({ path: unknown, headers: { 'Idempotency-Key': usedKey }, body: '{}' })).status).toBe(
      404,
    );

    // Everything is wrong with it; each step mends one thing.
    let request: Exchange = {
      path: unknown,
      headers: {
        Authorization: null,
        'API-Version': null,
        'Content-Type': 'text/plain',
        'Idempotency-Key': null,
      },
      body: '['.repeat(300_000),
    };
    const mend = (change: Partial<Exchange>): void => {
      request = { ...request, ...change, headers: { ...request.headers, ...change.headers } };
    };
    const refusal = async (): Promise<string> => {
      const { status, body } = await send(request);
      return `${status} ${body.code ?? body.status}`;
    };
    expect(await refusal()).toBe('413 payload_too_large');
    mend({ body: '{"line_items":' });
    expect(await refusal()).toBe('401 unauthorized');
    mend({ headers: { Authorization: 'Bearer agent_sandbox_key' } });
    expect(await refusal()).toBe('400 missing_api_version');
    mend({ headers: { 'API-Version': '2026-04-17' } });
    expect(await refusal()).toBe('415 unsupported_media_type');
    mend({ headers: { 'Content-Type': 'application/json' } });
    expect(await refusal()).toBe('400 invalid_json');
    mend({ body: '{"line_items":7}' });
    expect(await refusal()).toBe('400 idempotency_key_required');
    mend({ headers: { 'Idempotency-Key': usedKey } });
    expect(await refusal()).toBe('422 idempotency_conflict');
    mend({ headers: { 'Idempotency-Key': randomUUID() } });
    expect(await refusal()).toBe('400 invalid_type');
    mend({ body: '{"line_items":[]}', headers: { 'Idempotency-Key': randomUUID() } });
    expect(await refusal()).toBe('404 not_found');
    mend({ path: `/checkout_sessions/${canceled.id}`, headers: { 'Idempotency-Key': randomUUID() } });
    expect(await refusal()).toBe('405 session_canceled');
    mend({ path: `/checkout_sessions/${session.id}`, headers: { 'Idempotency-Key': randomUUID() } });
    expect(await refusal()).toBe('200 not_ready_for_payment');
  });

  describe('API-Version', () => {
    it.each([
      ['absent', null, 'missing_api_version'],
      ['empty', '', 'missing_api_version'],
      ['of another day', '2026-04-18', 'unsupported_api_version'],
      ['not a date', 'latest', 'unsupported_api_version'],
    ])(
      'is refused on every route when it is %s, with the list of those that are spoken',
      async (_, version, code) => {
        const { body: session } = await shop.agent.create();
        for (const route of routesOf(session.id)) {
          const { status, body } = await send({ ...route, headers: { 'API-Version': version } });
          expect({ status, code: body.code }).toEqual({ status: 400, code });
          expect(body.supported_versions[0]).toBe('2026-04-17');
          expect(body.supported_versions).toEqual([...body.supported_versions].sort().reverse());
        }
      },
    );

    it('is told back in the session', async () => {
      expect((await create()).body.protocol).toEqual({ version: '2026-04-17' });
    });
  });

  describe('Authorization', () => {
    it.each([
      ['absent', null],
      ['empty', ''],
      ['without a scheme', 'agent_sandbox_key'],
      ['of another scheme', 'Basic agent_sandbox_key'],
      ['without a key', 'Bearer'],
      ['with an unknown key', 'Bearer agent_sandbox_keys'],
      ['with the beginning of a key', 'Bearer agent_sandbox'],
      ['with more than a key', 'Bearer agent_sandbox_key agent_sandbox_key'],
      ['longer than any key', `Bearer ${'k'.repeat(2000)}`],
    ])('is refused on every route when it is %s', async (_, authorization) => {
      for (const route of [...routesOf('cs_unknown'), { method: 'GET', path: '/admin/orders' }]) {
        const { status, body } = await send({ ...route, headers: { Authorization: authorization } });
        expect({ status, ...body }).toMatchObject({
          status: 401,
          type: 'invalid_request',
          code: 'unauthorized',
        });
      }
    });

    it('takes the scheme in any case', async () => {
      expect((await create({ Authorization: 'bearer agent_sandbox_key' })).status).toBe(201);
    });

    it("keeps the merchant out of the agents' routes", async () => {
      for (const route of routesOf('cs_unknown')) {
        const { status, body } = await send({
          ...route,
          headers: { Authorization: 'Bearer admin_sandbox_key' },
        });
        expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
      }
    });

    it("keeps agents out of the merchant's routes", async () => {
      const { body: session } = await shop.agent.create();
      const paths = ['/admin/checkout-sessions', `/admin/checkout-sessions/${session.id}`, '/admin/orders'];
      for (const path of paths) {
        const { status, body } = await send({ method: 'GET', path });
        expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
      }
    });

    it('refuses keys that were revoked and keys that have expired', async () => {
      const revoked = await keys().create({ name: 'revoked', scopes: ['agent'], actor: 'test' });
      expect((await create({ Authorization: `Bearer ${revoked.key}` })).status).toBe(201);
      await keys().revoke(revoked.id, 'test');
      await until(
        () => create({ Authorization: `Bearer ${revoked.key}` }),
        ({ status }) => status === 401,
      );
      const expired = await keys().create({
        name: 'expired',
        scopes: ['agent'],
        actor: 'test',
        expiresAt: new Date(0),
      });
      expect((await create({ Authorization: `Bearer ${expired.key}` })).status).toBe(401);
    });
  });

  describe('ownership', () => {
    it("answers another agent's session like one that does not exist", async () => {
      const stranger = new Agent(
        shop.url,
        (await keys().create({ name: 'stranger', scopes: ['agent'], actor: 'test' })).key,
      );
      const { body: session } = await shop.agent.create();
      const before = await shop.agent.get(session.id);
      for (const id of [session.id, 'cs_unknown'] as string[]) {
        const answers = [
          await stranger.get(id),
          await stranger.update(id, { order_notes: 'mine' }),
          await stranger.complete(id),
          await stranger.cancel(id),
        ];
        for (const { status, body } of answers) {
          expect({ status, ...body }).toEqual({
            status: 404,
            type: 'invalid_request',
            code: 'not_found',
            message: 'The checkout session was not found.',
          });
        }
      }
      expect((await shop.agent.get(session.id)).text).toBe(before.text);
    });

    it('belongs to the agent, whichever of its keys it uses', async () => {
      const first = await keys().create({ name: 'rotating', scopes: ['agent'], actor: 'test' });
      const second = await keys().create({
        name: 'rotated',
        scopes: ['agent'],
        agentId: first.agentId,
        actor: 'test',
      });
      const { body: session } = await new Agent(shop.url, first.key).create();
      expect((await new Agent(shop.url, second.key).get(session.id)).body).toEqual(session);
    });

    it("keeps agents' idempotency keys apart", async () => {
      const stranger = await keys().create({ name: 'namesake', scopes: ['agent'], actor: 'test' });
      const key = randomUUID();
      const mine = await create({ 'Idempotency-Key': key });
      const theirs = await create({ 'Idempotency-Key': key, Authorization: `Bearer ${stranger.key}` });
      expect(theirs.status).toBe(201);
      expect(theirs.body.id).not.toBe(mine.body.id);
    });
  });

  describe('Content-Type', () => {
    it.each([
      null,
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
    ])('refuses a body that says it is %s', async (type) => {
      const { status, body } = await create({ 'Content-Type': type });
      expect({ status, code: body.code }).toEqual({ status: 415, code: 'unsupported_media_type' });
    });

    it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.acp+json'])(
      'takes %s',
      async (type) => {
        expect((await create({ 'Content-Type': type })).status).toBe(201);
      },
    );

    it('is not asked for where there is no body', async () => {
      const { body: session } = await shop.agent.create();
      const { status } = await send({
        path: `/checkout_sessions/${session.id}/cancel`,
        headers: { 'Content-Type': null },
      });
      expect(status).toBe(200);
    });
  });

  describe('Content-Encoding', () => {
    it('takes a compressed body', async () => {
      expect((await create({ 'Content-Encoding': 'gzip' }, gzipSync(validCart))).status).toBe(201);
    });

    it('refuses one that is too large once it is unpacked', async () => {
      const { status, body } = await create({ 'Content-Encoding': 'gzip' }, gzipSync(' '.repeat(10_000_000)));
      expect({ status, code: body.code }).toEqual({ status: 413, code: 'payload_too_large' });
    });

    it('refuses one that cannot be unpacked, and encodings it does not know', async () => {
      expect((await create({ 'Content-Encoding': 'gzip' }, 'not gzip')).body).toMatchObject({
        code: 'invalid_json',
        param: '$',
      });
      expect((await create({ 'Content-Encoding': 'snappy' })).status).toBe(415);
    });
  });

  describe('a body', () => {
    it.each<[string, string | Uint8Array]>([
      ['is cut off', validCart.slice(0, -1)],
      ['goes on after its end', `${validCart}{}`],
      ['is JavaScript', "{currency: 'usd'}"],
      ['has a comma too many', validCart.replace(/}$/, ',}')],
      ['has a comment', `${validCart}// usd`],
      ['is only space', '  '],
      [
        'is not UTF-8',
        Buffer.concat([Buffer.from(validCart.slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')]),
      ],
      ['is UTF-16', Buffer.from(validCart, 'utf16le')],
      ['has a key twice', validCart.replace('{', '{"currency":"inr",')],
      ['has a key twice, once escaped', validCart.replace('{', '{"\\u0063urrency":"inr",')],
      ['has a key twice deep inside', withMetadata('{"a":[{"b":1,"b":1}]}')],
      ['has a NUL', withMetadata('{"a":"\\u0000"}')],
      ['has a NUL in a key', withMetadata('{"\\u0000":1}')],
      ['has half a surrogate pair', withMetadata('{"a":"\\ud83d"}')],
      ['has half a surrogate pair in a key', withMetadata('{"\\udc00":1}')],
      ['has an integer beyond 2^53', withMetadata('{"a":9007199254740993}')],
      ['has a negative integer beyond 2^53', withMetadata('{"a":-9007199254740993}')],
      ['has a number beyond all numbers', withMetadata('{"a":1e400}')],
      ['is nested deeper than 32 levels', withMetadata('['.repeat(32) + ']'.repeat(32))],
      ['is nested as deep as its length allows', '['.repeat(200_000)],
    ])('is refused when it %s', async (_, sent) => {
      const { status, body } = await create({}, sent);
      expect({ status, ...body }).toMatchObject({
        status: 400,
        type: 'invalid_request',
        code: 'invalid_json',
        param: '$',
      });
    });

    it.each(['[]', '[{}]', '"text"', '7', 'true', 'null'])(
      'is refused when it is %s and not an object',
      async (sent) => {
        const { status, body } = await create({}, sent);
        expect({ status, code: body.code, param: body.param }).toEqual({
          status: 400,
          code: 'invalid_type',
          param: '$',
        });
      },
    );

    it('may use all that JSON can carry exactly', async () => {
      const metadata = `{"max":9007199254740991,"e":1e3,"text":"\\ud83d\\ude00 \\u0001 \u2028","deep":${'['.repeat(30)}${']'.repeat(30)}}`;
      const { status, body } = await create({}, withMetadata(metadata));
      expect(status).toBe(201);
      expect(body.metadata).toEqual(JSON.parse(metadata));
    });

    it('may begin with a byte order mark', async () => {
      expect((await create({}, `\uFEFF${validCart}`)).status).toBe(201);
    });
  });

  describe('Request-Id', () => {
    it('comes back as it was sent, on success and on every kind of refusal', async () => {
      const answers = await Promise.all([
        create({ 'Request-Id': 'trace/1' }),
        create({ 'Request-Id': 'trace/1' }, '{'),
        create({ 'Request-Id': 'trace/1', Authorization: null }),
        create({ 'Request-Id': 'trace/1', 'API-Version': null }),
        create({ 'Request-Id': 'trace/1' }, ' '.repeat(300_000)),
        send({ method: 'GET', path: '/nowhere', headers: { 'Request-Id': 'trace/1' } }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([201, 400, 401, 400, 413, 404]);
      expect(answers.map(({ headers }) => headers.get('request-id'))).toEqual(answers.map(() => 'trace/1'));
    });

    it('is made where none was sent, another one for each request', async () => {
      const made = await Promise.all([create(), create(), create({ Authorization: null })]);
      const ids = made.map(({ headers }) => headers.get('request-id'));
      expect(new Set(ids).size).toBe(3);
      for (const id of ids) expect(id).toMatch(/^req_\w{36}$/);
    });
  });

  describe('Idempotency-Key', () => {
    it.each([
      ['absent', null],
      ['empty', ''],
      ['only space', '   '],
    ])('is wanted by every POST and refused when it is %s', async (_, key) => {
      const { body: session } = await shop.agent.create();
      for (const route of routesOf(session.id).filter(({ method }) => method !== 'GET')) {
        const { status, body } = await send({ ...route, headers: { 'Idempotency-Key': key } });
        expect({ status, ...body }).toMatchObject({
          status: 400,
          code: 'idempotency_key_required',
          type: 'invalid_request',
        });
      }
      expect((await shop.agent.get(session.id)).body).toEqual(session);
    });

    it('may have 255 characters and no more', async () => {
      expect((await create({ 'Idempotency-Key': 'k'.repeat(255) })).status).toBe(201);
      const { status, body } = await create({ 'Idempotency-Key': 'k'.repeat(256) });
      expect({ status, code: body.code, param: body.param }).toEqual({
        status: 400,
        code: 'invalid',
        param: '$.headers["Idempotency-Key"]',
      });
    });

    it('comes back on every POST, whatever its answer', async () => {
      const { body: session } = await shop.agent.create();
      const key = randomUUID();
      const headers = { 'Idempotency-Key': key };
      const answers = [
        await create(headers),
        await create(headers),
        await create(headers, validCart.replace('tee', 'mug')),
        await send({ path: '/checkout_sessions/cs_unknown', headers, body: '{}' }),
        await send({ path: `/checkout_sessions/${session.id}`, headers, body: '{"line_items":7}' }),
        await send({ path: `/checkout_sessions/${session.id}/cancel`, headers }),
        await create({ ...headers, 'API-Version': null }),
        await create({ ...headers, Authorization: null }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 422, 404, 400, 200, 400, 401]);
      expect(answers.map((answer) => answer.headers.get('idempotency-key'))).toEqual(answers.map(() => key));
    });

    it('replays answers and refusals byte for byte and says so, and says so nowhere else', async () => {
      const unknown = '/checkout_sessions/cs_unknown';
      for (const [path, body, status] of [
        ['/checkout_sessions', validCart, 201],
        ['/checkout_sessions', validCart.replace('usd', 'eur'), 400],
        [unknown, '{}', 404],
        [unknown, '{"buyer":7}', 400],
      ] as const) {
        const headers = { 'Idempotency-Key': randomUUID() };
        const first = await send({ path, headers, body });
        const second = await send({ path, headers, body });
        expect([first.status, second.status]).toEqual([status, status]);
        expect(second.text).toBe(first.text);
        expect(first.headers.get('idempotent-replayed')).toBeNull();
        expect(second.headers.get('idempotent-replayed')).toBe('true');
        const other = await send({ path, headers, body: '{"order_notes":"another"}' });
        expect(other.status).toBe(422);
        expect(other.headers.get('idempotent-replayed')).toBeNull();
      }
    });

    it('keeps nothing that was refused before the key was looked at', async () => {
      const key = randomUUID();
      for (const [name, value] of [
        ['Authorization', null],
        ['API-Version', null],
        ['Content-Type', 'text/plain'],
      ] as const) {
        expect((await create({ [name]: value, 'Idempotency-Key': key })).status).toBeGreaterThanOrEqual(400);
      }
      expect((await create({ 'Idempotency-Key': key }, '{"')).status).toBe(400);
      const { status, headers } = await create({ 'Idempotency-Key': key });
      expect({ status, replayed: headers.get('idempotent-replayed') }).toEqual({
        status: 201,
        replayed: null,
      });
    });

    it('does not reveal the first body to the second', async () => {
      const headers = { 'Idempotency-Key': randomUUID() };
      await create(headers, withMetadata('{"note":"the-first-body"}'));
      const { status, text } = await create(headers);
      expect(status).toBe(422);
      expect(text).not.toContain('the-first-body');
    });
  });

  describe('Retry-After', () => {
    it('comes with every answer that asks to try again while a payment is under way', async () => {
      const { body: session } = await shop.agent.create();
      const path = `/checkout_sessions/${session.id}/complete`;
      const body = JSON.stringify(payWith('tok_visa'));
      const headers = { 'Idempotency-Key': randomUUID() };
      const charge = Gate.before(shop.server.app.get(StripeProvider, { strict: false }), 'charge');
      const paying = send({ path, headers, body });
      await charge.reached;
      expect((await shop.agent.get(session.id)).body.status).toBe('complete_in_progress');
      const [same, other] = await Promise.all([send({ path, headers, body }), send({ path, body })]);
      expect({ status: same.status, code: same.body.code }).toEqual({
        status: 409,
        code: 'idempotency_in_flight',
      });
      expect({ status: other.status, code: other.body.code }).toEqual({
        status: 409,
        code: 'completion_in_progress',
      });
      for (const answer of [same, other]) {
        expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
        expect(answer.headers.get('idempotent-replayed')).toBeNull();
      }
      charge.open();
      expect((await paying).body.status).toBe('completed');
    });

    it('comes with 429, which is not kept under the key', async () => {
      const { key } = await keys().create({ name: 'hasty', scopes: ['agent'], actor: 'test' });
      const hasty = { Authorization: `Bearer ${key}` };
      const limit = (perSecond: number): Promise<unknown> =>
        shop.db.query(
          `INSERT INTO setting (namespace, version, "values", updated_at, updated_by) VALUES ('access', 1, $1, now(), 'test')
           ON CONFLICT (namespace) DO UPDATE SET version = setting.version + 1, "values" = $1`,
          [{ requestsPerSecond: perSecond }],
        );
      await limit(1);
      // Many at once: even spread over some windows of a second by a slow machine, one is over the limit.
      const requests = Array.from({ length: 12 }, () => randomUUID());
      const answers = await Promise.all(
        requests.map((sent) => create({ ...hasty, 'Idempotency-Key': sent })),
      );
      const refused = answers.findIndex(({ status }) => status === 429);
      expect(refused).toBeGreaterThanOrEqual(0);
      expect(answers[refused]?.body).toMatchObject({ type: 'invalid_request', code: 'rate_limited' });
      expect(answers[refused]?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      await limit(1000);
      const again = await until(
        () => create({ ...hasty, 'Idempotency-Key': requests[refused] as string }),
        ({ status }) => status !== 429,
      );
      expect({ status: again.status, replayed: again.headers.get('idempotent-replayed') }).toEqual({
        status: 201,
        replayed: null,
      });
    });
  });

  it('sends Allow with 405', async () => {
    const { body: session } = await shop.agent.create();
    await shop.agent.cancel(session.id);
    const { status, headers } = await shop.agent.cancel(session.id);
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'GET' });
  });

  it('sends JSON that nobody may keep', async () => {
    const { body: session } = await shop.agent.create();
    for (const route of routesOf(session.id)) {
      const { headers } = await send(route);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-type')).toMatch(/^application\/json\b/);
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });

  describe('an unknown route', () => {
    const longId = randomBytes(4500).toString('hex');
    it.each<[string, Exchange]>([
      ['the root', { method: 'GET', path: '/' }],
      ['a path that is not there', { method: 'GET', path: '/checkout_session' }],
      ['a method that is not there', { method: 'DELETE', path: '/checkout_sessions/cs_unknown' }],
      ['the list of sessions', { method: 'GET', path: '/checkout_sessions' }],
      ['a verb that is not there', { path: '/checkout_sessions/cs_unknown/refund', body: '{}' }],
      ['a broken escape', { method: 'GET', path: '/checkout_sessions/%E0%A4%A' }],
      ['half a surrogate pair', { method: 'GET', path: '/checkout_sessions/%ED%A0%80' }],
      ['a NUL', { method: 'GET', path: '/checkout_sessions/cs_%00' }],
      ['a NUL in a POST', { path: '/checkout_sessions/cs_%00/cancel' }],
      ['an endless id', { method: 'GET', path: `/checkout_sessions/${longId}` }],
      ['an endless id in a POST', { path: `/checkout_sessions/${longId}/cancel` }],
      ['SQL', { method: 'GET', path: `/checkout_sessions/${encodeURIComponent("' OR true --")}` }],
    ])('is a flat 404: %s', async (_, route) => {
      const { status, body } = await send(route);
      expect({ status, ...body }).toMatchObject({ status: 404, type: 'invalid_request', code: 'not_found' });
      expect(Object.keys(body).sort()).toEqual(['code', 'message', 'type']);
    });

    it('is the same without a key', async () => {
      const { status } = await send({
        method: 'GET',
        path: '/nowhere',
        headers: { Authorization: null, 'API-Version': null },
      });
      expect(status).toBe(404);
    });
  });
});
