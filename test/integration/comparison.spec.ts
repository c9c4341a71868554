import Razorpay from 'razorpay';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PaymentComparisonService } from '../../src/checkout/payment-comparison.service.js';
import { firstSweeps } from '../support/first-sweeps.js';
import { adminOrder, buy, netOf, open, type Psp, psps, set } from '../support/purchases.js';
import { admin, linkOf, orderOf, payLink, playCheckout } from '../support/razorpay.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

// Every webhook is lost, and no sweep comes by itself: what mends is the comparison.
const timings = {
  settingsCacheMs: 1,
  compareEveryMs: 3_600_000,
  operationsEveryMs: 200,
  reconcileEveryMs: 3_600_000,
  orphanAfterMs: 1,
};

describe('the comparison with the providers’ own lists', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings });
    await shop.simulator.webhookMode({ mode: 'drop' });
    await firstSweeps(shop);
  });
  afterAll(() => shop.close());

  const compare = (): Promise<void> => shop.server.app.get(PaymentComparisonService).compareAll();
  const status = async (id: string): Promise<unknown> => (await shop.agent.get(id)).body.status;
  const connected = (): Stripe =>
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

  it('completes a session whose link was paid and nobody told us', async () => {
    const { body } = await open(shop, 'razorpay');
    await payLink(shop, linkOf(body));
    expect(await status(body.id)).toBe('ready_for_payment');
    await compare();
    expect(await status(body.id)).toBe('completed');
  });

  it('leaves what was paid while a charge is under way to the next time', async () => {
    const { body } = await open(shop, 'razorpay');
    await payLink(shop, linkOf(body));
    const stand = (state: string): Promise<unknown> =>
      shop.db.query('UPDATE checkout_session SET state = $2, updated_at = now() WHERE id = $1', [
        body.id,
        state,
      ]);
    await stand('completing');
    await compare();
    expect(await status(body.id)).toBe('complete_in_progress');
    // The charge came to nothing.
    await stand('open');
    await compare();
    expect(await status(body.id)).toBe('completed');
  });

  it('sends back what was paid for a session that was canceled since', async () => {
    const { body } = await open(shop, 'razorpay');
    await shop.agent.cancel(body.id);
    await playCheckout(shop, orderOf(body)!, { outcome: 'captured' });
    expect(await netOf(shop, body.id)).toBeGreaterThan(0);
    await compare();
    await until(async () => (await netOf(shop, body.id)) === 0);
  });

  it('sends back what was paid for the last one when somebody else has bought it', async () => {
    const { body } = await open(shop, 'razorpay', { line_items: [{ id: 'item_last_lantern', quantity: 1 }] });
    await buy(shop, 'stripe', { line_items: [{ id: 'item_last_lantern', quantity: 1 }] });
    await payLink(shop, linkOf(body));
    await compare();
    await until(async () => (await netOf(shop, body.id)) === 0);
    expect(await status(body.id)).not.toBe('completed');
  });

  it.each(psps)('finds the refund and the dispute that %s never told us of', async (psp) => {
    const bought = await buy(shop, psp);
    await refundThere(psp, bought.reference, 300);
    await shop.simulator.dispute({ payment: bought.reference });
    await compare();
    const order = await adminOrder(shop, bought.orderId);
    expect(order.payment!.refunded).toBe(300);
    expect(order.needs_review).toBe(true);
    expect(order.adjustments.map(({ type }) => type).sort()).toEqual(['dispute', 'refund']);
    await compare();
    expect((await adminOrder(shop, bought.orderId)).adjustments).toHaveLength(2);
  });

  it.each(psps)('never touches what another program made at %s', async (psp) => {
    const before = (await shop.simulator.ledger()).length;
    const foreign = await payElsewhere(psp, { store_instance: 'somebody-else', attempt_id: 'pay_x' });
    const unmarked = await payElsewhere(psp, {});
    await compare();
    const entries = (await shop.simulator.ledger()).slice(before);
    expect(entries.map(({ payment }) => payment).sort()).toEqual([foreign, unmarked].sort());
    expect(
      await shop.db.query('SELECT 1 FROM payment_attempt WHERE reference = ANY($1)', [[foreign, unmarked]]),
    ).toEqual([]);
  });

  it.each(psps)(
    'reports an orphan of ours at %s, and sends it back only if the merchant wants that',
    async (psp) => {
      const [store] = await shop.db.query<{ instance_id: string }>('SELECT instance_id FROM store');
      const ours = {
        store_instance: store!.instance_id,
        attempt_id: 'pay_lost',
        checkout_session_id: `cs_lost_${psp}`,
      };
      const orphan = await payElsewhere(psp, ours);
      await compare();
      expect(await netOf(shop, `cs_lost_${psp}`)).toBe(5000);
      await set(shop, 'payments', { orphanPolicy: 'refund' });
      await compare();
      await compare();
      await until(async () => (await netOf(shop, `cs_lost_${psp}`)) === 0);
      const operations = await shop.db.query(
        'SELECT kind FROM payment_operation WHERE payment_reference = $1',
        [orphan],
      );
      expect(operations).toEqual([{ kind: 'refund' }]);
      await set(shop, 'payments', {});
    },
  );

  it('shows an order whose money is not there to a person', async () => {
    const bought = await buy(shop, 'stripe');
    await shop.db.query(`UPDATE payment_attempt SET reference = 'pi_never' WHERE id = $1`, [
      bought.paymentId,
    ]);
    await compare();
    expect(await adminOrder(shop, bought.orderId)).toMatchObject({ needs_review: true });
  });

  it('compares one payment at once when asked to', async () => {
    const bought = await buy(shop, 'stripe');
    await refundThere('stripe', bought.reference, 200);
    const payment = await admin<{ refunded: number; operations: object[]; history: object[] }>(
      shop,
      `/admin/payments/${bought.paymentId}/reconcile`,
      { body: {} },
    );
    expect(payment).toMatchObject({ refunded: 200, operations: [{ requested_by: 'provider' }] });
    expect(payment.history.length).toBeGreaterThan(1);
    const { data } = await admin<{ data: { id: string }[] }>(shop, '/admin/payments?limit=1');
    expect(data[0]!.id).toBe(bought.paymentId);
  });

  it('tries again when the provider is down, and misses nothing of that time', async () => {
    const { body } = await open(shop, 'razorpay');
    await payLink(shop, linkOf(body));
    await shop.simulator.inject({ match: { times: 1_000, method: 'GET' }, action: 'status', status: 503 });
    await compare();
    expect(await status(body.id)).toBe('ready_for_payment');
    await shop.simulator.clearFaults();
    await compare();
    expect(await status(body.id)).toBe('completed');
  });

  async function refundThere(psp: Psp, payment: string, amount: number): Promise<void> {
    if (psp === 'stripe') await connected().refunds.create({ payment_intent: payment, amount });
    else await razorpay().payments.refund(payment, { amount });
  }

  /** A payment of 50.00 that the shop did not make. Answers its id. */
  async function payElsewhere(psp: Psp, marks: Record<string, string>): Promise<string> {
    if (psp === 'stripe') {
      const intent = await connected().paymentIntents.create({
        amount: 5000,
        currency: 'usd',
        confirm: true,
        payment_method: 'pm_card_visa',
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        metadata: marks,
      });
      return intent.id;
    }
    const order = await razorpay().orders.create({ amount: 5000, currency: 'INR', notes: marks });
    const triple = await playCheckout(shop, order.id, { outcome: 'captured' });
    return triple.razorpay_payment_id;
  }
});
