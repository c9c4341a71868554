import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { redisIsInstalled, startRedis, type TestRedis, waitForRedis } from '../support/redis.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

describe.skipIf(!redisIsInstalled)('with Redis', () => {
  let redis: TestRedis;
  let shop: Shop;
  beforeAll(async () => {
    redis = await startRedis();
    shop = await startShop(
      { REDIS_URL: redis.url },
      { timings: { expireEveryMs: 200, reconcileEveryMs: 200, schedulesEveryMs: 500 } },
    );
  });
  afterAll(async () => {
    await shop.close();
    await redis.kill();
  });

  const keysOf = async (pattern: string): Promise<string[]> => {
    const client = new Redis(redis.url);
    const keys = await client.keys(pattern);
    client.disconnect();
    return keys;
  };

  it('replays from the cache, and refuses another body from it', async () => {
    onTestFinished(waitForRedis(shop));
    const { body: session } = await shop.agent.create();
    const first = await shop.agent.complete(session.id, 'tok_visa', { key: 'k' });
    expect(await keysOf('storekeeper:*:reply:*')).not.toEqual([]);
    // Only the cache can answer now.
    await shop.db.query(`UPDATE idempotency_claim SET body = 'not this' WHERE key = 'k'`);
    const second = await shop.agent.complete(session.id, 'tok_visa', { key: 'k' });
    expect(second.text).toBe(first.text);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect((await shop.agent.complete(session.id, 'tok_mastercard', { key: 'k' })).status).toBe(422);
    await shop.db.query('UPDATE idempotency_claim SET body = $1 WHERE key = $2', [first.text, 'k']);
  });

  it('runs the sweeps on its queue', async () => {
    const { body: session } = await shop.agent.create();
    await shop.db.query('UPDATE checkout_session SET expires_at = now() WHERE id = $1', [session.id]);
    await until(
      () => shop.db.query('SELECT state FROM checkout_session WHERE id = $1', [session.id]),
      ([row]) => row?.state === 'expired',
    );
    expect(await keysOf('{storekeeper:*')).not.toEqual([]);
  });

  it('sweeps again after Redis forgot its schedules, without a restart', async () => {
    const { body: session } = await shop.agent.create();
    await redis.empty();
    await until(
      () => keysOf('{storekeeper:*repeat*'),
      (keys) => keys.length > 0,
    );
    await shop.db.query('UPDATE checkout_session SET expires_at = now() WHERE id = $1', [session.id]);
    await until(
      () => shop.db.query('SELECT state FROM checkout_session WHERE id = $1', [session.id]),
      ([row]) => row?.state === 'expired',
    );
  });

  it('sells and replays the same bytes while Redis hangs, is gone, and is back empty', async () => {
    const { body: session } = await shop.agent.create();
    const first = await shop.agent.complete(session.id, 'tok_visa', { key: 'while-gone' });
    const replay = async (): Promise<string> =>
      (await shop.agent.complete(session.id, 'tok_visa', { key: 'while-gone' })).text;

    redis.freeze();
    expect(await replay()).toBe(first.text);
    redis.thaw();

    const { url } = redis;
    await redis.kill();
    expect(await replay()).toBe(first.text);
    const { body: another } = await shop.agent.create();
    expect((await shop.agent.complete(another.id as string)).body.status).toBe('completed');

    redis = await startRedis(Number(new URL(url).port));
    expect(await replay()).toBe(first.text);
    await until(
      () =>
        keysOf('storekeeper:*:rate:*').then(
          async (keys) => (await shop.agent.get(another.id as string), keys),
        ),
      (keys) => keys.length > 0,
    );
  });

  it('counts one limit for all processes, and per process while it is gone', async () => {
    await shop.db.query(
      `INSERT INTO setting (namespace, version, "values", updated_at, updated_by)
       VALUES ('access', 1, '{"requestsPerSecond": 5}', now(), 'test')`,
    );
    await until(
      async () => Promise.all(Array.from({ length: 30 }, () => shop.agent.get('cs_none'))),
      (answers) => answers.filter(({ status }) => status === 429).length >= 15,
    );
    await shop.db.query('DELETE FROM setting');
  });
});
