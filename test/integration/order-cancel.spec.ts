import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { LockPatience } from '../support/lock-patience.js';
import { onHand, OrderDesk } from '../support/orders.js';
import { type Bought, buy, netOf, psps, set } from '../support/purchases.js';
import { adminCall } from '../support/razorpay.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

const timings = { settingsCacheMs: 1, operationsEveryMs: 300, reconcileEveryMs: 300, inboxEveryMs: 300 };
const shoe = 'item_trail_shoe_9';

describe.each(psps)('an order paid at %s that is canceled', (psp) => {
  let shop: Shop;
  let atFirst: number;
  beforeAll(async () => {
    shop = await startShop({}, { timings });
    await shop.db.query('UPDATE inventory SET on_hand = 1000 WHERE item_id = $1', [shoe]);
  });
  afterAll(() => shop.close());
  afterEach(async () => {
    await shop.simulator.clearFaults();
    await shop.simulator.clearWebhookModes();
  });

  const sold = async (quantity: number): Promise<Bought & { desk: OrderDesk }> => {
    atFirst = await onHand(shop, shoe);
    const bought = await buy(shop, psp, { line_items: [{ id: shoe, quantity }] });
    return { ...bought, desk: new OrderDesk(shop, bought.orderId) };
  };
  const stripe = (): Stripe => {
    const { hostname: host, port } = new URL(shop.simulator.url);
    return new Stripe('sk_test_sandbox', { host, port: Number(port), protocol: 'http' });
  };
  const some = async (desk: OrderDesk, quantity: number): Promise<object> => ({
    line_items: [{ id: await desk.line(), quantity }],
  });

  it('gives the money and the stock back, once for one key', async () => {
    const { desk, amount, sessionId } = await sold(3);
    await desk.send(0, 1);
    const key = randomUUID();
    const { status, body } = await desk.cancel(key);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'canceled',
      merchant_status: 'canceled',
      needs_review: false,
      line_items: [{ status: 'removed', quantity: { ordered: 3, current: 0, fulfilled: 0 } }],
      fulfillments: [{ status: 'canceled', events: [{ type: 'canceled' }] }],
      payment: { state: 'captured', captured: amount, refunded: amount },
    });
    const reason = 'cannot be delivered';
    expect(body.adjustments).toHaveLength(2);
    expect(body.adjustments).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'cancellation',
          status: 'completed',
          reason,
          ...(await some(desk, 3)),
        }),
        expect.objectContaining({ type: 'refund', status: 'completed', amount, reason }),
      ]),
    );
    expect(await onHand(shop, shoe)).toBe(atFirst);
    expect(await netOf(shop, sessionId)).toBe(0);
    // Placed, packed, off with the refund under way, money back.
    expect((await desk.told()).map((one) => one.status)).toEqual([
      'confirmed',
      'processing',
      'canceled',
      'canceled',
    ]);
    expect(await desk.cancel(key)).toEqual({ status, body });
    expect((await desk.cancel()).body.code).toBe('order_canceled');
    expect(await onHand(shop, shoe)).toBe(atFirst);
    expect(await netOf(shop, sessionId)).toBe(0);
  });

  it('gives back what is left after refunds, returns and single pieces', async () => {
    const { desk, sessionId } = await sold(6);
    await desk.adjust({ type: 'cancellation', ...(await some(desk, 1)) });
    await desk.adjust({ type: 'cancellation', ...(await some(desk, 1)), restock: false });
    await desk.send(0, 1, psp === 'stripe' ? 'shipped' : 'delivered');
    expect((await desk.cancel()).body.code).toBe('order_shipped');
    await desk.adjust({ type: 'return', ...(await some(desk, 1)) });
    await desk.refund({ amount: 500 });
    await desk.send(0, 2);
    expect((await desk.cancel()).body).toMatchObject({ line_items: [{ status: 'removed' }] });
    // One that was canceled and one that was returned were said not to come back.
    expect(await onHand(shop, shoe)).toBe(atFirst - 2);
    expect(await netOf(shop, sessionId)).toBe(0);
  });

  it('moves no money again that has gone back already', async () => {
    const { desk, sessionId } = await sold(1);
    await desk.refund();
    const [, told] = await desk.telling(() => desk.cancel());
    expect(told).toHaveLength(1);
    expect(await onHand(shop, shoe)).toBe(atFirst);
    expect(await shop.simulator.ledger(sessionId)).toHaveLength(2);
  });

  it('gives the money back once when the answer is lost', async () => {
    const { desk, amount, sessionId } = await sold(1);
    const match = { provider: psp, method: 'POST', path: 'refund', times: 1 };
    await shop.simulator.inject({ match, action: 'execute_then_reset' });
    const { status, body } = await desk.cancel();
    expect([status, body.status]).toEqual([200, 'canceled']);
    await until(desk.look, ({ payment }) => payment!.refunded === amount);
    expect(await netOf(shop, sessionId)).toBe(0);
    expect(await onHand(shop, shoe)).toBe(atFirst);
  });

  it('stays canceled when the provider refuses the money, and says that somebody has to look', async () => {
    const { desk, amount, sessionId } = await sold(2);
    await shop.simulator.webhookMode({ mode: 'drop' });
    await shop.simulator.inject({
      match: { provider: psp, method: 'POST', path: 'refund', times: 1 },
      action: 'status',
      status: 400,
    });
    const { status, body } = await desk.cancel();
    expect([status, body]).toMatchObject([
      200,
      { merchant_status: 'canceled', needs_review: true, payment: { refunded: 0 } },
    ]);
    expect(body.adjustments).toContainEqual(
      expect.objectContaining({ type: 'refund', status: 'failed', amount }),
    );
    expect(await onHand(shop, shoe)).toBe(atFirst);
    expect(await netOf(shop, sessionId)).toBe(amount);
    expect((await desk.refund()).body).toMatchObject({ status: 'completed', amount });
    expect(await netOf(shop, sessionId)).toBe(0);
    expect((await desk.review('approve')).body).toMatchObject({
      merchant_status: 'canceled',
      needs_review: false,
    });
    expect(await onHand(shop, shoe)).toBe(atFirst);
  });

  it('is canceled by one of many who ask at once', async () => {
    const { desk, sessionId } = await sold(1);
    onTestFinished(LockPatience.begin());
    const answers = await Promise.all(Array.from({ length: 10 }, () => desk.cancel()));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)]);
    await until(
      () => netOf(shop, sessionId),
      (net) => net === 0,
    );
    expect(await onHand(shop, shoe)).toBe(atFirst);
  });

  it('never refunds more than was taken while refunds and a cancel race', async () => {
    const { desk, amount, sessionId } = await sold(1);
    onTestFinished(LockPatience.begin());
    const answers = await Promise.all([
      desk.cancel(),
      ...Array.from({ length: 5 }, () => desk.refund({ amount: Math.ceil(amount / 3) })),
    ]);
    expect(answers[0].status).toBe(200);
    await until(
      () => netOf(shop, sessionId),
      (net) => net === 0,
    );
    // At the provider it is back before it is written down here.
    await until(desk.look, ({ payment }) => payment!.refunded === amount);
  });

  describe('before its payment is taken', () => {
    beforeAll(() => set(shop, 'payments', { captureMethod: 'manual' }));
    afterAll(() => set(shop, 'payments', {}));

    it('lets the money go; what was canceled or returned before comes back once at most', async () => {
      const { desk, sessionId } = await sold(4);
      await desk.adjust({ type: 'cancellation', ...(await some(desk, 1)) });
      await desk.send(0, 1, 'shipped');
      await desk.adjust({ type: 'return', ...(await some(desk, 1)), restock: true });
      await desk.send(0, 1);
      expect((await desk.cancel()).body).toMatchObject({
        merchant_status: 'canceled',
        fulfillments: [{ status: 'shipped' }, { status: 'canceled' }],
      });
      expect(await onHand(shop, shoe)).toBe(atFirst);
      expect(await netOf(shop, sessionId)).toBe(0);
      await desk.told();
    });

    // At Razorpay an authorization lapses by itself, after days.
    it.runIf(psp === 'stripe')('keeps what is on its way when it lapses, and calls a person', async () => {
      const { desk, reference } = await sold(3);
      await desk.send(0, 1, 'shipped');
      await desk.send(0, 1);
      await stripe().paymentIntents.cancel(reference);
      await until(desk.look, ({ needs_review }) => needs_review);
      expect(await desk.look()).toMatchObject({
        merchant_status: 'pending',
        payment: { state: 'canceled' },
        line_items: [{ quantity: { ordered: 3, current: 1, fulfilled: 1 } }],
        fulfillments: [{ status: 'shipped' }, { status: 'canceled' }],
        adjustments: [{ type: 'cancellation', reason: 'authorization_lapsed' }],
      });
      expect(await onHand(shop, shoe)).toBe(atFirst - 1);
    });

    it.runIf(psp === 'stripe')('sends back what was captured elsewhere, and no stock twice', async () => {
      const { desk, reference, paymentId, sessionId } = await sold(1);
      await shop.simulator.webhookMode({ mode: 'drop' });
      await stripe().paymentIntents.capture(reference);
      expect((await desk.cancel()).status).toBe(200);
      expect(await onHand(shop, shoe)).toBe(atFirst);
      await adminCall(shop, `/admin/payments/${paymentId}/reconcile`, { body: {} });
      await until(
        () => netOf(shop, sessionId),
        (net) => net === 0,
      );
      expect(await onHand(shop, shoe)).toBe(atFirst);
    });

    it.runIf(psp === 'stripe')('is off when it lapses before anything was sent', async () => {
      const { desk, reference } = await sold(2);
      await desk.adjust({ type: 'cancellation', ...(await some(desk, 1)), restock: false });
      await stripe().paymentIntents.cancel(reference);
      await until(desk.look, ({ status }) => status === 'canceled');
      expect(await onHand(shop, shoe)).toBe(atFirst - 1);
      expect((await desk.cancel()).body.code).toBe('order_canceled');
    });
  });
});
