import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { LockPatience } from '../support/lock-patience.js';
import { adminOrder, buy, netOf, open, good, psps, set } from '../support/purchases.js';
import { admin, adminCall } from '../support/razorpay.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

const timings = { settingsCacheMs: 1, operationsEveryMs: 300, reconcileEveryMs: 300, inboxEveryMs: 300 };

describe.each(psps)('what the merchant does to money at %s', (psp) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings });
  });
  afterAll(() => shop.close());

  const refund = (orderId: string, body: object, key?: string) =>
    adminCall(shop, `/admin/orders/${orderId}/refunds`, { body: { reason: 'damaged', ...body }, key });
  const stock = async (item: string): Promise<unknown> =>
    (await shop.db.query('SELECT on_hand, reserved FROM inventory WHERE item_id = $1', [item]))[0];

  it('refunds a part, then the rest, and never more than was taken', async () => {
    const bought = await buy(shop, psp);
    const part = await refund(bought.orderId, { amount: 500 });
    expect(part).toMatchObject({ status: 201, body: { type: 'refund', status: 'completed', amount: 500 } });
    const tooMuch = await refund(bought.orderId, { amount: bought.amount });
    expect(tooMuch).toMatchObject({ status: 400, body: { param: '$.amount' } });
    const rest = await refund(bought.orderId, {});
    expect(rest.body).toMatchObject({ status: 'completed', amount: bought.amount - 500 });
    expect((await refund(bought.orderId, {})).body).toMatchObject({ code: 'already_refunded' });
    const order = await adminOrder(shop, bought.orderId);
    expect(order.payment).toMatchObject({ captured: bought.amount, refunded: bought.amount });
    expect(order.adjustments.map(({ amount }) => amount)).toEqual([500, bought.amount - 500]);
    expect(order.totals).toContainEqual(expect.objectContaining({ type: 'total', amount: bought.amount }));
    expect(order.totals).toContainEqual(
      expect.objectContaining({ type: 'amount_refunded', amount: bought.amount }),
    );
    expect(await netOf(shop, bought.sessionId)).toBe(0);
  });

  it('refunds the paid share of some pieces, with tax', async () => {
    const bought = await buy(shop, psp, { line_items: [{ id: 'item_merino_tee', quantity: 3 }] });
    const [line] = (await adminOrder(shop, bought.orderId)).line_items;
    const { body } = await refund(bought.orderId, { line_items: [{ id: line!.id, quantity: 2 }] });
    // Two of three tees: 45.00 + 8.25 % = 48.71 usd each, 3,799.00 + 18 % = 4,482.82 inr each.
    expect(body.amount).toBe(psp === 'stripe' ? 9743 : 896564);
    expect(body.line_items).toEqual([{ id: line!.id, quantity: 2 }]);
    expect(
      (await refund(bought.orderId, { line_items: [{ id: 'li_nobody', quantity: 1 }] })).body.param,
    ).toBe('$.line_items[0].id');
    expect((await refund(bought.orderId, { line_items: [{ id: line!.id, quantity: 4 }] })).body.param).toBe(
      '$.line_items[0].quantity',
    );
  });

  it('refunds once for one key, and never more than everything under a race', async () => {
    onTestFinished(LockPatience.begin());
    const bought = await buy(shop, psp);
    const key = randomUUID();
    const [first, again] = [
      await refund(bought.orderId, { amount: 100 }, key),
      await refund(bought.orderId, { amount: 100 }, key),
    ];
    expect(again).toEqual(first);
    const raced = await Promise.all(
      Array.from({ length: 20 }, () => refund(bought.orderId, { amount: Math.floor(bought.amount / 3) })),
    );
    expect(raced.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(await netOf(shop, bought.sessionId)).toBeGreaterThanOrEqual(0);
    expect((await adminOrder(shop, bought.orderId)).payment!.refunded).toBe(
      bought.amount - (await netOf(shop, bought.sessionId)),
    );
  });

  it.each(['execute_then_reset', 'execute_then_500', 'execute_then_html_502', 'reset'])(
    'refunds once when the answer is lost by %s',
    async (action) => {
      const bought = await buy(shop, psp);
      await shop.simulator.inject({
        match: { provider: psp, method: 'POST', path: 'refund', times: 1 },
        action,
      });
      const { status } = await refund(bought.orderId, { amount: 700 });
      expect(status).toBe(201);
      await until(async () => (await adminOrder(shop, bought.orderId)).payment!.refunded === 700);
      expect(await netOf(shop, bought.sessionId)).toBe(bought.amount - 700);
      expect((await adminOrder(shop, bought.orderId)).adjustments).toMatchObject([{ status: 'completed' }]);
    },
  );

  it('shows a refund made at the provider, and a dispute that a person has to look at', async () => {
    const bought = await buy(shop, psp);
    const { id } = await shop.simulator.dispute({ payment: bought.reference, reason: 'fraudulent' });
    const disputed = await until(
      () => adminOrder(shop, bought.orderId),
      ({ needs_review }) => needs_review,
    );
    expect(disputed).toMatchObject({
      needs_review: true,
      status: 'confirmed',
      disputes: [{ status: 'needs_response' }],
      adjustments: [{ type: 'dispute', status: 'pending' }],
    });
    await shop.simulator.closeDispute(id, 'lost');
    await until(
      () => adminOrder(shop, bought.orderId),
      ({ adjustments }) => adjustments[0]?.status === 'completed',
    );
    const events = await shop.db.query<{ seq: number; type: string }>(
      'SELECT seq, type FROM outbox_event WHERE order_id = $1 ORDER BY seq',
      [bought.orderId],
    );
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events[0]).toMatchObject({ type: 'order_create' });
    expect(events.slice(1).every(({ type }) => type === 'order_update')).toBe(true);
  });

  it('refuses what cannot be', async () => {
    const bought = await buy(shop, psp);
    expect((await refund('ord_nobody', {})).status).toBe(404);
    expect((await refund(bought.orderId, { amount: 0 })).body.param).toBe('$.amount');
    expect((await refund(bought.orderId, { amount: 1.5 })).body.param).toBe('$.amount');
    expect((await refund(bought.orderId, { reason: '' })).body.param).toBe('$.reason');
    expect((await refund(bought.orderId, { amount: 100, currency: 'eur' })).body.param).toBe('$.currency');
    const [line] = (await adminOrder(shop, bought.orderId)).line_items;
    const twice = [
      { id: line!.id, quantity: 1 },
      { id: line!.id, quantity: 1 },
    ];
    expect((await refund(bought.orderId, { line_items: twice })).body.param).toBe('$.line_items[1].id');
    const capture = await adminCall(shop, `/admin/payments/${bought.paymentId}/capture`, { body: {} });
    expect(capture).toMatchObject({ status: 409, body: { code: 'payment_not_authorized' } });
  });

  describe('captured by hand', () => {
    beforeAll(() => set(shop, 'payments', { captureMethod: 'manual' }));
    afterAll(() => set(shop, 'payments', {}));

    it('takes the money when the merchant says so, once', async () => {
      onTestFinished(LockPatience.begin());
      const bought = await buy(shop, psp);
      expect(await adminOrder(shop, bought.orderId)).toMatchObject({
        merchant_status: 'pending',
        status: 'created',
        payment: { state: 'authorized', captured: 0 },
      });
      expect(await netOf(shop, bought.sessionId)).toBe(0);
      const [first, second] = await Promise.all([
        adminCall(shop, `/admin/payments/${bought.paymentId}/capture`, { body: {} }),
        adminCall(shop, `/admin/payments/${bought.paymentId}/capture`, { body: {} }),
      ]);
      expect([first.status, second.status].sort()).toEqual([200, 409]);
      expect(await adminOrder(shop, bought.orderId)).toMatchObject({
        merchant_status: 'paid',
        payment: { state: 'captured', captured: bought.amount },
      });
      expect(await netOf(shop, bought.sessionId)).toBe(bought.amount);
    });

    it('takes it once when the answer is lost', async () => {
      const bought = await buy(shop, psp);
      await shop.simulator.inject({
        match: { provider: psp, path: '/capture', times: 1 },
        action: 'execute_then_reset',
      });
      await adminCall(shop, `/admin/payments/${bought.paymentId}/capture`, { body: {} });
      await until(async () => (await adminOrder(shop, bought.orderId)).payment!.state === 'captured');
      expect(await netOf(shop, bought.sessionId)).toBe(bought.amount);
    });

    it('lets the money go with the order, and the stock comes back', async () => {
      const before = await stock('item_trail_shoe_9');
      const bought = await buy(shop, psp, { line_items: [{ id: 'item_trail_shoe_9', quantity: 2 }] });
      expect(await stock('item_trail_shoe_9')).not.toEqual(before);
      const { status, body } = await adminCall(shop, `/admin/orders/${bought.orderId}/cancel`, {
        body: { reason: 'cannot be delivered' },
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: 'canceled',
        merchant_status: 'canceled',
        payment: { state: 'canceled' },
        line_items: [{ status: 'removed' }],
      });
      expect(await stock('item_trail_shoe_9')).toEqual(before);
      expect(await netOf(shop, bought.sessionId)).toBe(0);
      const again = await adminCall(shop, `/admin/orders/${bought.orderId}/cancel`, {
        body: { reason: 'x' },
      });
      expect(again.body.code).toBe('order_canceled');
      const capture = await adminCall(shop, `/admin/payments/${bought.paymentId}/capture`, { body: {} });
      expect(capture.status).toBe(409);
    });

    it('cannot be refunded before it is taken', async () => {
      const bought = await buy(shop, psp);
      expect((await refund(bought.orderId, {})).body.code).toBe('payment_not_captured');
    });
  });

  it('cancels an order that cost nothing, and its stock comes back', async () => {
    await shop.db.query(`UPDATE item_price SET amount = 0 WHERE item_id = 'item_trail_shoe_10'`);
    await set(shop, 'shipping', { options: [] });
    await shop.db.query(`UPDATE item SET delivery = 'digital' WHERE id = 'item_trail_shoe_10'`);
    const before = await stock('item_trail_shoe_10');
    const { body } = await open(shop, psp, { line_items: [{ id: 'item_trail_shoe_10', quantity: 1 }] });
    const { body: done } = await shop.agent.complete(body.id, good(psp));
    expect(done.status).toBe('completed');
    const canceled = await admin<{ status: string }>(shop, `/admin/orders/${done.order.id}/cancel`, {
      body: { reason: 'gift' },
    });
    expect(canceled.status).toBe('canceled');
    expect(await stock('item_trail_shoe_10')).toEqual(before);
  });
});
