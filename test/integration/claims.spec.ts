import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeysService } from '../../src/access/api-keys.service.js';
import { SettlementService } from '../../src/checkout/settlement.service.js';
import { TaxStrategy } from '../../src/checkout/strategies/tax.strategy.js';
import { ChargingService } from '../../src/payments/charging.service.js';
import { Agent } from '../support/agent.js';
import { Gate } from '../support/gate.js';
import { redisIsInstalled, startRedis, type TestRedis } from '../support/redis.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const timings = { attemptPollMs: 1_500, strategyTimeoutMs: 300, reconcileEveryMs: 3_600_000 };

describe('claims', () => {
  let shop: Shop;
  let redis: TestRedis | undefined;
  beforeAll(async () => {
    redis = redisIsInstalled ? await startRedis() : undefined;
    shop = await startShop(redis ? { REDIS_URL: redis.url } : {}, { timings });
  });
  afterAll(async () => {
    await shop.close();
    await redis?.kill();
  });
  afterEach(() => shop.simulator.clearFaults());

  it('are not held by a tax service that never answers: the session waits with a message, never with a zero tax', async () => {
    const tax = shop.server.app.get(TaxStrategy);
    const original = tax.ratesFor.bind(tax);
    tax.ratesFor = () => new Promise(() => undefined);
    const key = randomUUID();
    const first = await shop.agent.create({}, { key });
    tax.ratesFor = original;
    expect([first.status, first.body.status]).toEqual([201, 'not_ready_for_payment']);
    expect(first.body.messages).toMatchObject([{ type: 'error', param: '$.totals' }]);
    expect(first.body.totals.map(({ type }: { type: string }) => type)).not.toContain('tax');
    expect((await shop.agent.create({}, { key })).text).toBe(first.text);
    const updated = await shop.agent.update(first.body.id as string, { buyer: { email: 'ada@example.com' } });
    expect(updated.body.status).toBe('ready_for_payment');
  });

  it.skipIf(!redisIsInstalled)('that were lost put nothing into Redis: one key has one answer', async () => {
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_enamel_mug' }] });
    const key = randomUUID();
    // The first run loses its claim: its heartbeat has not got through while the provider is slow.
    const charging = Gate.before(shop.server.app.get(ChargingService), 'act');
    const first = shop.agent.complete(session.id, 'tok_chargeDeclined', { key });
    await charging.reached;
    await shop.db.query('UPDATE idempotency_claim SET lease_until = now() WHERE key = $1', [key]);
    // The second takes over and polls; in between the buyer pays with another card under another key.
    const second = shop.agent.complete(session.id, 'tok_chargeDeclined', { key });
    await until(() =>
      shop.db
        .query('SELECT 1 FROM idempotency_claim WHERE key = $1 AND lease_until > now()', [key])
        .then(({ length }) => length),
    );
    charging.open();
    const a = await first;
    const between = await shop.agent.complete(session.id, 'tok_chargeDeclined', { key });
    expect((await shop.agent.complete(session.id)).body.status).toBe('completed');
    const b = await second;
    const c = await shop.agent.complete(session.id, 'tok_chargeDeclined', { key });
    const [row] = await shop.db.query<{ body: string }>('SELECT body FROM idempotency_claim WHERE key = $1', [
      key,
    ]);
    expect([a.status, b.status]).toEqual([200, 200]);
    expect(c.text).toBe(row?.body);
    // While the second run holds the claim there is nothing to replay; and what was replayed once stays.
    if (between.headers.get('idempotent-replayed') === 'true') expect(between.text).toBe(c.text);
  });

  it('are of the route, however its path is spelt', async () => {
    const key = randomUUID();
    const body = { line_items: [{ id: 'item_enamel_mug' }], currency: 'usd', capabilities: {} };
    const one = await shop.agent.post('/checkout_sessions', body, { key });
    const two = await shop.agent.post('/Checkout_Sessions', body, { key });
    expect([one.status, two.status === 404 || two.text === one.text]).toEqual([201, true]);
  });

  it('of two agents never meet, and no route shows another agent its session', async () => {
    const { key: secret } = await shop.server.app
      .get(ApiKeysService)
      .create({ name: 'rival', scopes: ['agent'], actor: 'test' });
    const rival = new Agent(shop.url, secret);
    const key = randomUUID();
    const { body: session } = await shop.agent.create({}, { key });
    const theirs = await rival.create({}, { key });
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(session.id);
    const refused = await Promise.all([
      rival.get(session.id),
      rival.update(session.id, {}, { key }),
      rival.complete(session.id, 'tok_visa', { key }),
      rival.cancel(session.id, undefined, { key }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    await shop.agent.complete(session.id, 'tok_visa', { key });
    const replay = await rival.complete(session.id, 'tok_visa', { key });
    expect(replay.status).toBe(404);
    for (const path of [
      '/admin/orders',
      '/admin/checkout_sessions',
      `/admin/checkout_sessions/${session.id}`,
      '/admin/checkout-sessions',
    ]) {
      const response = await fetch(shop.url + path, { headers: { Authorization: `Bearer ${secret}` } });
      expect([403, 404]).toContain(response.status);
      expect(await response.text()).not.toContain(session.id);
    }
  });

  it('and attempts: one that is pending stays so when the provider cannot say', async () => {
    const { body: session } = await shop.agent.create();
    await shop.simulator.inject({
      match: { provider: 'stripe', times: 1000 },
      action: 'status',
      status: 503,
    });
    await shop.agent.complete(session.id);
    const [row] = await shop.db.query<{ id: string }>(
      `UPDATE payment_attempt SET state = 'pending', reference = 'pi_0', lease_until = NULL, lease_token = NULL WHERE subject_id = $1 RETURNING id`,
      [session.id],
    );
    await expect(shop.server.app.get(SettlementService).advance(row!.id, 'reconciler')).resolves.toBe(
      'unknown',
    );
  });
});
