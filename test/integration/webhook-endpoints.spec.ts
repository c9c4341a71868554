import { createHmac, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiKeysService } from '../../src/access/api-keys.service.js';
import { NestLogger } from '../../src/common/logging.js';
import { SecretBox } from '../../src/settings/secret-box.js';
import type { Answer } from '../support/agent.js';
import { LockPatience } from '../support/lock-patience.js';
import { buy } from '../support/purchases.js';
import { type Received, WebhookReceiver } from '../support/receiver.js';
import { redisIsInstalled, startRedis, type TestRedis, waitForRedis } from '../support/redis.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';
import { PaperOrder, sandboxAgentId, verifySignature } from '../support/webhooks.js';

const path = '/admin/webhook-endpoints';
const timings = { relayEveryMs: 200, deliverEveryMs: 100, settingsCacheMs: 20 };
const nowhere = 'http://127.0.0.1:1/hook';
const givenSecret = 'canary_given_secret_0123456789';

let shop: Shop;
let redis: TestRedis | undefined;
let agentId: string;
let rivalId: string;
let rivalKey: string;
const logged: string[] = [];
const receivers: WebhookReceiver[] = [];

beforeAll(() => LockPatience.begin());
beforeAll(async () => {
  vi.spyOn(
    NestLogger.prototype as unknown as { write: (...said: unknown[]) => void },
    'write',
  ).mockImplementation((...said) => void logged.push(inspect(said, { depth: 12 })));
  redis = redisIsInstalled ? await startRedis() : undefined;
  shop = await startShop(redis ? { REDIS_URL: redis.url } : {}, { timings });
  if (redis) waitForRedis(shop);
  agentId = await sandboxAgentId(shop);
  const rival = await shop.server.app
    .get(ApiKeysService)
    .create({ name: 'rival', scopes: ['agent'], actor: 'test' });
  [rivalId, rivalKey] = [rival.agentId, rival.key];
});
afterAll(async () => {
  await shop.close();
  await redis?.kill();
  vi.restoreAllMocks();
});
beforeEach(async () => {
  // Those of other tests, and the sandbox's own.
  await shop.db.query(`UPDATE webhook_endpoint SET deleted_at = now() WHERE deleted_at IS NULL`);
});
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

interface Call {
  method?: string;
  body?: unknown;
  key?: string;
  apiKey?: string;
}

async function call(
  at: string,
  { body, method, key, apiKey = 'admin_sandbox_key' }: Call = {},
): Promise<Answer> {
  const response = await fetch(shop.url + at, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      Authorization: `Bearer ${apiKey}`,
      'Content-Type': 'application/json',
      ...(key !== undefined && { 'Idempotency-Key': key }),
    },
    body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const json: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, text, body: json, headers: response.headers };
}
async function create(body: object = {}): Promise<Answer['body']> {
  const answer = await call(path, { body: { url: nowhere, ...body } });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
const get = async (id: string): Promise<Answer['body']> => (await call(`${path}/${id}`)).body;
const patch = (id: string, body: unknown): Promise<Answer> =>
  call(`${path}/${id}`, { method: 'PATCH', body });
const count = async (): Promise<number> =>
  (
    await shop.db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM webhook_endpoint WHERE deleted_at IS NULL`,
    )
  )[0]?.n ?? 0;
async function receive(body: object = {}): Promise<{ receiver: WebhookReceiver; endpoint: Answer['body'] }> {
  const receiver = await WebhookReceiver.start();
  receivers.push(receiver);
  const endpoint = await create({ url: `${receiver.url}/hook?v=1`, secret: givenSecret, ...body });
  return { receiver, endpoint };
}
const arrived = (receiver: WebhookReceiver, number: number): Promise<Received[]> =>
  until(
    () => Promise.resolve(receiver.received),
    (all) => all.length >= number,
  );
const hmac = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex');

describe('a webhook endpoint', () => {
  it('is made with what was said and sensible defaults, and shows its secret once', async () => {
    const { secret, ...made } = await create();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9_-]{43}$/);
    expect(made).toEqual({
      id: expect.stringMatching(/^wep_[0-9a-z]{36}$/),
      url: nowhere,
      agent_id: null,
      description: null,
      enabled: true,
      events: ['order_create', 'order_update'],
      profile: 'acp-2026-04-17',
      signature_header: null,
      secret_last4: (secret as string).slice(-4),
      next_secret_at: null,
      failing_since: null,
      disabled_at: null,
      disabled_reason: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect(await get(made.id)).toEqual(made);
    expect((await call(path)).body).toEqual({ data: [made], next_cursor: null });

    const wanted = {
      url: 'https://hooks.shop.example:8443/a?b=c',
      agent_id: agentId,
      description: 'Acme',
      enabled: false,
      events: ['order_update'],
      profile: 'openai',
      signature_header: 'Acme-Signature',
    };
    const other = await create({ ...wanted, secret: givenSecret });
    expect(other).toMatchObject({ ...wanted, secret: givenSecret, secret_last4: givenSecret.slice(-4) });
    // The same address twice, for the same agent, is two endpoints.
    expect((await create({ ...wanted })).id).not.toBe(other.id);
    expect(
      await create({ secret: null, agent_id: null, description: null, signature_header: null }),
    ).toMatchObject({
      secret: expect.stringMatching(/^whsec_/),
    });
  });

  const everywhere: [string, object, string][] = [
    ['no URL', { url: 'orders' }, '$.url'],
    ['an empty URL', { url: '' }, '$.url'],
    ['a URL of another type', { url: 5 }, '$.url'],
    ['no URL but null', { url: null }, '$.url'],
    ['a URL that is too long', { url: `https://shop.example/${'a'.repeat(2048)}` }, '$.url'],
    ['another scheme', { url: 'ftp://shop.example/' }, '$.url'],
    ['a password in the URL', { url: 'https://me:word@shop.example/' }, '$.url'],
    ['a port that is none of HTTPS', { url: 'https://shop.example:22/' }, '$.url'],
    ['a private address', { url: 'https://192.168.1.1/' }, '$.url'],
    ['the metadata of a cloud', { url: 'http://169.254.169.254/latest' }, '$.url'],
    ['the same in other clothes', { url: 'https://[::ffff:a9fe:a9fe]/' }, '$.url'],
    ['and in another one', { url: 'https://0xa9fea9fe/' }, '$.url'],
    ['an unknown agent', { agent_id: 'agt_nobody' }, '$.agent_id'],
    ['an agent that is no text', { agent_id: 7 }, '$.agent_id'],
    ['an unknown event', { events: ['order_create', 'order.created'] }, '$.events'],
    ['no event', { events: [] }, '$.events'],
    ['the same event twice', { events: ['order_create', 'order_create'] }, '$.events'],
    ['events that are none', { events: null }, '$.events'],
    ['events as text', { events: 'order_create' }, '$.events'],
    ['an unknown profile', { profile: 'acp' }, '$.profile'],
    ['a profile that is none', { profile: null }, '$.profile'],
    ['enabled as text', { enabled: 'false' }, '$.enabled'],
    ['enabled as nothing', { enabled: null }, '$.enabled'],
    ['a description that is too long', { description: 'a'.repeat(501) }, '$.description'],
    ['a description that is a list', { description: ['a'] }, '$.description'],
    ['a header without its profile', { signature_header: 'X-Sig' }, '$.signature_header'],
    ['a header that is two', { profile: 'openai', signature_header: 'X-A\r\nX-B' }, '$.signature_header'],
    [
      'a header that is none',
      { profile: 'openai', signature_header: 'Acme Signature' },
      '$.signature_header',
    ],
    ['an empty header', { profile: 'openai', signature_header: '' }, '$.signature_header'],
    [
      'a header that HTTP needs',
      { profile: 'openai', signature_header: 'transfer-encoding' },
      '$.signature_header',
    ],
    ['a header that we need', { profile: 'openai', signature_header: 'Request-ID' }, '$.signature_header'],
  ];
  const onlyNew: [string, object, string][] = [
    ['no URL at all', { url: undefined }, '$.url'],
    ['a secret that is too short', { secret: 'a'.repeat(15) }, '$.secret'],
    ['a secret that is too long', { secret: 'a'.repeat(257) }, '$.secret'],
    ['a secret that cannot be typed', { secret: `${'a'.repeat(20)}\n` }, '$.secret'],
    ['a secret that is a number', { secret: 1234567890123456 }, '$.secret'],
  ];
  const onlyChanged: [string, object, string][] = [
    ['a secret', { secret: givenSecret }, '$.secret'],
    ['no secret', { secret: null }, '$.secret'],
  ];

  it('is not made with anything that is wrong, and says what', async () => {
    for (const [what, body, param] of [...everywhere, ...onlyNew]) {
      const answer = await call(path, { body: { url: nowhere, ...body } });
      expect({ what, status: answer.status, param: answer.body.param }).toEqual({ what, status: 400, param });
      expect(answer.text).not.toContain(givenSecret);
    }
    expect(await count()).toBe(0);
  });

  it('is not changed to anything that is wrong either', async () => {
    const { secret: _, ...before } = await create();
    for (const [what, body, param] of [...everywhere, ...onlyChanged]) {
      const answer = await patch(before.id, body);
      expect({ what, status: answer.status, param: answer.body.param }).toEqual({ what, status: 400, param });
    }
    expect(await get(before.id)).toEqual(before);
    expect((await patch(before.id, { secret: givenSecret })).body.message).toContain('rotate-secret');
  });

  it('stands garbage', async () => {
    const { id } = await create();
    for (const body of ['', '[]', '"x"', 'null', '{', '{"url":"a","url":"b"}', '{"url":"\\u0000"}', '5']) {
      for (const [at, method] of [
        [path, 'POST'],
        [`${path}/${id}`, 'PATCH'],
        [`${path}/${id}/rotate-secret`, 'POST'],
        [`${path}/${id}/preview`, 'POST'],
      ] as const) {
        const { status, body: said } = await call(at, { method, body: body === '' ? undefined : body });
        expect(status, `${body} to ${at}`).toBeLessThan(500);
        if (body !== '') expect([status, said.type]).toEqual([400, 'invalid_request']);
      }
    }
    for (const body of [
      { overlap_seconds: -1 },
      { overlap_seconds: 1.5 },
      { overlap_seconds: 604_801 },
      { secret: 'short' },
      { overlap_seconds: '1' },
    ])
      expect((await call(`${path}/${id}/rotate-secret`, { body })).body.param).toMatch(
        /^\$\.(overlap_seconds|secret)$/,
      );
    for (const query of ['limit=0', 'limit=x', 'cursor=x'])
      expect((await call(`${path}?${query}`)).status).toBe(400);
  });

  it('is there for the merchant alone', async () => {
    const { id } = await create();
    for (const apiKey of ['agent_sandbox_key', rivalKey])
      for (const [at, method] of [
        [path, 'GET'],
        [path, 'POST'],
        [`${path}/${id}`, 'GET'],
        [`${path}/${id}`, 'DELETE'],
        [`${path}/${id}/preview`, 'POST'],
        [`${path}/${id}/rotate-secret`, 'POST'],
      ] as const)
        expect((await call(at, { method, apiKey })).status).toBe(403);
    for (const [at, method, body] of [
      ['', 'GET', undefined],
      ['', 'PATCH', {}],
      ['', 'DELETE', undefined],
      ['/rotate-secret', 'POST', {}],
      ['/preview', 'POST', {}],
      ['/test', 'POST', {}],
    ] as const)
      expect((await call(`${path}/wep_unknown${at}`, { method, body })).status, at).toBe(404);
  });

  it('is changed where something was said, and where null was said it is cleared', async () => {
    const { id } = await create({
      agent_id: agentId,
      description: 'one',
      profile: 'openai',
      signature_header: 'X-S',
    });
    const changed = async (body: object): Promise<Answer['body']> => {
      const { status, body: now } = await patch(id, body);
      expect(status).toBe(200);
      expect(await get(id)).toEqual(now);
      return now;
    };
    expect(await changed({})).toMatchObject({
      agent_id: agentId,
      description: 'one',
      signature_header: 'X-S',
    });
    expect(await changed({ description: 'two', events: ['order_create'] })).toMatchObject({
      agent_id: agentId,
      description: 'two',
      events: ['order_create'],
    });
    expect(await changed({ agent_id: null, description: null })).toMatchObject({
      agent_id: null,
      description: null,
      signature_header: 'X-S',
    });
    expect(await changed({ signature_header: null })).toMatchObject({ signature_header: null });
    await changed({ signature_header: 'X-T' });
    // The header belongs to the profile: without it the name would mean nothing.
    expect(await changed({ profile: 'classic' })).toMatchObject({
      profile: 'classic',
      signature_header: null,
    });
    expect(await changed({ url: 'https://elsewhere.example/' })).toMatchObject({
      url: 'https://elsewhere.example/',
    });
  });

  it('that was disabled for failing begins anew when it is enabled', async () => {
    const { id } = await create();
    const failing = `enabled = false, disabled_at = now(), disabled_reason = 'gone', failing_since = now(),
      consecutive_failures = 7, resting_until = now() + interval '1 hour'`;
    await shop.db.query(`UPDATE webhook_endpoint SET ${failing} WHERE id = $1`, [id]);
    expect(await get(id)).toMatchObject({ enabled: false, disabled_reason: 'gone' });
    expect((await patch(id, { description: 'still off' })).body).toMatchObject({ disabled_reason: 'gone' });
    expect((await patch(id, { enabled: true })).body).toMatchObject({
      enabled: true,
      disabled_at: null,
      disabled_reason: null,
      failing_since: null,
    });
    const [row] = await shop.db.query('SELECT * FROM webhook_endpoint WHERE id = $1', [id]);
    expect(row).toMatchObject({ consecutive_failures: 0, resting_until: null });
  });

  it('is deleted with all that was still to be sent to it, and its secret', async () => {
    const { id } = await create({ enabled: true });
    await new PaperOrder(shop, agentId).change();
    const states = (): Promise<Record<string, unknown>[]> =>
      shop.db.query('SELECT state, next_at, ended_at FROM webhook_delivery WHERE endpoint_id = $1', [id]);
    await until(states, (rows) => rows.length === 1 && rows[0]?.state === 'pending');
    expect(await call(`${path}/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204, text: '' });
    expect(await states()).toMatchObject([{ state: 'canceled', next_at: null, ended_at: expect.any(Date) }]);
    const [row] = await shop.db.query('SELECT secret, next_secret FROM webhook_endpoint WHERE id = $1', [id]);
    expect(row).toEqual({ secret: '', next_secret: null });
    expect((await call(`${path}/${id}`)).status).toBe(404);
    expect((await call(`${path}/${id}`, { method: 'DELETE' })).status).toBe(404);
    expect((await patch(id, { enabled: true })).status).toBe(404);
    expect((await call(path)).body.data).toEqual([]);
  });

  it('that becomes another agent’s gets no more of the orders that are not that agent’s', async () => {
    const { id } = await create();
    const [ours, theirs] = [new PaperOrder(shop, agentId), new PaperOrder(shop, rivalId)];
    await ours.change();
    await theirs.change();
    const states = async (): Promise<Record<string, unknown>> =>
      Object.fromEntries(
        (
          await shop.db.query<{ order_id: string; state: string }>(
            'SELECT order_id, state FROM webhook_delivery WHERE endpoint_id = $1',
            [id],
          )
        ).map(({ order_id: order, state }) => [order, state]),
      );
    await until(states, (all) => Object.keys(all).length === 2);
    await patch(id, { agent_id: rivalId });
    expect(await states()).toEqual({ [ours.id]: 'canceled', [theirs.id]: 'pending' });
  });

  it('is listed by pages, newest first', async () => {
    const made: string[] = [];
    for (const description of ['a', 'b', 'c', 'd', 'e'])
      made.push((await create({ description })).id as string);
    const pages: string[][] = [];
    for (let cursor = ''; ;) {
      const { body } = await call(`${path}?limit=2${cursor}`);
      pages.push((body.data as { id: string }[]).map(({ id }) => id));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(made.toReversed());
  });

  it('is one of at most fifty, however many are made at once', async () => {
    const { id } = await create();
    await shop.db.query(
      `INSERT INTO webhook_endpoint (id, url, profile, events, enabled, secret, consecutive_failures, created_at, updated_at)
       SELECT 'wep_' || lpad(n::text, 36, '0'), url, profile, events, false, '', 0, now(), now()
       FROM webhook_endpoint, generate_series(1, 47) AS n WHERE id = $1`,
      [id],
    );
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call(path, { body: { url: nowhere } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.message).toContain('50');
    expect(await count()).toBe(50);
  });
});

describe('a secret', () => {
  const dump = async (): Promise<string> => {
    const tables = await shop.db.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const rows = await Promise.all(
      tables.map(({ name }) => shop.db.query<{ text: string }>(`SELECT t::text AS text FROM ${name} AS t`)),
    );
    return rows
      .flat()
      .map(({ text }) => text)
      .join('\n');
  };
  const dumpRedis = async (): Promise<string> => {
    if (!redis) return '';
    const client = new Redis(redis.url);
    const said: unknown[] = [];
    for (const key of await client.keys('*')) {
      const type = await client.type(key);
      said.push(
        key,
        type === 'string' ? await client.get(key) : type === 'hash' ? await client.hgetall(key) : type,
      );
    }
    client.disconnect();
    return JSON.stringify(said);
  };

  it('is shown again to who repeats the request, and is nowhere to be read', async () => {
    const body = { url: nowhere };
    const key = randomUUID();
    const first = await call(path, { body, key });
    const second = await call(path, { body, key });
    expect(first.status).toBe(201);
    expect([second.status, second.text]).toEqual([201, first.text]);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await count()).toBe(1);
    expect((await call(path, { body: { ...body, description: 'another' }, key })).status).toBe(422);

    const { id, secret } = first.body as { id: string; secret: string };
    const rotated = await call(`${path}/${id}/rotate-secret`, { body: {}, key });
    expect((await call(`${path}/${id}/rotate-secret`, { body: {}, key })).text).toBe(rotated.text);
    expect(rotated.body).toEqual({ secret: expect.stringMatching(/^whsec_/) });
    const given = await call(`${path}/${id}/rotate-secret`, {
      body: { secret: givenSecret },
      key: randomUUID(),
    });
    expect(given.body).toEqual({ secret: givenSecret });
    // A refusal on such a route is repeated too.
    const refused = { body: { url: 'https://10.0.0.1/' }, key: randomUUID() };
    const [no, again] = [await call(path, refused), await call(path, refused)];
    expect([again.status, again.text]).toEqual([400, no.text]);
    // Other replies are in the cache, so that looking there means something.
    await call(`${path}/${id}/preview`, { body: {}, key: randomUUID() });

    const found = `${await dump()}\n${await dumpRedis()}`;
    expect(found).toContain(id);
    if (redis) expect(await dumpRedis()).toContain('Merchant-Signature');
    for (const one of [secret, rotated.body.secret as string, givenSecret]) expect(found).not.toContain(one);
    const rows = await shop.db.query<{ hours: number }>(
      `SELECT extract(epoch FROM expires_at - created_at)::float8 / 3600 AS hours FROM idempotency_claim
       WHERE key = $1 AND path = $2`,
      [key, path],
    );
    expect(rows).toEqual([{ hours: 24 }]);
  });

  it('is in no reply, row, audit entry or log after it was shown', async () => {
    const { receiver, endpoint } = await receive({ description: 'to be watched' });
    const { id } = endpoint as { id: string };
    const next = 'canary_next_secret_0123456789';
    await call(`${path}/${id}/rotate-secret`, { body: { secret: next, overlap_seconds: 600 } });
    await new PaperOrder(shop, agentId).change();
    await arrived(receiver, 1);
    const answers = await Promise.all([
      call(path),
      call(`${path}/${id}`),
      patch(id, { description: 'watched' }),
      call(`${path}/${id}/preview`, { body: {} }),
      call(`${path}/${id}/test`, { body: {} }),
      call(`/admin/webhook-deliveries?endpoint_id=${id}`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    await shop.db.query(`UPDATE webhook_endpoint SET secret = 'broken' WHERE id = $1`, [id]);
    answers.push(
      await call(`${path}/${id}/preview`, { body: {} }),
      await call(`${path}/${id}/test`, { body: {} }),
    );
    expect(answers.at(-2)).toMatchObject({ status: 409 });
    expect(await get(id)).toMatchObject({ secret_last4: null });
    const log = join(shop.env.DATA_DIR ?? '', 'webhooks.log');
    const seen = [
      ...answers.map(({ text }) => text),
      ...receiver.received.map((received) => JSON.stringify(received)),
      await dump(),
      ...logged,
      existsSync(log) ? readFileSync(log, 'utf8') : '',
    ].join('\n');
    expect(seen).toContain(id);
    expect(logged.length).toBeGreaterThan(0);
    for (const one of [givenSecret, next]) expect(seen).not.toContain(one);
  });

  it('leaves the audit log with what was changed, and without what follows the path of a URL', async () => {
    const { id } = await create({ url: 'http://127.0.0.1:1/hook?token=canary_query', description: 'one' });
    await patch(id, { description: 'two' });
    await call(`${path}/${id}/rotate-secret`, { body: { overlap_seconds: 60 } });
    await call(`${path}/${id}`, { method: 'DELETE' });
    const entries = await shop.db.query<Record<string, unknown>>(
      'SELECT action, actor, before, after FROM audit_entry WHERE subject = $1 ORDER BY position',
      [id],
    );
    expect(entries).toMatchObject([
      { action: 'webhook_endpoint.created', after: { url: 'http://127.0.0.1:1/hook', description: 'one' } },
      { action: 'webhook_endpoint.changed', before: { description: 'one' }, after: { description: 'two' } },
      { action: 'webhook_endpoint.secret_rotated', after: { overlap_seconds: 60 } },
      { action: 'webhook_endpoint.deleted' },
    ]);
    expect(JSON.stringify(entries)).not.toContain('canary_query');
    expect(entries.every(({ actor }) => typeof actor === 'string' && actor.startsWith('agt_'))).toBe(true);
  });

  it('signs at once when it is new, and after an overlap when one is wanted', async () => {
    const { receiver, endpoint } = await receive();
    const rotate = async (body: object): Promise<string> =>
      (await call(`${path}/${endpoint.id}/rotate-secret`, { body })).body.secret as string;
    const deliver = async (): Promise<Received> => {
      const number = receiver.received.length + 1;
      await new PaperOrder(shop, agentId).change();
      return (await arrived(receiver, number))[number - 1] as Received;
    };
    verifySignature(await deliver(), givenSecret);

    const second = await rotate({});
    const bySecond = await deliver();
    verifySignature(bySecond, second);
    expect(bySecond.headers).not.toHaveProperty('merchant-signature-next');

    const third = await rotate({ overlap_seconds: 3_600 });
    expect(await get(endpoint.id)).toMatchObject({
      secret_last4: second.slice(-4),
      next_secret_at: expect.any(String),
    });
    const byBoth = await deliver();
    verifySignature(byBoth, second);
    const next = byBoth.headers['merchant-signature-next'];
    verifySignature({ ...byBoth, headers: { 'merchant-signature': next } }, third);

    // Its time comes.
    await shop.db.query(`UPDATE webhook_endpoint SET next_secret_at = now() WHERE id = $1`, [endpoint.id]);
    const byThird = await deliver();
    verifySignature(byThird, third);
    expect(byThird.headers).not.toHaveProperty('merchant-signature-next');
    expect(await get(endpoint.id)).toMatchObject({ secret_last4: third.slice(-4), next_secret_at: null });
    await patch(endpoint.id, { description: 'tidied' });
    const [row] = await shop.db.query<{ secret: string }>('SELECT * FROM webhook_endpoint WHERE id = $1', [
      endpoint.id,
    ]);
    expect(row).toMatchObject({ next_secret: null, next_secret_at: null });
    const box = shop.server.app.get(SecretBox, { strict: false });
    expect(box.decrypt(row?.secret ?? '', endpoint.id as string)).toBe(third);
    verifySignature(await deliver(), third);

    // A rotation at once forgets the one that waits; a second overlap keeps what signs now.
    await rotate({ overlap_seconds: 3_600 });
    const fifth = await rotate({ overlap_seconds: 3_600, secret: 'another_given_secret_1' });
    const waiting = await deliver();
    verifySignature(waiting, third);
    verifySignature(
      { ...waiting, headers: { 'merchant-signature': waiting.headers['merchant-signature-next'] } },
      fifth,
    );
    await shop.db.query(`UPDATE webhook_endpoint SET next_secret_at = now() WHERE id = $1`, [endpoint.id]);
    await rotate({ overlap_seconds: 3_600 });
    verifySignature(await deliver(), fifth);
    const sixth = await rotate({ overlap_seconds: 0 });
    verifySignature(await deliver(), sixth);
  });
});

describe('a preview', () => {
  it('shows the bytes that are then sent, in every profile', async () => {
    const profiles = ['acp-2026-04-17', 'acp-2025-09-29', 'openai', 'classic'];
    const receiving = await Promise.all(
      profiles.map((profile) =>
        receive({ profile, ...(profile === 'openai' && { signature_header: 'Acme-Signature' }) }),
      ),
    );
    const { orderId, sessionId } = await buy(shop, 'stripe');
    for (const [index, { receiver, endpoint }] of receiving.entries()) {
      const [received] = (await arrived(receiver, 1)) as [Received];
      const { status, body } = await call(`${path}/${endpoint.id}/preview`, { body: { order_id: orderId } });
      expect(status).toBe(200);
      expect([body.url, body.body]).toEqual([endpoint.url, received.body]);
      // All headers but those that tell the time.
      const told = Object.entries(body.headers as Record<string, string>).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]);
      const changing = ['timestamp', ...(index === 0 ? ['merchant-signature'] : [])];
      for (const [name, value] of told as [string, string][])
        if (changing.includes(name)) expect(received.headers[name], name).toBeDefined();
        else expect(received.headers[name], name).toBe(value);
      const extra = ['accept-encoding', 'connection', 'host'];
      expect(Object.keys(received.headers).sort()).toEqual(
        [...told.map(([name]) => name as string), ...extra].sort(),
      );
      expect(received.path).toBe('/hook?v=1');
    }
    const [first, legacy, openai, classic] = receiving.map(
      ({ receiver }) => receiver.received[0] as Received,
    );
    verifySignature(first as Received, givenSecret);
    expect(legacy?.headers['merchant-signature']).toBe(hmac(givenSecret, legacy?.body ?? ''));
    expect(openai?.headers['acme-signature']).toBe(hmac(givenSecret, openai?.body ?? ''));
    expect(openai?.headers).not.toHaveProperty('merchant-signature');
    expect(classic?.headers).toMatchObject({
      'merchant-signature': hmac(givenSecret, classic?.body ?? ''),
      'request-id': sessionId,
      'content-length': String(Buffer.byteLength(classic?.body ?? '')),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });

  it('is of the newest event that the endpoint is told of, and of no other agent’s order', async () => {
    const order = new PaperOrder(shop, agentId);
    await order.change('created');
    await order.change('shipped');
    const preview = async (endpoint: { id: string }): Promise<Answer> =>
      call(`${path}/${endpoint.id}/preview`, { body: { order_id: order.id } });
    const typeOf = ({ body }: Answer): string => (JSON.parse(body.body as string) as { type: string }).type;
    expect(typeOf(await preview(await create()))).toBe('order_update');
    expect(typeOf(await preview(await create({ events: ['order_create'] })))).toBe('order_create');
    expect(typeOf(await preview(await create({ agent_id: agentId })))).toBe('order_update');
    expect((await preview(await create({ agent_id: rivalId }))).status).toBe(404);
    const { id } = await create();
    expect((await call(`${path}/${id}/preview`, { body: { order_id: 'ord_unknown' } })).status).toBe(404);
    expect((await call(`${path}/${id}/preview`, { body: { order_id: 5 } })).body.param).toBe('$.order_id');
  });
});

describe('a test', () => {
  it('sends a sample once and now, also to an endpoint that is disabled, and tells how it went', async () => {
    const { receiver, endpoint } = await receive({ enabled: false, events: ['order_update'] });
    const sample = (await call(`${path}/${endpoint.id}/preview`, { body: {} })).body;
    const key = randomUUID();
    const answer = await call(`${path}/${endpoint.id}/test`, { body: {}, key });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      endpoint_id: endpoint.id,
      event_id: null,
      order_id: null,
      sequence: 0,
      type: 'order_update',
      state: 'delivered',
      last_status: 200,
      body: sample.body,
      attempts: [{ status: 200, error: null }],
    });
    expect(receiver.received).toHaveLength(1);
    const [received] = receiver.received as [Received];
    expect(received.body).toBe(sample.body);
    verifySignature(received, givenSecret);
    expect((await call(`${path}/${endpoint.id}/test`, { body: {}, key })).text).toBe(answer.text);
    expect(receiver.received).toHaveLength(1);
  });

  it('that fails is not repeated and says nothing of the endpoint’s health', async () => {
    const { receiver, endpoint } = await receive();
    receiver.reply = () => ({ status: 500 });
    const { status, body } = await call(`${path}/${endpoint.id}/test`, { body: {} });
    expect([status, body.state, body.last_status]).toEqual([200, 'dead', 500]);
    expect(body.attempts).toMatchObject([{ status: 500 }]);
    expect(await get(endpoint.id)).toMatchObject({ failing_since: null, enabled: true });
    const gone = await create();
    expect((await call(`${path}/${gone.id}/test`, { body: {} })).body).toMatchObject({
      state: 'dead',
      last_error: 'connect',
    });
  });

  it('goes to no address that has become a forbidden one', async () => {
    const { id } = await create();
    await shop.db.query(`UPDATE webhook_endpoint SET url = 'http://10.0.0.1/' WHERE id = $1`, [id]);
    expect((await call(`${path}/${id}/test`, { body: {} })).body).toMatchObject({ param: '$.url' });
    expect(await shop.db.query('SELECT id FROM webhook_delivery WHERE endpoint_id = $1', [id])).toEqual([]);
  });
});
