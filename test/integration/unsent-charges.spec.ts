import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const charge = { provider: 'stripe', method: 'POST', path: '^/v1/payment_intents$' };

describe('a token the provider does not know', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop(
      {},
      {
        timings: {
          providerTimeoutMs: 300,
          completeAnswerMs: 1_500,
          chargeDeadlineMs: 1_200,
          attemptLeaseMs: 1_500,
          reconcileAfterMs: 100,
          reconcileEveryMs: 150,
          believeRefusalMs: 1_000,
        },
      },
    );
  });
  afterAll(() => shop.close());

  const stateOf = async (sessionId: string): Promise<unknown> =>
    (await shop.db.query('SELECT state FROM checkout_session WHERE id = $1', [sessionId]))[0]?.state;

  it('is refused with a 400 at once after a time in which the provider certainly took nothing', async () => {
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_last_lantern' }] });
    await shop.simulator.inject({ match: { ...charge, times: 3 }, action: 'status', status: 429 });
    const key = randomUUID();
    expect((await shop.agent.complete(session.id as string, 'tok_nobody', { key })).status).toBe(503);
    await until(
      () => stateOf(session.id as string),
      (state) => state === 'open',
    );
    const retried = await shop.agent.complete(session.id as string, 'tok_nobody', { key });
    expect([retried.status, retried.body.param]).toEqual([400, '$.payment_data.instrument.credential.token']);
    expect(await shop.db.query(`SELECT reserved FROM inventory WHERE item_id = 'item_last_lantern'`)).toEqual(
      [{ reserved: 0 }],
    );
  });

  it('does not hold the stock for good after an ambiguous send: long after it, the refusal is believed', async () => {
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_trail_shoe_10' }] });
    await shop.simulator.inject({ match: { ...charge, times: 1 }, action: 'status', status: 503 });
    const startedAt = Date.now();
    expect((await shop.agent.complete(session.id as string, 'tok_nobody')).status).toBe(503);
    await until(
      () => stateOf(session.id as string),
      (state) => state === 'open',
    );
    expect(Date.now() - startedAt).toBeGreaterThan(1_000);
    expect(
      await shop.db.query(`SELECT reserved FROM inventory WHERE item_id = 'item_trail_shoe_10'`),
    ).toEqual([{ reserved: 0 }]);
  });
});
