import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKillableShop, type KillableShop, type Program } from '../support/process.js';
import { until } from '../support/wait.js';

const points = [
  'before the claim',
  'after the claim',
  'before intend commits',
  'after intend',
  'before the charge is sent',
  'while the charge is answered',
  'after the charge was answered',
  'before settle commits',
  'after settle',
];

const timings = {
  claimLeaseMs: 700,
  providerTimeoutMs: 400,
  completeAnswerMs: 1_500,
  chargeDeadlineMs: 1_000,
  attemptLeaseMs: 1_200,
  attemptPollMs: 50,
  reconcileAfterMs: 500,
  reconcileEveryMs: 300,
};

/** Every line at which a completing process can die (SIGKILL), then the agent that asks again. */
describe.each(points)('a server killed %s', (point) => {
  let shop: KillableShop;
  let sessionId: string;
  const key = randomUUID();

  beforeEach(async () => {
    shop = await createKillableShop(timings);
    if (point === 'while the charge is answered') {
      await shop.simulator.inject({
        match: { path: '^/v1/payment_intents$', times: 1 },
        action: 'execute_then_hang',
      });
    }
    const doomed: Program = await shop.start({
      preload: './test/crash/preload.mjs',
      env: { CRASH_AT: point },
    });
    const created = await shop.agent.create({ line_items: [{ id: 'item_trail_shoe_10', quantity: 3 }] });
    sessionId = created.body.id as string;
    await expect(shop.agent.complete(sessionId, 'tok_visa', { key })).rejects.toThrow();
    expect(await doomed.exited).toBeNull();
    await shop.start();
  });
  afterEach(() => shop.close());

  const expectOneSale = async (): Promise<void> => {
    expect((await shop.simulator.ledger(sessionId)).map(({ type }) => type)).toEqual(['capture']);
    expect(await shop.db.query('SELECT session_id FROM shop_order')).toEqual([{ session_id: sessionId }]);
    expect(await shop.db.query('SELECT type, seq FROM outbox_event')).toEqual([
      { type: 'order_create', seq: 1 },
    ]);
    expect(
      await shop.db.query(`SELECT on_hand, reserved FROM inventory WHERE item_id = 'item_trail_shoe_10'`),
    ).toEqual([{ on_hand: 0, reserved: 0 }]);
    expect(await shop.db.query('SELECT 1 FROM inventory_hold')).toEqual([]);
  };

  it('charges once and makes one order when the same key comes again', async () => {
    const answer = await until(
      () => shop.agent.complete(sessionId, 'tok_visa', { key }),
      ({ status }) => status !== 409 && status !== 503,
    );
    expect([answer.status, answer.body.status]).toEqual([200, 'completed']);
    expect((await shop.agent.complete(sessionId, 'tok_visa', { key })).text).toBe(answer.text);
    await expectOneSale();
  });

  it('charges once and makes one order when the agent comes again with a new key', async () => {
    const answer = await until(
      () => shop.agent.complete(sessionId, 'tok_visa'),
      ({ status }) => status !== 409 && status !== 503,
    );
    expect([200, 405]).toContain(answer.status);
    expect((await shop.agent.get(sessionId)).body.order).toBeDefined();
    await expectOneSale();
  });
});
