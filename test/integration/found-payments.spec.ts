import { randomUUID } from 'node:crypto';
import Razorpay from 'razorpay';
import Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CheckoutSweeps } from '../../src/checkout/checkout-sweeps.js';
import { PaymentComparisonService } from '../../src/checkout/payment-comparison.service.js';
import { PaymentFactsService } from '../../src/checkout/payment-facts.service.js';
import { RazorpayProvider } from '../../src/payments/providers/razorpay/razorpay.provider.js';
import { firstSweeps } from '../support/first-sweeps.js';
import { adminOrder, buy, netOf, set } from '../support/purchases.js';
import { adminCall, createInRupees, linkOf, payLink, savedToken } from '../support/razorpay.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

const timings = {
  settingsCacheMs: 1,
  compareEveryMs: 3_600_000,
  operationsEveryMs: 200,
  reconcileEveryMs: 3_600_000,
  reconcileAfterMs: 1,
  closeLinksEveryMs: 200,
  orphanAfterMs: 1,
};

describe('payments that change behind our back', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings });
    await shop.simulator.webhookMode({ mode: 'drop' });
    await firstSweeps(shop);
  });
  afterAll(() => shop.close());
  afterEach(async () => {
    await shop.simulator.clearFaults();
    await set(shop, 'payments', {});
  });

  const facts = () => shop.server.app.get(PaymentFactsService);
  const sync = (payment: string, psp = 'razorpay', part: 'payment' | 'refunds' = 'payment') =>
    facts().sync(psp, { part, payment }, 'webhook');
  const compare = (): Promise<void> => shop.server.app.get(PaymentComparisonService).compareAll();
  const status = async (id: string): Promise<unknown> => (await shop.agent.get(id)).body.status;
  const attemptsOf = (id: string) =>
    shop.db.query<{ id: string; state: string; reference: string }>(
      'SELECT id, state, reference FROM payment_attempt WHERE subject_id = $1 ORDER BY n',
      [id],
    );
  /** As if all that exists were older than the window of the comparison. */
  const age = () =>
    shop.db.query(
      `INSERT INTO provider_mark (provider, listed_until) VALUES ('stripe', now() + interval '1 hour'), ('razorpay', now() + interval '1 hour')
       ON CONFLICT (provider) DO UPDATE SET listed_until = excluded.listed_until, looked_back_at = NULL`,
    );
  const unage = () => shop.db.query('DELETE FROM provider_mark');
  const stripe = (): Stripe =>
    new Stripe('sk_test_sandbox', {
      telemetry: false,
      host: '127.0.0.1',
      protocol: 'http',
      port: Number(new URL(shop.simulator.url).port),
    });
  const razorpay = (): Razorpay => {
    const client = new Razorpay({ key_id: 'rzp_test_sandbox', key_secret: 'rzp_sandbox_secret' });
    (client as unknown as { api: { rq: { defaults: { baseURL: string } } } }).api.rq.defaults.baseURL =
      shop.simulator.url;
    return client;
  };

  it('a late capture that was refunded in the dashboard sells nothing', async () => {
    const { body } = await createInRupees(shop);
    await shop.agent.complete(body.id, savedToken('token_simDeclined'));
    const [attempt] = await attemptsOf(body.id);
    await shop.simulator.post(`/_sim/razorpay/payments/${attempt!.reference}/capture`, {});
    await razorpay().payments.refund(attempt!.reference, { amount: await netOf(shop, body.id) });
    expect(await netOf(shop, body.id)).toBe(0);
    await sync(attempt!.reference, 'razorpay', 'refunds');
    expect(await status(body.id)).not.toBe('completed');
  });

  it('a charge whose answer was lost and that was refunded in the dashboard sells nothing', async () => {
    const { body } = await shop.agent.create();
    await shop.simulator.inject({
      match: { provider: 'stripe', method: 'POST', path: '^/v1/payment_intents$', times: 1 },
      action: 'execute_then_reset',
    });
    await shop.simulator.inject({
      match: { provider: 'stripe', times: 1_000 },
      action: 'status',
      status: 503,
    });
    const answer = await shop.agent.complete(body.id, 'tok_visa');
    expect(answer.status).toBe(503);
    // Nobody asks any more until the reconciler does.
    await until(
      () => attemptsOf(body.id),
      ([attempt]) => attempt?.state === 'unknown',
    );
    await shop.simulator.clearFaults();
    const [capture] = await shop.simulator.ledger(body.id);
    await stripe().refunds.create({ payment_intent: capture!.payment });
    await shop.server.app.get(CheckoutSweeps).reconcile();
    expect((await attemptsOf(body.id))[0]?.state).not.toBe('unknown');
    expect(await status(body.id)).not.toBe('completed');
  });

  it('an authorization that lapsed long ago, its webhook lost, cancels its order', async () => {
    await set(shop, 'payments', { captureMethod: 'manual' });
    const bought = await buy(shop, 'stripe');
    await age();
    await stripe().paymentIntents.cancel(bought.reference);
    await shop.db.query(`UPDATE payment_attempt SET updated_at = now() - interval '2 days' WHERE id = $1`, [
      bought.paymentId,
    ]);
    await compare();
    await shop.server.app.get(CheckoutSweeps).reconcile();
    await unage();
    const order = await adminOrder(shop, bought.orderId);
    expect(order.merchant_status).toBe('canceled');
  });

  it('a payment captured in the dashboard goes back when its order is canceled', async () => {
    await set(shop, 'payments', { captureMethod: 'manual' });
    const bought = await buy(shop, 'stripe');
    await stripe().paymentIntents.capture(bought.reference);
    expect(await netOf(shop, bought.sessionId)).toBe(bought.amount);
    await age();
    await adminCall(shop, `/admin/orders/${bought.orderId}/cancel`, { body: { reason: 'x' } });
    await compare();
    await until(
      async () => {
        await shop.server.app.get(CheckoutSweeps).reconcile();
        return netOf(shop, bought.sessionId);
      },
      (net) => net === 0,
    );
    await unage();
  });

  it('a payment that is still being charged is no orphan', async () => {
    await set(shop, 'payments', { orphanPolicy: 'refund' });
    const { body } = await createInRupees(shop);
    await shop.simulator.inject({
      match: { provider: 'razorpay', path: '/capture', times: 100 },
      action: 'status',
      status: 503,
    });
    const answer = await shop.agent.complete(body.id, savedToken('token_simSuccess'));
    expect(answer.status).toBe(503);
    await until(
      () => attemptsOf(body.id),
      ([attempt]) => attempt?.state === 'unknown',
    );
    await compare();
    const orphans = await shop.db.query(
      'SELECT kind, state, payment_reference FROM payment_operation WHERE payment_id IS NULL',
    );
    expect(orphans).toEqual([]);
  });

  it('a stale look that saw `failed` does not cancel an order that was authorized since', async () => {
    await set(shop, 'payments', { captureMethod: 'manual' });
    const { body } = await createInRupees(shop);
    await shop.agent.complete(body.id, savedToken('token_simPending'));
    const [attempt] = await attemptsOf(body.id);
    await shop.simulator.post(`/_sim/razorpay/payments/${attempt!.reference}/fail`, {});
    const provider = shop.server.app.get(RazorpayProvider);
    const find = provider.find.bind(provider);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let seen = (): void => undefined;
    const looked = new Promise<void>((resolve) => {
      seen = resolve;
    });
    provider.find = async (reference) => {
      const payment = await find(reference);
      seen();
      await gate;
      return payment;
    };
    const stale = sync(attempt!.reference);
    await looked;
    provider.find = find;
    await shop.simulator.post(`/_sim/razorpay/payments/${attempt!.reference}/authorize`, {});
    await sync(attempt!.reference);
    const { body: sold } = await shop.agent.get(body.id);
    expect(sold.status).toBe('completed');
    open();
    await stale;
    const order = await adminOrder(shop, sold.order.id as string);
    expect(order.merchant_status).toBe('pending');
  });

  it('the cancel of a free order is resumed after a crash', async () => {
    await shop.db.query(`UPDATE item_price SET amount = 0 WHERE item_id = 'item_trail_shoe_10'`);
    await set(shop, 'shipping', { options: [] });
    await shop.db.query(`UPDATE item SET delivery = 'digital' WHERE id = 'item_trail_shoe_10'`);
    const { body } = await shop.agent.create({ line_items: [{ id: 'item_trail_shoe_10', quantity: 1 }] });
    const { body: done } = await shop.agent.complete(body.id, 'tok_visa');
    const key = randomUUID();
    const path = `/admin/orders/${done.order.id}/cancel`;
    expect((await adminCall(shop, path, { body: { reason: 'x' }, key })).status).toBe(200);
    // as if the process had died between the commit of the cancel and the commit of its reply
    await shop.db.query(
      `UPDATE idempotency_claim SET state = 'retryable', status = NULL, body = NULL WHERE key = $1`,
      [key],
    );
    await shop.db.query(`DELETE FROM setting WHERE namespace = 'shipping'`);
    expect((await adminCall(shop, path, { body: { reason: 'x' }, key })).status).toBe(200);
  });

  it('a dashboard refund beside one of ours that is undecided is no surprise', async () => {
    const bought = await buy(shop, 'stripe');
    await shop.simulator.inject({
      match: { provider: 'stripe', method: 'POST', path: 'refunds', times: 1000 },
      action: 'status',
      status: 503,
    });
    const first = await adminCall(shop, `/admin/orders/${bought.orderId}/refunds`, {
      body: { reason: 'x', amount: 500 },
    });
    expect(first.status).toBe(201);
    // It is not tried again before the one in the dashboard is made.
    await shop.db.query(
      `UPDATE payment_operation SET next_at = now() + interval '1 hour' WHERE payment_id = $1`,
      [bought.paymentId],
    );
    await shop.simulator.clearFaults();
    await shop.simulator.inject({
      match: { provider: 'stripe', method: 'POST', path: 'refunds', nth: 2, times: 1000 },
      action: 'status',
      status: 503,
    });
    await stripe().refunds.create({ payment_intent: bought.reference });
    await sync(bought.reference, 'stripe', 'refunds');
    const again = await adminCall(shop, `/admin/orders/${bought.orderId}/refunds`, { body: { reason: 'x' } });
    expect(again.status).toBeLessThan(500);
  });

  it.each(['stripe', 'razorpay'])(
    'a second captured payment for one attempt at %s goes back',
    async (psp) => {
      const bought = await buy(shop, psp as 'stripe');
      const [store] = await shop.db.query<{ instance_id: string }>('SELECT instance_id FROM store');
      const metadata = {
        store_instance: store!.instance_id,
        attempt_id: bought.paymentId,
        checkout_session_id: bought.sessionId,
      };
      if (psp === 'stripe')
        await stripe().paymentIntents.create({
          amount: bought.amount,
          currency: 'usd',
          confirm: true,
          payment_method: 'pm_card_visa',
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
          metadata,
        });
      else {
        const order = await razorpay().orders.create({
          amount: bought.amount,
          currency: 'INR',
          notes: metadata,
        });
        const id = (await razorpay().payments.createRecurringPayment({
          amount: bought.amount,
          currency: 'INR',
          order_id: order.id,
          customer_id: 'cust_1',
          token: 'token_simSuccess',
          recurring: true,
          email: 'a@example.com',
          contact: '9000090000',
          description: 'x',
          notes: metadata,
        })) as unknown as { razorpay_payment_id: string };
        await shop.simulator
          .post(`/_sim/razorpay/payments/${id.razorpay_payment_id}/capture`, {})
          .catch(() => undefined);
      }
      expect(await netOf(shop, bought.sessionId)).toBe(2 * bought.amount);
      await compare();
      await until(async () => {
        const { needs_review } = await adminOrder(shop, bought.orderId);
        return needs_review || (await netOf(shop, bought.sessionId)) === bought.amount;
      });
    },
  );

  it('a link payment that is captured days later, its webhook lost, is found', async () => {
    const { body } = await createInRupees(shop);
    await payLink(shop, linkOf(body), { outcome: 'late_authorized' });
    const payments = (await razorpay().payments.all({ count: 1 })).items;
    await unage();
    await compare();
    await age();
    await shop.simulator.post(`/_sim/razorpay/payments/${payments[0]!.id}/capture`, {});
    expect(await netOf(shop, body.id)).toBeGreaterThan(0);
    await compare();
    await until(async () => (await netOf(shop, body.id)) === 0 || (await status(body.id)) === 'completed');
    await unage();
  });
});
