import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrashShop, persist } from '../support/crash-shop.js';
import { adminOrder, type Bought, buy, netOf, psps, set } from '../support/purchases.js';
import { adminCall } from '../support/razorpay.js';
import { until } from '../support/wait.js';
import { eventsOf, linesOf, makeDue } from './money.js';

describe.each(psps)('a payment authorized at %s', (psp) => {
  let shop: CrashShop;
  beforeAll(async () => {
    shop = await CrashShop.open();
    await set(shop, 'payments', { captureMethod: 'manual' });
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(() => shop.close());

  const capture = ({ paymentId }: Bought, key: string) =>
    adminCall(shop, `/admin/payments/${paymentId}/capture`, { body: {}, key });
  const cancel = ({ orderId }: Bought, key: string) =>
    adminCall(shop, `/admin/orders/${orderId}/cancel`, { body: { reason: 'sold out' }, key });
  const stateOf = async ({ orderId }: Bought): Promise<string> =>
    (await adminOrder(shop, orderId)).payment!.state;
  const onHand = async (): Promise<number> =>
    (
      await shop.db.query<{ on_hand: number }>(
        `SELECT on_hand FROM inventory WHERE item_id = 'item_merino_tee'`,
      )
    )[0]!.on_hand;

  it.each(
    linesOf(psp, {
      verb: 'capture',
      path: '/capture$',
      written: 'OrderMoneyService.captured',
      answered: 'CapturePaymentService.capture',
    }),
  )('is captured once after a kill %s', async (_point, line) => {
    const bought = await buy(shop, psp);
    const key = randomUUID();
    await shop.dieAt(line, () => capture(bought, key));
    await shop.revive();
    const answer = await persist(() => capture(bought, key));
    expect(answer.status).toBe(200);
    await makeDue(shop);
    await until(async () => (await stateOf(bought)) === 'captured');
    expect(await shop.simulator.ledger(bought.sessionId)).toMatchObject([
      { type: 'capture', amount: bought.amount },
    ]);
    expect(await adminOrder(shop, bought.orderId)).toMatchObject({
      merchant_status: 'paid',
      payment: { captured: bought.amount },
    });
    expect(await eventsOf(shop, bought.orderId)).toEqual(['1 order_create', '2 order_update']);
    expect(await capture(bought, key)).toEqual(answer);
    expect((await capture(bought, randomUUID())).body.code).toBe('payment_not_authorized');
  });

  // Razorpay cannot void: a release only looks, and its answer says no more than the next one.
  const released = linesOf(psp, {
    verb: 'release',
    path: '/cancel$',
    written: 'OrderMoneyService.released',
    answered: 'CancelOrderService.cancel',
  }).filter(([, line]) => psp === 'stripe' || !('during' in line));

  it.each(released)('is let go with its order, stock back once, after a kill %s', async (_point, line) => {
    const before = await onHand();
    const bought = await buy(shop, psp);
    const key = randomUUID();
    await shop.dieAt(line, () => cancel(bought, key));
    await shop.revive();
    const answer = await persist(() => cancel(bought, key));
    expect(answer).toMatchObject({ status: 200, body: { merchant_status: 'canceled' } });
    await makeDue(shop);
    await until(async () => (await stateOf(bought)) === 'canceled');
    expect(await onHand()).toBe(before);
    expect(await shop.simulator.ledger(bought.sessionId)).toEqual([]);
    expect(await netOf(shop, bought.sessionId)).toBe(0);
    expect(await eventsOf(shop, bought.orderId)).toEqual(['1 order_create', '2 order_update']);
    expect(await cancel(bought, key)).toEqual(answer);
    expect((await cancel(bought, randomUUID())).body.code).toBe('order_canceled');
    expect(await onHand()).toBe(before);
  });
});
