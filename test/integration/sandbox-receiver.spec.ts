import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeysService } from '../../src/access/api-keys.service.js';
import { loadConfig } from '../../src/config/config.js';
import { agentEndpointId } from '../../src/sandbox/agent-receiver/agent-endpoint.service.js';
import { type Server, startServer } from '../../src/server.js';
import { SecretBox } from '../../src/settings/secret-box.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { freePort } from '../support/ports.js';
import { buy } from '../support/purchases.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

interface Kept {
  received_at: string;
  headers: Record<string, string>;
  body: string;
  verified: boolean;
}

const path = '/sandbox/agent/webhooks';
const now = (): number => Math.floor(Date.now() / 1000);

/** By hand from the protocol. */
const sign = (body: string | Buffer, at = now(), secret = 'whsec_agent_sandbox'): string =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex')}`;

async function receivedBy(shop: Shop, query = '', key = 'agent_sandbox_key'): Promise<Kept[]> {
  const response = await fetch(`${shop.url}${path}${query}`, { headers: { Authorization: `Bearer ${key}` } });
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: Kept[] }).data;
}

describe("the sandbox agent's receiver", () => {
  let shop: Shop;
  let posted = 0;
  beforeAll(async () => {
    // No worker: only what the tests send comes.
    shop = await startShop({ ROLE: 'api' }, { timings: { keyCacheMs: 50 } });
  });
  afterAll(() => shop.close());

  const post = async (
    body: string | Buffer | undefined,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(`${shop.url}${path}`, { method: 'POST', body: body as string, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const list = (query?: string, key?: string): Promise<Kept[]> => receivedBy(shop, query, key);
  /** A body that no other test has sent. */
  const fresh = (text = ''): string => `{"n": ${(posted += 1)},  "say": "é ${text}"}`;
  const keptOf = async (body: string): Promise<Kept[]> =>
    (await list('?limit=10000')).filter((one) => one.body === body);

  it('takes what the merchant has signed, and shows it byte for byte, without credentials', async () => {
    const body = fresh();
    const headers = { 'Merchant-Signature': sign(body), 'Request-Id': 'evt_1', 'X-Order-Sequence': '3' };
    const secrets = { Authorization: 'Bearer hush', Cookie: 'hush=1', 'Proxy-Authorization': 'hush' };
    // Whatever it claims to be: the bytes count.
    expect(await post(body, { ...headers, ...secrets, 'Content-Type': 'text/plain' })).toEqual({
      status: 200,
      body: { received: true },
    });
    const [kept, ...more] = await keptOf(body);
    expect(more).toEqual([]);
    expect(kept).toMatchObject({
      verified: true,
      body,
      headers: {
        'merchant-signature': headers['Merchant-Signature'],
        'request-id': 'evt_1',
        'x-order-sequence': '3',
      },
    });
    expect(Date.parse(kept?.received_at ?? '')).toBeCloseTo(Date.now(), -5);
    expect(JSON.stringify(kept)).not.toContain('hush');
  });

  it.each<[string, (body: string) => string | undefined]>([
    ['none', () => undefined],
    ['another secret', (body) => sign(body, now(), 'whsec_wrong')],
    ['another body', (body) => sign(`${body} `)],
    ['a signature from before', (body) => sign(body, now() - 310)],
    ['a signature from later', (body) => sign(body, now() + 310)],
    ['no time', (body) => sign(body).replace(/^t=\d+,/, '')],
    ['the classic kind', (body) => createHmac('sha256', 'whsec_agent_sandbox').update(body).digest('hex')],
  ])('refuses and keeps what was signed with %s', async (_, signature) => {
    const body = fresh();
    const header = signature(body);
    const answer = await post(body, header === undefined ? {} : { 'Merchant-Signature': header });
    expect(answer).toMatchObject({
      status: 401,
      body: { type: 'invalid_request', code: 'invalid_signature', message: expect.any(String) as string },
    });
    expect(await keptOf(body)).toMatchObject([{ verified: false }]);
  });

  it('takes a signature of some minutes ago', async () => {
    const body = fresh();
    expect(await post(body, { 'Merchant-Signature': sign(body, now() - 290) })).toMatchObject({
      status: 200,
    });
  });

  it('keeps garbage without being hurt by it', async () => {
    const bytes = Buffer.from([0x7b, 0x00, 0xff, 0xfe, 0x00, 0x7d]);
    expect(await post(bytes, { 'Merchant-Signature': sign(bytes) })).toMatchObject({ status: 200 });
    expect((await list()).at(-1)).toMatchObject({ verified: true, body: '{\ufffd\ufffd}' });
    expect(await post(undefined)).toMatchObject({ status: 401 });
    expect(await post('x'.repeat(262_145))).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large' },
    });
  });

  it('shows the newest ones, the oldest of them first, or those of an order', async () => {
    const bodies = ['ord_a', 'ord_b', 'ord_a'].map((id) => fresh(id));
    for (const body of bodies) await post(body, { 'Merchant-Signature': sign(body) });
    expect((await list('?limit=2')).map(({ body }) => body)).toEqual(bodies.slice(1));
    expect((await list('?order_id=ord_a')).map(({ body }) => body)).toEqual([bodies[0], bodies[2]]);
    expect((await list('?order_id=ord_a&limit=1')).map(({ body }) => body)).toEqual([bodies[2]]);
    expect(await list('?order_id=%25')).toEqual([]);
  });

  it.each([
    '?limit=0',
    '?limit=10001',
    '?limit=x',
    '?limit=1&limit=2',
    '?order_id=a&order_id=b',
    '?order_id=%00',
  ])('refuses %s', async (query) => {
    const { status } = await shop.agent.send('GET', `${path}${query}`, undefined, { key: null });
    expect(status).toBe(400);
  });

  it('shows nothing to another agent, and nobody else may look', async () => {
    const made = await shop.server.app
      .get(ApiKeysService)
      .create({ name: 'another', scopes: ['agent'], actor: 'test' });
    expect((await list()).length).toBeGreaterThan(0);
    expect(await list('', made.key)).toEqual([]);
    expect((await fetch(`${shop.url}${path}`)).status).toBe(401);
    const asAdmin = { Authorization: 'Bearer admin_sandbox_key' };
    expect((await fetch(`${shop.url}${path}`, { headers: asAdmin })).status).toBe(403);
  });

  it('is still there after a restart', async () => {
    const before = await list('?limit=10000');
    await shop.restart();
    expect(await list('?limit=10000')).toEqual(before);
  });

  it('keeps only the newest ten thousand', async () => {
    await shop.db.query(
      `INSERT INTO sandbox_agent_webhook (id, received_at, headers, body, verified)
       SELECT 'rcv_old' || n, '2020-01-01'::timestamptz + n * interval '1 s', '{}', 'old', false
       FROM generate_series(1, 10000) AS n`,
    );
    const newer = (await list('?limit=10000')).filter(({ body }) => body !== 'old').length;
    for (let n = 0; n < 101; n += 1) await post('newer');
    const [count] = await shop.db.query<{ total: number; first: Date }>(
      'SELECT count(*)::int AS total, min(received_at) AS first FROM sandbox_agent_webhook',
    );
    expect(count?.total).toBeLessThanOrEqual(10_100);
    expect(count?.total).toBeGreaterThanOrEqual(10_000);
    expect(await list('?limit=10000')).toHaveLength(10_000);
    expect(newer).toBeGreaterThan(0);
    expect((await list('?limit=10000')).filter(({ body }) => body !== 'old')).toHaveLength(newer + 101);
  });

  it('never answers with more than it can hold', async () => {
    const [{ id = '' } = {}] = await shop.db.query<{ id: string }>(
      'SELECT max(id) AS id FROM sandbox_agent_webhook',
    );
    await shop.db.query(
      `INSERT INTO sandbox_agent_webhook SELECT $1 || n, now(), '{}', repeat('x', 262144), false
       FROM generate_series(1, 200) AS n`,
      [id],
    );
    expect((await list()).length).toBe(128);
    await shop.db.query(`DELETE FROM sandbox_agent_webhook WHERE body LIKE 'xxx%'`);
  });

  describe('has an endpoint', () => {
    const endpoint = async (): Promise<Record<string, unknown> | undefined> =>
      (await shop.db.query('SELECT * FROM webhook_endpoint WHERE id = $1', [agentEndpointId]))[0];
    const change = (sql: string): Promise<unknown> =>
      shop.db.query(`UPDATE webhook_endpoint SET ${sql} WHERE id = $1`, [agentEndpointId]);

    it('that is made with the shop, for its agent, with the well-known secret', async () => {
      const [agent] = await shop.db.query(`SELECT id FROM agent WHERE bootstrap_name = 'sandbox-agent'`);
      const made = await endpoint();
      expect(made).toMatchObject({
        agent_id: agent?.id,
        url: `${shop.url}${path}`,
        profile: 'acp-2026-04-17',
        events: ['order_create', 'order_update'],
        enabled: true,
      });
      expect(made?.secret).not.toContain('whsec');
      expect(shop.server.app.get(SecretBox).decrypt(String(made?.secret), agentEndpointId)).toBe(
        'whsec_agent_sandbox',
      );
    });

    it('whose address follows the shop, and nothing else of it', async () => {
      await change(`url = 'http://127.0.0.1:1${path}', description = 'mine', events = ARRAY['order_update']`);
      await shop.restart();
      expect(await endpoint()).toMatchObject({
        url: `${shop.url}${path}`,
        description: 'mine',
        events: ['order_update'],
      });
    });

    it('that stays as the merchant left it: disabled, elsewhere, deleted', async () => {
      await change(`enabled = false`);
      await shop.restart();
      expect(await endpoint()).toMatchObject({ enabled: false });
      await change(`url = 'https://agent.example/hooks'`);
      await shop.restart();
      expect(await endpoint()).toMatchObject({ url: 'https://agent.example/hooks' });
      await change(`deleted_at = now(), url = 'http://127.0.0.1:1${path}'`);
      const before = await endpoint();
      await shop.restart();
      expect(await endpoint()).toEqual(before);
      expect(await shop.db.query('SELECT id FROM webhook_endpoint')).toHaveLength(1);
    });
  });
});

describe('a purchase in the sandbox', () => {
  it("ends at the agent's receiver, signed, and in the log of webhooks", async () => {
    const shop = await startShop();
    try {
      const { orderId } = await buy(shop, 'stripe');
      const data = await until(
        () => receivedBy(shop, `?order_id=${orderId}`),
        (seen) => seen.length > 0,
      );
      expect(data).toMatchObject([{ verified: true }]);
      expect(JSON.parse(data[0]?.body ?? '')).toMatchObject({ type: 'order_create', data: { id: orderId } });
      await shop.server.stop();
      const file = await readFile(join(String(shop.env.DATA_DIR), 'webhooks.log'), 'utf8');
      const lines = file
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines).toEqual([
        {
          time: expect.any(String) as string,
          event: 'webhook.delivered',
          delivery_id: expect.stringMatching(/^whd_/) as string,
          event_id: data[0]?.headers['request-id'],
          order_id: orderId,
          endpoint_id: agentEndpointId,
          host: new URL(shop.url).host,
          attempt: 1,
          outcome: 'delivered',
          status: 200,
          error: null,
          latency_ms: expect.any(Number) as number,
          next_at: null,
        },
      ]);
    } finally {
      await shop.close();
    }
  });
});

describe('a shop in earnest', () => {
  let db: TestDatabase;
  let server: Server | undefined;
  beforeAll(async () => {
    db = await createDatabase();
  });
  afterAll(async () => {
    await server?.stop();
    await db.drop();
  });

  it('has no such route and no such endpoint', async () => {
    const port = await freePort();
    server = await startServer(
      loadConfig({
        NODE_ENV: 'production',
        PORT: String(port),
        HOST: '127.0.0.1',
        PUBLIC_URL: 'https://shop.example',
        DATABASE_URL: db.url,
        ADMIN_API_KEY: 'an-admin-key-of-24-characters',
        AGENT_API_KEY: 'an-agent-key',
        SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
        LOG_LEVEL: 'silent',
      }),
    );
    const url = `http://127.0.0.1:${port}${path}`;
    expect(
      (await fetch(url, { method: 'POST', body: '{}', headers: { 'Merchant-Signature': sign('{}') } }))
        .status,
    ).toBe(404);
    expect((await fetch(url, { headers: { Authorization: 'Bearer an-agent-key' } })).status).toBe(404);
    expect(await db.query('SELECT id FROM webhook_endpoint')).toEqual([]);
    expect(await db.query('SELECT id FROM sandbox_agent_webhook')).toEqual([]);
  });
});
