import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckoutSweeps } from '../../src/checkout/checkout-sweeps.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const often = { reconcileAfterMs: 100, reconcileEveryMs: 150, expireEveryMs: 150, reapEveryMs: 150 };

let shop: Shop;

const stateOf = async (sessionId: string): Promise<unknown> =>
  (await shop.db.query('SELECT state FROM checkout_session WHERE id = $1', [sessionId]))[0]?.state;
const reserved = async (itemId: string): Promise<unknown> =>
  (await shop.db.query('SELECT reserved FROM inventory WHERE item_id = $1', [itemId]))[0]?.reserved;

/** Changes an attempt at a moment when no call is working on it. */
const changeIdleAttempt = (sessionId: string, change: string): Promise<unknown> =>
  until(
    () =>
      shop.db.query(
        `UPDATE payment_attempt SET ${change}
         WHERE subject_id = $1 AND state = 'unknown' AND lease_token IS NULL RETURNING id`,
        [sessionId],
      ),
    (changed) => changed.length === 1,
  );

describe('the sweeps', () => {
  beforeAll(async () => {
    shop = await startShop({}, { timings: often });
  });
  afterAll(() => shop.close());

  it('expire a session at its time, shown before it is stored, and give the stock back that it held', async () => {
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_last_lantern' }] });
    const demanded = await shop.agent.complete(session.id, 'tok_threeDSecure2Required');
    expect(demanded.body.status).toBe('authentication_required');
    expect(await reserved('item_last_lantern')).toBe(1);
    await shop.db.query('UPDATE checkout_session SET expires_at = now() WHERE id = $1', [session.id]);
    expect((await shop.agent.get(session.id)).body.status).toBe('expired');
    await until(
      () => stateOf(session.id),
      (state) => state === 'expired',
    );
    expect(await reserved('item_last_lantern')).toBe(0);
    expect((await shop.agent.complete(session.id)).body.code).toBe('session_expired');
    expect((await shop.agent.cancel(session.id)).body.status).toBe('canceled');
  });

  it('forget idempotency keys after their time, and a forgotten key is a new one', async () => {
    const key = randomUUID();
    const first = await shop.agent.create({}, { key });
    await shop.db.query('UPDATE idempotency_claim SET expires_at = now() WHERE key = $1', [key]);
    await until(
      () => shop.db.query('SELECT 1 FROM idempotency_claim WHERE key = $1', [key]),
      (rows) => rows.length === 0,
    );
    const second = await shop.agent.create({}, { key });
    expect(second.body.id).not.toBe(first.body.id);
  });
});

describe('the sweeps, where agents are not waited for long', () => {
  beforeAll(async () => {
    const timings = {
      ...often,
      providerTimeoutMs: 200,
      completeAnswerMs: 400,
      chargeDeadlineMs: 500,
      attemptLeaseMs: 600,
      resendLimitMs: 30 * 60_000,
    };
    shop = await startShop({}, { timings });
  });
  afterAll(() => shop.close());

  it('leave a session alone whose payment is under way, although its time is over', async () => {
    const { body: session } = await shop.agent.create();
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1000 }, action: 'refuse' });
    expect((await shop.agent.complete(session.id)).status).toBe(503);
    await shop.db.query('UPDATE checkout_session SET expires_at = now() WHERE id = $1', [session.id]);
    await shop.server.app.get(CheckoutSweeps).expire();
    expect((await shop.agent.get(session.id)).body.status).toBe('complete_in_progress');
    await shop.simulator.clearFaults();
    await until(
      () => stateOf(session.id),
      (state) => state === 'completed',
    );
    expect(await shop.simulator.ledger(session.id)).toHaveLength(1);
  });

  it('do not send a charge that was never sent in its time: the session opens again, nothing is charged', async () => {
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_trail_shoe_10' }] });
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1000 }, action: 'refuse' });
    await shop.agent.complete(session.id, 'tok_visa', { key: 'late' });
    // As if the process had died right after it committed the attempt, and nobody had come for a long time.
    await changeIdleAttempt(
      session.id as string,
      `state = 'started', called_at = NULL, expires_at = now(), lease_until = now(), history = '[]'`,
    );
    await shop.simulator.clearFaults();
    await until(
      () => stateOf(session.id),
      (state) => state === 'open',
    );
    expect(await shop.simulator.ledger(session.id)).toEqual([]);
    expect(await reserved('item_trail_shoe_10')).toBe(0);
    const again = await until(
      () => shop.agent.complete(session.id, 'tok_visa', { key: 'late' }),
      ({ status }) => status !== 503,
    );
    expect(again.body.status).toBe('completed');
    expect(await shop.simulator.ledger(session.id)).toHaveLength(1);
  });

  it('never send a charge again that the provider may have forgotten, but find it if it is there', async () => {
    const { body: lost } = await shop.agent.create();
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1000 }, action: 'refuse' });
    await shop.agent.complete(lost.id);
    // Half an hour is the limit here; in production it is 23 hours.
    await changeIdleAttempt(lost.id as string, `called_at = now() - interval '1 hour'`);
    await shop.simulator.clearFaults();
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1000 }, action: 'execute_then_hang' });
    // One whose charge did get there before its short deadline.
    const there = await until(async () => {
      const { body } = await shop.agent.create();
      await shop.agent.complete(body.id);
      return (await shop.simulator.ledger(body.id)).length === 1 && body;
    });
    await changeIdleAttempt(there.id as string, `called_at = now() - interval '1 hour'`);
    await shop.simulator.clearFaults();
    await until(
      () => stateOf(there.id),
      (state) => state === 'completed',
    );
    const [attempt] = await until(
      () => shop.db.query('SELECT state, flagged_at FROM payment_attempt WHERE subject_id = $1', [lost.id]),
      ([row]) => row?.flagged_at != null,
    );
    expect(attempt?.state).toBe('unknown');
    expect(await stateOf(lost.id)).toBe('completing');
    expect(await shop.simulator.ledger(lost.id)).toEqual([]);
    await changeIdleAttempt(lost.id as string, 'called_at = now()');
    await until(
      () => stateOf(lost.id),
      (state) => state === 'completed',
    );
  });
});
