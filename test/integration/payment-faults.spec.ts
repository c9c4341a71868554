import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { open } from '../support/purchases.js';
import { savedToken } from '../support/razorpay.js';
import type { Fault } from '../support/simulator.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const charge = { provider: 'stripe', method: 'POST', path: '^/v1/payment_intents$' };

let shop: Shop;
afterEach(() => shop.simulator.clearFaults());

async function expectOneSale(sessionId: string): Promise<void> {
  expect(await shop.simulator.ledger(sessionId)).toHaveLength(1);
  expect(await shop.db.query('SELECT 1 FROM shop_order WHERE session_id = $1', [sessionId])).toHaveLength(1);
  const [session] = await shop.db.query('SELECT state FROM checkout_session WHERE id = $1', [sessionId]);
  expect(session).toEqual({ state: 'completed' });
}

describe('a provider that misbehaves', () => {
  // It is given up on soon, its customer is not: however slow all of it is, the agent gets its answer.
  beforeAll(async () => {
    shop = await startShop({}, { timings: { providerTimeoutMs: 400 } });
  });
  afterAll(() => shop.close());

  const afterTheCharge: [string, Fault][] = [
    [
      'resets the connection after it has charged',
      { match: { ...charge, times: 2 }, action: 'execute_then_reset' },
    ],
    ['answers 500 after it has charged', { match: { ...charge, times: 1 }, action: 'execute_then_500' }],
    [
      'answers with a page of HTML after it has charged',
      { match: { ...charge, times: 1 }, action: 'execute_then_html_502' },
    ],
    [
      'breaks off in the middle of its answer',
      { match: { ...charge, times: 1 }, action: 'execute_then_truncate_body' },
    ],
    ['hangs after it has charged', { match: { ...charge, times: 1 }, action: 'execute_then_hang' }],
    ['answers with another amount', { match: { ...charge, times: 1 }, action: 'wrong_amount_in_response' }],
    ['is busy with the same key', { match: { ...charge, times: 1 }, action: '409_in_flight' }],
    ['limits the rate', { match: { ...charge, times: 1 }, action: 'status', status: 429 }],
    ['resets the connection before it has charged', { match: { ...charge, times: 2 }, action: 'reset' }],
    ['answers 503 before it has charged', { match: { ...charge, times: 1 }, action: 'status', status: 503 }],
    ['does not answer in JSON', { match: { ...charge, times: 1 }, action: 'bad_json' }],
  ];
  it.each(afterTheCharge)('%s: the agent gets its order, the buyer is charged once', async (_, fault) => {
    const { body: session } = await shop.agent.create();
    await shop.simulator.inject(fault);
    const answer = await shop.agent.complete(session.id);
    expect(answer.body.status).toBe('completed');
    await expectOneSale(session.id);
  });
});

describe('a provider that says no', () => {
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  it('declines: the stock is free again, another token under a new key pays', async () => {
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_trail_shoe_10' }] });
    const declined = await shop.agent.complete(session.id, 'tok_chargeDeclined');
    expect(declined.status).toBe(200);
    expect(declined.body.status).toBe('ready_for_payment');
    expect(declined.body.order).toBeUndefined();
    expect(declined.body.messages).toMatchObject([{ type: 'error', code: 'payment_declined' }]);
    const [stock] = await shop.db.query(
      `SELECT reserved FROM inventory WHERE item_id = 'item_trail_shoe_10'`,
    );
    expect(stock).toEqual({ reserved: 0 });
    expect((await shop.agent.complete(session.id)).body.status).toBe('completed');
    await expectOneSale(session.id);
  });

  it('does not know the token: 400 that names it, nothing charged, the session open again', async () => {
    const { body: session } = await shop.agent.create();
    const answer = await shop.agent.complete(session.id, 'spt_nobody_knows');
    expect([answer.status, answer.body.param]).toEqual([400, '$.payment_data.instrument.credential.token']);
    expect((await shop.agent.get(session.id)).body.status).toBe('ready_for_payment');
    expect(await shop.simulator.ledger(session.id)).toEqual([]);
  });

  it.each([
    ['spent', { max_amount: 5000, revoke: false }],
    ['revoked', { max_amount: 100_000, revoke: true }],
  ])(
    'has a shared payment token that is %s: declined, and a good one pays',
    async (_, { max_amount, revoke }) => {
      const { body: session } = await shop.agent.create();
      const spt = await mint(max_amount);
      if (revoke) await stripe(`/v1/test_helpers/shared_payment/granted_tokens/${spt}/revoke`, {});
      const declined = await shop.agent.complete(session.id, spt);
      expect(declined.status).toBe(200);
      expect(declined.body.messages).toMatchObject([
        { code: revoke ? 'payment_declined' : 'payment_declined' },
      ]);
      const paid = await shop.agent.complete(session.id, await mint(100_000));
      expect(paid.body.status).toBe('completed');
      await expectOneSale(session.id);
    },
  );
});

describe('a provider that misbehaves for longer than an agent waits', () => {
  beforeAll(async () => {
    const timings = {
      providerTimeoutMs: 400,
      completeAnswerMs: 1_500,
      chargeDeadlineMs: 3_000,
      attemptLeaseMs: 4_000,
      claimLeaseMs: 2_000,
      reconcileAfterMs: 300,
      reconcileEveryMs: 200,
    };
    shop = await startShop({}, { timings });
  });
  afterAll(() => shop.close());

  it('hangs for long: the agent is told to ask again, the same key then gets the order', async () => {
    const { body: session } = await shop.agent.create();
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1000 }, action: 'execute_then_hang' });
    const key = randomUUID();
    const first = await shop.agent.complete(session.id, 'tok_visa', { key });
    expect([first.status, first.body.code]).toEqual([503, 'service_unavailable']);
    expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await shop.agent.get(session.id)).body.status).toBe('complete_in_progress');
    const other = await shop.agent.complete(session.id);
    expect([other.status, other.body.code]).toEqual([409, 'completion_in_progress']);
    expect(other.headers.has('retry-after')).toBe(true);
    await shop.simulator.clearFaults();

    const retried = await until(
      () => shop.agent.complete(session.id, 'tok_visa', { key }),
      ({ status }) => status !== 503 && status !== 409,
    );
    expect(retried.body.status).toBe('completed');
    const replayed = await shop.agent.complete(session.id, 'tok_visa', { key });
    expect(replayed.text).toBe(retried.text);
    await expectOneSale(session.id);
  });

  it('is away: nothing is lost, and the reconciler completes the purchase once it is back', async () => {
    const { body: session } = await shop.agent.create();
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1000 }, action: 'refuse' });
    const answer = await shop.agent.complete(session.id);
    expect(answer.status).toBe(503);
    await shop.simulator.clearFaults();
    await until(
      () => shop.agent.get(session.id),
      ({ body }) => body.status === 'completed',
    );
    await expectOneSale(session.id);
    const late = await shop.agent.complete(session.id);
    expect([late.status, late.body.code]).toEqual([405, 'session_completed']);
  });

  it('keeps no readable credential at rest, and none once the attempt has ended', async () => {
    const { body: session } = await shop.agent.create();
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1000 }, action: 'refuse' });
    await shop.agent.complete(session.id, 'tok_visa');
    const read = async (): Promise<string> =>
      JSON.stringify(
        await shop.db.query('SELECT * FROM payment_attempt WHERE subject_id = $1', [session.id]),
      );
    expect(await read()).not.toContain('tok_visa');
    const [open] = await shop.db.query('SELECT credential FROM payment_attempt WHERE subject_id = $1', [
      session.id,
    ]);
    expect(open?.credential).toMatch(/^[0-9a-f]{8}\./);
    await shop.simulator.clearFaults();
    await until(
      () => shop.agent.get(session.id),
      ({ body }) => body.status === 'completed',
    );
    const [ended] = await shop.db.query('SELECT credential FROM payment_attempt WHERE subject_id = $1', [
      session.id,
    ]);
    expect(ended).toEqual({ credential: null });
  });

  it('carries a saved token out long after we stopped waiting: it is found, and sold once', async () => {
    const { body: session } = await until(
      () => open(shop, 'razorpay'),
      ({ body }) => body.status === 'ready_for_payment',
    );
    const match = { provider: 'razorpay', method: 'POST', path: 'recurring', times: 1 };
    // A good while after the answer, or it would be found at once.
    await shop.simulator.inject({ match, action: 'delay', ms: 5_000 });
    expect((await shop.agent.complete(session.id, savedToken('token_simSuccess'))).status).toBe(503);
    // So far nobody can tell it from a charge that never arrived, and it is not sent again.
    expect(await shop.simulator.ledger(session.id)).toEqual([]);
    expect((await shop.agent.get(session.id)).body.status).toBe('complete_in_progress');
    await until(
      async () => (await shop.agent.get(session.id)).body.status,
      (status) => status === 'completed',
    );
    await expectOneSale(session.id);
  });
});

async function mint(maxAmount: number): Promise<string> {
  const token = await stripe('/v1/test_helpers/shared_payment/granted_tokens', {
    payment_method: 'pm_card_visa',
    'usage_limits[currency]': 'usd',
    'usage_limits[max_amount]': String(maxAmount),
    'usage_limits[expires_at]': String(Math.floor(Date.now() / 1000) + 3600),
  });
  return token.id;
}

async function stripe(path: string, form: Record<string, string>): Promise<{ id: string }> {
  const response = await fetch(shop.simulator.url + path, {
    method: 'POST',
    headers: { Authorization: 'Bearer sk_test_sandbox', 'Stripe-Version': '2026-04-22.preview' },
    body: new URLSearchParams(form),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as { id: string };
}
