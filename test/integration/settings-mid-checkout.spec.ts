import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { total } from '../support/agent.js';
import { GuideAgent } from '../support/guide-agent.js';
import { merchant } from '../support/merchant.js';
import { adminOrder } from '../support/purchases.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const option = (id: string, usd: number, countries = ['US']): object => ({
  id,
  title: id,
  countries,
  prices: { usd },
  minDays: 1,
  maxDays: 2,
});

let shop: Shop;
afterEach(async () => {
  await Promise.all(
    ['tax', 'shipping', 'payments', 'payments.stripe', 'checkout'].map((namespace) =>
      merchant(shop, `/admin/settings/${namespace}/rollback`, { body: { version: 0 } }),
    ),
  );
});

async function change(namespace: string, body: object): Promise<void> {
  const { status, text } = await merchant(shop, `/admin/settings/${namespace}`, { method: 'PATCH', body });
  if (status !== 200) throw new Error(text);
}
const taxed = (percent: number): Promise<void> =>
  change('tax', {
    rates: [
      { country: 'US', region: 'CA', percent },
      { country: 'DE', percent: percent + 1 },
    ],
  });
const opened = async () => (await shop.agent.create()).body;

describe('settings changed in mid-checkout', () => {
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  const priceChange = expect.objectContaining({ type: 'warning', code: 'price_change', param: '$.totals' });

  it('are in the prices of the next update, which says so once', async () => {
    const session = await opened();
    expect(total(session, 'tax')).toBe(371);
    await taxed(10);
    // What was shown stays what is shown.
    expect((await shop.agent.get(session.id)).body.totals).toEqual(session.totals);
    const { body: updated } = await shop.agent.update(session.id, {});
    expect([total(updated, 'tax'), total(updated)]).toEqual([450, 4500 + 500 + 450]);
    expect(updated.messages).toContainEqual(priceChange);
    expect((await shop.agent.get(session.id)).body.messages).toContainEqual(priceChange);
    const { body: again } = await shop.agent.update(session.id, {});
    expect([again.messages, again.totals]).toEqual([[], updated.totals]);
    expect((await shop.agent.complete(session.id)).body.status).toBe('completed');
  });

  it('and the agent’s own change are told apart', async () => {
    const session = await opened();
    await change('tax', {
      rates: [
        { country: 'US', region: 'CA', percent: 8.25 },
        { country: 'FR', percent: 20 },
      ],
    });
    await change('shipping', { options: [option('ship_standard', 500), option('ship_express', 1900)] });
    const more = { line_items: [{ id: 'item_merino_tee', quantity: 3 }] };
    const { body: grown } = await shop.agent.update(session.id, more);
    expect([total(grown), grown.messages]).toEqual([13500 + 1114 + 500, []]);
    await change('shipping', { options: [option('ship_standard', 700), option('ship_express', 1900)] });
    const { body: dearer } = await shop.agent.update(session.id, { line_items: [{ id: 'item_enamel_mug' }] });
    expect(total(dearer, 'fulfillment')).toBe(700);
    expect(dearer.messages).toContainEqual(priceChange);
    const [stored] = await shop.db.query<{ settings: object }>(
      `SELECT content->'quote'->'settings' AS settings FROM checkout_session WHERE id = $1`,
      [session.id],
    );
    const versions = await shop.db.query<{ namespace: string; version: number }>(
      `SELECT namespace, version FROM setting WHERE namespace IN ('tax', 'shipping')`,
    );
    expect(stored?.settings).toEqual(
      Object.fromEntries(versions.map(({ namespace, version }) => [namespace, version])),
    );
  });

  it('stop a complete before it charges, and only once', async () => {
    const session = await opened();
    await taxed(20);
    const { body: stopped } = await shop.agent.complete(session.id);
    expect([stopped.status, total(stopped, 'tax')]).toEqual(['ready_for_payment', 900]);
    expect(stopped.messages).toContainEqual(priceChange);
    expect(await shop.simulator.ledger(session.id)).toEqual([]);
    expect((await shop.agent.complete(session.id)).body.status).toBe('completed');
    expect(await shop.simulator.ledger(session.id)).toMatchObject([{ amount: 4500 + 500 + 900 }]);
  });

  it('leave a session without a provider waiting until there is one', async () => {
    const session = await opened();
    await change('payments', { providersByCurrency: { inr: ['razorpay'] } });
    const { body: waiting } = await shop.agent.update(session.id, {});
    expect([waiting.status, waiting.capabilities.payment.handlers]).toEqual(['not_ready_for_payment', []]);
    const missing = { type: 'error', code: 'unsupported', param: '$.capabilities.payment.handlers' };
    expect(waiting.messages).toContainEqual(expect.objectContaining(missing));
    await change('payments', { providersByCurrency: null });
    expect((await shop.agent.update(session.id, {})).body.status).toBe('ready_for_payment');
  });

  it('open a session to the provider as it is now: its account, its key, or another one', async () => {
    const session = await opened();
    await change('payments.stripe', { secretKey: 'sk_test_another_one', merchantId: 'acct_another_one' });
    const { body: updated } = await shop.agent.update(session.id, {});
    expect(updated.capabilities.payment.handlers).toMatchObject([
      { psp: 'stripe', config: { merchant_id: 'acct_another_one' } },
    ]);
    expect(updated.totals).toEqual(session.totals);
    await change('payments.stripe', { secretKey: '' });
    const { body: refused } = await shop.agent.complete(session.id);
    expect(refused.status).not.toBe('completed');
    expect(await shop.simulator.ledger(session.id)).toEqual([]);
    await change('payments.stripe', { secretKey: null });
    await shop.agent.update(session.id, {});
    expect((await shop.agent.complete(session.id)).body.status).toBe('completed');
  });

  it('are told on the wire of the guide too', async () => {
    const agent = new GuideAgent(shop.url);
    const { body: created } = await agent.create();
    await taxed(10);
    const { body: updated } = await agent.update(created.checkout_id as string, {});
    expect(updated).toMatchObject({ tax: { amount: 450 }, notice: { code: 'price_changed' } });
    await change('shipping', { options: [option('ship_standard', 700)] });
    const { body: again } = await agent.update(created.checkout_id as string, {});
    expect(again).toMatchObject({ selected_shipping: { cost: { amount: 700 } }, notice: updated.notice });
    await taxed(11);
    const stopped = await agent.complete(created.checkout_id as string);
    expect([stopped.status, stopped.body.error.code]).toEqual([409, 'price_changed']);
    expect((await agent.complete(created.checkout_id as string)).body.status).toBe('confirmed');
  });
});

describe('settings changed while a payment is under way', () => {
  beforeAll(async () => {
    const timings = {
      providerTimeoutMs: 300,
      completeAnswerMs: 500,
      chargeDeadlineMs: 700,
      attemptLeaseMs: 800,
      reconcileAfterMs: 300,
      reconcileEveryMs: 200,
    };
    shop = await startShop({}, { timings });
  });
  afterAll(() => shop.close());

  it('do not touch its session', async () => {
    const session = await opened();
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1000 }, action: 'execute_then_hang' });
    expect((await shop.agent.complete(session.id)).status).toBe(503);
    const { body: completing } = await shop.agent.get(session.id);
    expect(completing.status).toBe('complete_in_progress');
    await taxed(50);
    await change('shipping', { options: [option('ship_other', 9900, ['DE'])] });
    await change('payments', { providersByCurrency: { usd: ['razorpay'] }, captureMethod: 'manual' });
    await change('checkout', { currencies: ['inr'], sessionTtlMinutes: 0.05 });
    expect((await shop.agent.get(session.id)).body).toEqual(completing);
    expect((await shop.agent.update(session.id, {})).body.code).toBe('completion_in_progress');
    // Without a key nobody can ask what became of it. That is no reason to call it anything else.
    await change('payments.stripe', { secretKey: '' });
    // The first request waits on for a moment after it was answered, and a sweep may hold the key it began with.
    const payment = await until(
      async () => (await merchant(shop, '/admin/payments?limit=1')).body.data[0],
      ({ state }) => state === 'unknown',
    );
    await shop.simulator.clearFaults();
    const reconciled = await merchant(shop, `/admin/payments/${payment.id}/reconcile`, { method: 'POST' });
    expect([payment.checkout_session_id, reconciled.body.state]).toEqual([session.id, 'unknown']);
    expect((await shop.agent.get(session.id)).body).toEqual(completing);
    await change('payments.stripe', { secretKey: 'sk_test_another_one' });
    const { body: done } = await until(
      () => shop.agent.get(session.id),
      ({ body }) => body.status === 'completed',
    );
    expect(done.totals).toEqual(session.totals);
    expect(await shop.simulator.ledger(session.id)).toMatchObject([
      { type: 'capture', amount: total(session) },
    ]);
    const order = await adminOrder(shop, done.order.id as string);
    expect(order).toMatchObject({
      merchant_status: 'paid',
      payment: { state: 'captured', captured: total(session) },
      totals: expect.arrayContaining([expect.objectContaining({ type: 'tax', amount: 371 })]),
    });
  });
});
