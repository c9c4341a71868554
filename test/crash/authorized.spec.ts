import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrashShop, persist } from '../support/crash-shop.js';
import { adminOrder, type Bought, psps, set } from '../support/purchases.js';
import { adminCall } from '../support/razorpay.js';
import { until } from '../support/wait.js';
import { type Ask, eventsOf, linesOf, stopAtEach } from './operations.js';

describe.each(psps)('a payment authorized at %s', (psp) => {
  let shop: CrashShop;
  beforeAll(async () => {
    shop = await CrashShop.open();
    await set(shop, 'payments', { captureMethod: 'manual' });
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(() => shop.close());

  const capture: Ask = ({ paymentId }) =>
    adminCall(shop, `/admin/payments/${paymentId}/capture`, { body: {}, key: `capture of ${paymentId}` });
  const cancel: Ask = ({ orderId }) =>
    adminCall(shop, `/admin/orders/${orderId}/cancel`, {
      body: { reason: 'cannot be delivered' },
      key: `cancel of ${orderId}`,
    });
  const stateOf = async ({ orderId }: Bought): Promise<string> =>
    (await adminOrder(shop, orderId)).payment!.state;
  const stock = (): Promise<object[]> =>
    shop.db.query(`SELECT on_hand, reserved FROM inventory WHERE item_id = 'item_merino_tee'`);

  const captureLines = linesOf(psp, {
    verb: 'capture',
    path: '/capture$',
    written: 'OrderMoneyService.captured',
    answered: 'CapturePaymentService.capture',
  });
  // Razorpay cannot void: a release only looks, and a look leaves nothing behind that could be lost with its answer.
  const cancelLines = linesOf(psp, {
    verb: 'release',
    path: '/cancel$',
    written: 'OrderMoneyService.released',
    answered: 'CancelOrderService.cancel',
  }).filter(([, line]) => psp === 'stripe' || !('during' in line));

  describe.each([
    { again: 'asks again', asks: true, role: 'api' as const },
    { again: 'does not ask again', asks: false, role: 'all' as const },
  ])('when the merchant $again', ({ asks, role }) => {
    const committed = (lines: typeof captureLines): typeof captureLines =>
      lines.filter(([point]) => asks || point !== 'before intend commits');

    describe('for the capture', () => {
      const lines = committed(captureLines);
      let purchases: Map<string, Bought>;
      beforeAll(async () => {
        purchases = await stopAtEach(shop, psp, lines, capture);
        await shop.kill();
        await shop.revive(role);
      });

      it.each(lines)('is captured once after a kill %s', async (point) => {
        const bought = purchases.get(point)!;
        if (asks) expect((await persist(() => capture(bought))).status).toBe(200);
        await until(async () => (await stateOf(bought)) === 'captured');
        const { amount } = bought;
        expect(await shop.simulator.ledger(bought.sessionId)).toMatchObject([{ type: 'capture', amount }]);
        const order = await adminOrder(shop, bought.orderId);
        expect(order).toMatchObject({ merchant_status: 'paid', payment: { captured: amount } });
        expect(await eventsOf(shop, bought.orderId)).toEqual(['1 order_create', '2 order_update']);
        const answer = await persist(() => capture(bought));
        expect(answer).toMatchObject({ status: 200, body: { state: 'captured' } });
        expect(await capture(bought)).toEqual(answer);
      });
    });

    describe('for the cancellation', () => {
      const lines = committed(cancelLines);
      let purchases: Map<string, Bought>;
      let before: object[];
      beforeAll(async () => {
        before = await stock();
        purchases = await stopAtEach(shop, psp, lines, cancel);
        await shop.kill();
        await shop.revive(role);
        if (!asks) return;
        await Promise.all([...purchases.values()].map((bought) => persist(() => cancel(bought))));
      });

      it.each(lines)('is let go with its order after a kill %s', async (point) => {
        const bought = purchases.get(point)!;
        await until(async () => (await stateOf(bought)) === 'canceled');
        expect(await shop.simulator.ledger(bought.sessionId)).toEqual([]);
        expect(await eventsOf(shop, bought.orderId)).toEqual(['1 order_create', '2 order_update']);
        const answer = await persist(() => cancel(bought));
        expect(answer).toMatchObject({
          status: 200,
          body: { merchant_status: 'canceled', payment: { state: 'canceled' } },
        });
        expect(await cancel(bought)).toEqual(answer);
      });

      it('has its stock back once', async () => {
        await Promise.all([...purchases.values()].map((bought) => persist(() => cancel(bought))));
        await until(async () => {
          const states = await Promise.all([...purchases.values()].map(stateOf));
          return states.every((state) => state === 'canceled');
        });
        expect(await stock()).toEqual(before);
      });
    });
  });
});
