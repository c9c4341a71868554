import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrashShop, persist } from '../support/crash-shop.js';
import { onHand } from '../support/orders.js';
import { adminOrder, type Bought, netOf, psps } from '../support/purchases.js';
import { adminCall } from '../support/razorpay.js';
import { until } from '../support/wait.js';
import { type Ask, eventsOf, linesOf, stopAtEach } from './operations.js';

describe.each(psps)('the cancel of an order that was paid at %s', (psp) => {
  let shop: CrashShop;
  beforeAll(async () => {
    shop = await CrashShop.open();
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(() => shop.close());

  const cancel: Ask = ({ orderId }) =>
    adminCall(shop, `/admin/orders/${orderId}/cancel`, {
      body: { reason: 'cannot be delivered' },
      key: `cancel of ${orderId}`,
    });
  const refundedOf = async ({ orderId }: Bought): Promise<number> =>
    (await adminOrder(shop, orderId)).payment!.refunded;
  const lines = linesOf(psp, {
    verb: 'refund',
    path: '/refunds?$',
    written: 'OrderMoneyService.refundMoved',
    answered: 'CancelOrderService.cancel',
  });

  describe.each([
    { again: 'asks again', asks: true, role: 'api' as const },
    { again: 'does not ask again', asks: false, role: 'all' as const },
  ])('when the merchant $again', ({ asks, role }) => {
    const committed = lines.filter(([point]) => asks || point !== 'before intend commits');
    let purchases: Map<string, Bought>;
    let before: number;
    beforeAll(async () => {
      before = await onHand(shop, 'item_merino_tee');
      purchases = await stopAtEach(shop, psp, committed, cancel);
      await shop.kill();
      await shop.revive(role);
    });

    it.each(committed)('gives the money back once after a kill %s', async (point) => {
      const bought = purchases.get(point)!;
      if (asks) expect((await persist(() => cancel(bought))).status).toBe(200);
      await until(async () => (await refundedOf(bought)) === bought.amount);
      expect(await netOf(shop, bought.sessionId)).toBe(0);
      expect(await shop.simulator.ledger(bought.sessionId)).toHaveLength(2);
      expect(await eventsOf(shop, bought.orderId)).toEqual([
        '1 order_create',
        '2 order_update',
        '3 order_update',
      ]);
      const answer = await persist(() => cancel(bought));
      expect(answer).toMatchObject({
        status: 200,
        body: { merchant_status: 'canceled', needs_review: false, payment: { refunded: bought.amount } },
      });
      expect(answer.body.adjustments).toHaveLength(2);
      expect(await cancel(bought)).toEqual(answer);
    });

    it('has its stock back once', async () => {
      await Promise.all([...purchases.values()].map((bought) => persist(() => cancel(bought))));
      expect(await onHand(shop, 'item_merino_tee')).toBe(before);
    });
  });
});
