import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrashShop, persist } from '../support/crash-shop.js';
import { adminOrder, type Bought, netOf, psps } from '../support/purchases.js';
import { adminCall } from '../support/razorpay.js';
import { until } from '../support/wait.js';
import { type Ask, eventsOf, linesOf, stopAtEach } from './operations.js';

describe.each(psps)('a refund at %s', (psp) => {
  let shop: CrashShop;
  let purchases: Map<string, Bought>;
  beforeAll(async () => {
    shop = await CrashShop.open();
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(() => shop.close());

  const refund: Ask = ({ orderId }) =>
    adminCall(shop, `/admin/orders/${orderId}/refunds`, {
      body: { amount: 500, reason: 'damaged' },
      key: `refund of ${orderId}`,
    });
  const expectOneRefund = async (bought: Bought): Promise<void> => {
    const { adjustments, payment } = await adminOrder(shop, bought.orderId);
    expect(adjustments).toMatchObject([{ type: 'refund', status: 'completed', amount: 500 }]);
    expect(payment).toMatchObject({ captured: bought.amount, refunded: 500 });
    const ledger = await shop.simulator.ledger(bought.sessionId);
    expect(ledger.map(({ type, amount }) => [type, amount])).toEqual([
      ['capture', bought.amount],
      ['refund', 500],
    ]);
    expect(await netOf(shop, bought.sessionId)).toBe(bought.amount - 500);
    expect(await eventsOf(shop, bought.orderId)).toEqual([
      '1 order_create',
      '2 order_update',
      '3 order_update',
    ]);
  };
  const lines = linesOf(psp, {
    verb: 'refund',
    path: '/refunds?$',
    written: 'OrderMoneyService.refundMoved',
    answered: 'RefundOrderService.refund',
  });

  describe('that the merchant asks for again', () => {
    beforeAll(async () => {
      purchases = await stopAtEach(shop, psp, lines, refund);
      await shop.kill();
      await shop.revive('api');
    });

    it.each(lines)('is made once after a kill %s', async (point) => {
      const bought = purchases.get(point)!;
      const answer = await persist(() => refund(bought));
      expect(answer).toMatchObject({ status: 201, body: { status: 'completed', amount: 500 } });
      await expectOneRefund(bought);
      expect(await refund(bought)).toEqual(answer);
      expect((await adminOrder(shop, bought.orderId)).adjustments[0]!.id).toBe(answer.body.id);
      await expectOneRefund(bought);
    });
  });

  describe('that nobody asks for again', () => {
    const intended = lines.filter(([point]) => point !== 'before intend commits');
    beforeAll(async () => {
      purchases = await stopAtEach(shop, psp, intended, refund);
      await shop.restart();
    });

    it.each(intended)('is made once after a kill %s', async (point) => {
      const bought = purchases.get(point)!;
      await until(
        async () => (await adminOrder(shop, bought.orderId)).adjustments[0]?.status === 'completed',
      );
      await expectOneRefund(bought);
      const { status, body } = await persist(() => refund(bought));
      expect([status, body.id]).toEqual([201, (await adminOrder(shop, bought.orderId)).adjustments[0]!.id]);
      await expectOneRefund(bought);
    });
  });
});
