import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrashShop, persist } from '../support/crash-shop.js';
import { adminOrder, type Bought, buy, netOf, psps } from '../support/purchases.js';
import { adminCall } from '../support/razorpay.js';
import { until } from '../support/wait.js';
import { eventsOf, linesOf, makeDue } from './money.js';

describe.each(psps)('a refund at %s', (psp) => {
  let shop: CrashShop;
  beforeAll(async () => {
    shop = await CrashShop.open();
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(() => shop.close());

  const refund = ({ orderId }: Bought, key: string) =>
    adminCall(shop, `/admin/orders/${orderId}/refunds`, { body: { amount: 500, reason: 'damaged' }, key });
  const isRefunded = ({ orderId }: Bought): Promise<unknown> =>
    until(async () => (await adminOrder(shop, orderId)).adjustments[0]?.status === 'completed');
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

  it.each(lines)('is made once when the merchant asks again after a kill %s', async (_point, line) => {
    const bought = await buy(shop, psp);
    const key = randomUUID();
    await shop.dieAt(line, () => refund(bought, key));
    await shop.revive();
    const answer = await persist(() => refund(bought, key));
    expect(answer).toMatchObject({ status: 201, body: { type: 'refund', amount: 500 } });
    await makeDue(shop);
    await isRefunded(bought);
    await expectOneRefund(bought);
    expect(await refund(bought, key)).toEqual(answer);
    expect((await adminOrder(shop, bought.orderId)).adjustments[0]!.id).toBe(answer.body.id);
  });

  const intended = lines.filter(([point]) => point !== 'before intend commits').slice(0, 5);
  it.each(intended)('is made once though nobody asks again after a kill %s', async (_point, line) => {
    const bought = await buy(shop, psp);
    const key = randomUUID();
    await shop.dieAt(line, () => refund(bought, key));
    await shop.revive();
    await makeDue(shop);
    await isRefunded(bought);
    await expectOneRefund(bought);
    const { status, body } = await persist(() => refund(bought, key));
    expect([status, body.id]).toEqual([201, (await adminOrder(shop, bought.orderId)).adjustments[0]!.id]);
    await expectOneRefund(bought);
  });
});
