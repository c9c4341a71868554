import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeysService } from '../../src/access/api-keys.service.js';
import { Agent } from '../support/agent.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

describe('access', () => {
  let shop: Shop;
  let keys: ApiKeysService;
  beforeAll(async () => {
    shop = await startShop({}, { timings: { keyCacheMs: 100, settingsCacheMs: 100 } });
    keys = shop.server.app.get(ApiKeysService);
  });
  afterAll(() => shop.close());

  const statusOf = async (path: string, key: string, method = 'GET'): Promise<number> =>
    (
      await fetch(shop.url + path, {
        method,
        headers: { Authorization: `Bearer ${key}`, 'API-Version': '2026-04-17' },
      })
    ).status;

  it('lets a new key in, keeps only its hash, and shows it once', async () => {
    const made = await keys.create({ name: 'new agent', scopes: ['agent'], actor: 'test' });
    expect(made.key).toMatch(/^stk_[\w-]{43}$/);
    expect(await statusOf('/checkout_sessions/cs_x', made.key)).toBe(404);
    const everything = JSON.stringify([
      await shop.db.query('SELECT * FROM api_key'),
      await shop.db.query('SELECT * FROM audit_entry'),
    ]);
    expect(everything).not.toContain(made.key);
  });

  it('ends an expired or revoked key within the cache time, and knows who did it', async () => {
    const expiring = await keys.create({
      name: 'a',
      scopes: ['agent'],
      expiresAt: new Date(Date.now() - 1),
      actor: 'test',
    });
    expect(await statusOf('/checkout_sessions/cs_x', expiring.key)).toBe(401);

    const revoked = await keys.create({ name: 'b', scopes: ['agent'], actor: 'test' });
    expect(await statusOf('/checkout_sessions/cs_x', revoked.key)).toBe(404);
    expect(await keys.revoke(revoked.id, 'somebody')).toBe(true);
    await until(
      () => statusOf('/checkout_sessions/cs_x', revoked.key),
      (status) => status === 401,
    );
    expect(await keys.revoke(revoked.id, 'somebody')).toBe(false);
    const [entry] = await shop.db.query(
      `SELECT actor, action FROM audit_entry WHERE subject = $1 AND action LIKE '%revoked'`,
      [revoked.id],
    );
    expect(entry).toEqual({ actor: 'somebody', action: 'api_key.revoked' });
  });

  it('does not bring a revoked bootstrap key back at the next boot', async () => {
    const own = await startShop();
    const [key] = await own.db.query<{ id: string }>(
      `SELECT k.id FROM api_key k JOIN agent a ON a.id = k.agent_id WHERE a.bootstrap_name = 'sandbox-agent'`,
    );
    await own.server.app.get(ApiKeysService).revoke(key?.id ?? '', 'test');
    await own.restart();
    expect((await own.agent.get('cs_x')).status).toBe(401);
    expect(await own.db.query('SELECT 1 FROM api_key')).toHaveLength(2);
    await own.close();
  });

  it.each([
    ['agent', 'GET', '/admin/orders', 403],
    ['admin', 'GET', '/admin/orders', 200],
    ['admin:read', 'GET', '/admin/orders', 200],
    ['admin', 'GET', '/checkout_sessions/cs_x', 403],
    ['admin:read', 'GET', '/checkout_sessions/cs_x', 403],
  ] as const)('a key with the scope %s gets for %s %s: %i', async (scope, method, path, status) => {
    const { key } = await keys.create({ name: scope, scopes: [scope], actor: 'test' });
    expect(await statusOf(path, key, method)).toBe(status);
  });

  it('slows down an agent, not its neighbour, and says when to come again', async () => {
    await shop.db.query(
      `INSERT INTO setting (namespace, version, "values", updated_at, updated_by)
       VALUES ('access', 1, '{"requestsPerSecond": 3}', now(), 'test')`,
    );
    const limited = await until(
      () => Promise.all(Array.from({ length: 20 }, () => shop.agent.get('cs_x'))),
      (answers) => answers.some(({ status }) => status === 429),
    );
    const refused = limited.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe('rate_limited');
    expect(refused?.headers.get('retry-after')).toBe('1');
    const { key } = await keys.create({ name: 'neighbour', scopes: ['agent'], actor: 'test' });
    expect((await new Agent(shop.url, key).get('cs_x')).status).toBe(404);
    await shop.db.query('DELETE FROM setting');
  });

  it('chains its audit entries so that a gap shows', async () => {
    const entries = await shop.db.query<{ position: number; hash: string }>(
      'SELECT position, hash FROM audit_entry ORDER BY position',
    );
    expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
    expect(new Set(entries.map(({ hash }) => hash)).size).toBe(entries.length);
  });
});
