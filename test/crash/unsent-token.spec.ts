import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CrashShop } from '../support/crash-shop.js';
import { open } from '../support/purchases.js';
import { orderOf, savedToken } from '../support/razorpay.js';
import { until } from '../support/wait.js';

let shop: CrashShop;
beforeAll(async () => {
  shop = await CrashShop.open();
});
afterAll(() => shop.close());

/**
 * Razorpay knows no idempotency key for a charge, and what was not found may still be on its way: only a person can
 * tell that it was never made.
 */
it('never sends the charge of a saved token again that a killed server was about to send', async () => {
  const key = randomUUID();
  const { body } = await open(shop, 'razorpay');
  const complete = (how?: { key: string }) =>
    shop.agent.complete(body.id, savedToken('token_simSuccess'), how);
  await shop.stop({ before: 'RazorpayApi.chargeToken' }, () => complete({ key }));
  await shop.restart();
  const again = await until(
    () => complete({ key }),
    ({ status }) => status !== 409,
  );
  expect(again.status).toBe(503);
  expect(await complete()).toMatchObject({ status: 409, body: { code: 'completion_in_progress' } });

  const looks = (): number => shop.output.split('"cause":"cannot be sent again"').length - 1;
  const before = looks();
  await until(async () => looks() > before + 2);
  expect(await shop.simulator.ledger()).toEqual([]);
  expect(await paymentsOn(orderOf(body)!)).toEqual([]);
  expect(await shop.db.query('SELECT state, n FROM payment_attempt')).toEqual([{ state: 'unknown', n: 1 }]);
  expect((await shop.agent.get(body.id)).body.status).toBe('complete_in_progress');
});

/** All that were ever attempted on a Razorpay order. */
async function paymentsOn(order: string): Promise<object[]> {
  const Authorization = `Basic ${Buffer.from('rzp_test_sandbox:rzp_sandbox_secret').toString('base64')}`;
  const url = `${shop.simulator.url}/v1/orders/${order}/payments`;
  return ((await (await fetch(url, { headers: { Authorization } })).json()) as { items: object[] }).items;
}
