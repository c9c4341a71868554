import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CheckoutSweeps } from '../../src/checkout/checkout-sweeps.js';
import { SettlementService } from '../../src/checkout/settlement.service.js';
import { ProviderRegistry } from '../../src/payments/providers/provider-registry.js';
import { firstSweeps } from '../support/first-sweeps.js';
import { Gate } from '../support/gate.js';
import { LockPatience } from '../support/lock-patience.js';
import { RowLock } from '../support/row-lock.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const charge = { provider: 'stripe', method: 'POST', path: '^/v1/payment_intents$' };
const list = { provider: 'stripe', method: 'GET', path: '^/v1/payment_intents' };
const quiet = { reconcileEveryMs: 3_600_000, expireEveryMs: 3_600_000 };

describe('a refusal after an ambiguous send', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings: quiet });
    // A comparison lists payments too, and would use up what is meant for the look at one of them.
    await firstSweeps(shop);
  });
  afterAll(() => shop.close());
  afterEach(() => shop.simulator.clearFaults());

  it('that Stripe did not read from our key (400) does not close the attempt', async () => {
    const { body: session } = await shop.agent.create();
    await shop.simulator.inject({ match: { ...charge, times: 2 }, action: 'execute_then_reset' });
    await shop.simulator.inject({ match: { ...charge, times: 1 }, action: 'status', status: 400 });
    await shop.simulator.inject({ match: { ...list, times: 1 }, action: 'status', status: 503 });
    const answer = await shop.agent.complete(session.id);
    expect(await shop.simulator.ledger(session.id)).toHaveLength(1);
    expect(['completed', 'complete_in_progress']).toContain((await shop.agent.get(session.id)).body.status);
    expect([200, 503]).toContain(answer.status);
  });
});

describe('the deadline of a charge', () => {
  let shop: Shop;
  beforeAll(async () => {
    const timings = { ...quiet, completeAnswerMs: 300, chargeDeadlineMs: 700, attemptLeaseMs: 800 };
    shop = await startShop({}, { timings });
  });
  afterAll(() => shop.close());

  it('holds for the send after a slow lookup too: nothing is sent when the lease is somebody else’s', async () => {
    const { body: session } = await shop.agent.create();
    await shop.simulator.inject({
      match: { provider: 'stripe', times: 1000 },
      action: 'status',
      status: 503,
    });
    expect((await shop.agent.complete(session.id)).status).toBe(503);
    const [row] = await until(
      () =>
        shop.db.query<{ id: string }>(
          `SELECT id FROM payment_attempt WHERE subject_id = $1 AND state = 'unknown' AND lease_token IS NULL`,
          [session.id],
        ),
      (left) => left.length === 1,
    );
    await shop.simulator.clearFaults();
    expect(await shop.simulator.ledger(session.id)).toEqual([]);
    const stripe = shop.server.app.get(ProviderRegistry).get('stripe');
    const [charge, lookup] = [vi.spyOn(stripe, 'charge'), vi.spyOn(stripe, 'lookup')];
    const looking = Gate.before(stripe, 'lookup');
    expect(await shop.server.app.get(SettlementService).advance(row!.id, 'reconciler')).toBe('unknown');
    // The attempt's lease is over and the outcome of whatever is sent now will be thrown away.
    looking.open();
    await until(async () => lookup.mock.settledResults.length);
    expect(lookup.mock.settledResults).toMatchObject([{ value: { state: 'not_found' } }]);
    await new Promise(setImmediate);
    expect(charge).not.toHaveBeenCalled();
    expect(await shop.simulator.ledger(session.id)).toEqual([]);
  });
});

describe('sweeps', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings: quiet });
    await firstSweeps(shop);
  });
  afterAll(() => shop.close());

  const expire = (id: string, minutesAgo: number): Promise<unknown> =>
    shop.db.query(`UPDATE checkout_session SET expires_at = now() - $2 * interval '1 minute' WHERE id = $1`, [
      id,
      minutesAgo,
    ]);

  it('one session that cannot be expired does not keep the others from it', async () => {
    const { body: stuck } = await shop.agent.create();
    const { body: other } = await shop.agent.create();
    await expire(stuck.id, 10);
    await expire(other.id, 5);
    const states = (): Promise<object[]> =>
      shop.db.query('SELECT id, state FROM checkout_session WHERE id = ANY($1) ORDER BY expires_at', [
        [stuck.id, other.id],
      ]);
    const lock = await RowLock.take(
      shop,
      'SELECT 1 FROM checkout_session WHERE id = $1 FOR UPDATE',
      [stuck.id],
      { patient: false },
    );
    await shop.server.app
      .get(CheckoutSweeps)
      .expire()
      .catch(() => undefined);
    const expired = await states();
    await lock.release();
    expect(expired).toEqual([
      { id: stuck.id, state: 'open' },
      { id: other.id, state: 'expired' },
    ]);
  });

  it('one run expires all there is, not the first hundred (a hold waits behind every abandoned cart)', async () => {
    const { body: session } = await shop.agent.create();
    await shop.db.query(
      `INSERT INTO checkout_session SELECT 'cs_backlog' || n, agent_id, 'open', currency, total, 1, content, created_at, updated_at, now() - interval '1 hour'
       FROM checkout_session, generate_series(1, 300) n WHERE id = $1`,
      [session.id],
    );
    const { body: authenticating } = await shop.agent.create({ line_items: [{ id: 'item_trail_shoe_9' }] });
    await shop.agent.complete(authenticating.id, 'tok_threeDSecure2Required');
    const [before] = await shop.db.query('SELECT state FROM checkout_session WHERE id = $1', [
      authenticating.id,
    ]);
    expect(before?.state).toBe('authentication_required');
    await expire(authenticating.id, 1);
    await shop.server.app.get(CheckoutSweeps).expire();
    expect(await shop.db.query('SELECT holder_id FROM inventory_hold')).toEqual([]);
  });
});

describe('settings encryption key that was replaced while a charge was under way', () => {
  it('does not keep a captured charge from its order: looking it up needs no credential', async () => {
    const shop = await startShop(
      {},
      {
        timings: {
          providerTimeoutMs: 300,
          completeAnswerMs: 500,
          chargeDeadlineMs: 700,
          attemptLeaseMs: 800,
          reconcileAfterMs: 300,
          reconcileEveryMs: 200,
        },
      },
    );
    try {
      await shop.simulator.inject({
        match: { provider: 'stripe', times: 1000 },
        action: 'execute_then_hang',
      });
      // One whose charge did get there before its short deadline.
      const session = await until(async () => {
        const { body: opened } = await shop.agent.create();
        expect((await shop.agent.complete(opened.id)).status).toBe(503);
        return (await shop.simulator.ledger(opened.id)).length === 1 && opened;
      });
      await shop.restart({ SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') });
      await shop.simulator.clearFaults();
      await until(
        () => shop.agent.get(session.id),
        ({ body }) => body.status === 'completed',
      );
    } finally {
      await shop.close();
    }
  });
});

describe('a pool of two', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({ DATABASE_POOL_MAX: '2' });
  });
  afterAll(() => shop.close());

  it('serves 50 at once, every route, without a deadlock', async () => {
    onTestFinished(LockPatience.begin());
    const startedAt = Date.now();
    const sessions = await Promise.all(
      Array.from({ length: 50 }, () => shop.agent.create({ line_items: [{ id: 'item_enamel_mug' }] })),
    );
    expect(new Set(sessions.map(({ status }) => status))).toEqual(new Set([201]));
    const sent = sessions.flatMap(({ body }, n) => [
      shop.agent.complete(body.id as string),
      shop.agent.complete(body.id as string),
      n % 2
        ? shop.agent.update(body.id as string, { buyer: { email: 'a@example.com' } })
        : shop.agent.cancel(body.id as string),
      shop.agent.get(body.id as string),
    ]);
    const answers = await Promise.all(sent);
    expect(answers.filter(({ status }) => status >= 500).map(({ text }) => text)).toEqual([]);
    expect(Date.now() - startedAt).toBeLessThan(40_000);
  });
});

describe('lock_timeout', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  it('is a 503 with Retry-After that is not stored; the same key then works', async () => {
    const { body: session } = await shop.agent.create({
      line_items: [{ id: 'item_enamel_mug' }, { id: 'item_trail_shoe_9' }],
    });
    for (const [table, id] of [
      ['inventory WHERE item_id = $1', 'item_enamel_mug'],
      ['checkout_session WHERE id = $1', session.id],
    ]) {
      const lock = await RowLock.take(shop, `SELECT 1 FROM ${table} FOR UPDATE`, [id], { patient: false });
      const key = randomUUID();
      const answer = await shop.agent.complete(session.id, 'tok_chargeDeclined', { key });
      await lock.release();
      expect([answer.status, answer.body.code]).toEqual([503, 'service_unavailable']);
      expect(answer.headers.has('retry-after')).toBe(true);
      const retried = await shop.agent.complete(session.id, 'tok_chargeDeclined', { key });
      expect([retried.status, retried.body.status]).toEqual([200, 'ready_for_payment']);
    }
    expect(await shop.simulator.ledger(session.id)).toEqual([]);
    expect(await shop.db.query('SELECT * FROM inventory_hold')).toEqual([]);
  });
});
