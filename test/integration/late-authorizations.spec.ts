import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PaymentComparisonService } from '../../src/checkout/payment-comparison.service.js';
import { firstSweeps } from '../support/first-sweeps.js';
import { set } from '../support/purchases.js';
import { adminCall, createInRupees, orderOf, playCheckout, savedToken } from '../support/razorpay.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

const timings = {
  settingsCacheMs: 1,
  compareEveryMs: 3_600_000,
  operationsEveryMs: 200,
  reconcileEveryMs: 500,
  reconcileAfterMs: 1,
  orphanAfterMs: 1,
};

describe('authorizations that come late', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings });
    await firstSweeps(shop);
  });
  afterAll(() => shop.close());
  afterEach(async () => {
    await shop.simulator.clearFaults();
    await set(shop, 'payments', {});
  });
  const attemptsOf = (id: string) =>
    shop.db.query<{ id: string; state: string; reference: string }>(
      'SELECT id, state, reference FROM payment_attempt WHERE subject_id = $1 ORDER BY n',
      [id],
    );

  it('a late authorization of an attempt that was declined blocks no later charge', async () => {
    const { body } = await createInRupees(shop);
    const declined = await shop.agent.complete(body.id, savedToken('token_simDeclined'));
    expect(declined.body.status).toBe('ready_for_payment');
    const [attempt] = await attemptsOf(body.id);
    await shop.simulator.post(`/_sim/razorpay/payments/${attempt!.reference}/authorize`, {});
    await until(
      () => shop.db.query(`SELECT state FROM webhook_event WHERE type = 'payment.authorized'`),
      ([told]) => told?.state === 'processed',
    );
    const { body: paid } = await shop.agent.complete(body.id, savedToken('token_simSuccess'));
    expect(paid.status).toBe('completed');
    expect((await shop.agent.get(body.id)).body.status).toBe('completed');
  });

  it('reconciles by hand after the cancel of an authorization', async () => {
    await set(shop, 'payments', { captureMethod: 'manual' });
    const { body } = await createInRupees(shop);
    const done = await shop.agent.complete(body.id, savedToken('token_simSuccess'));
    await adminCall(shop, `/admin/orders/${done.body.order.id}/cancel`, { body: { reason: 'x' } });
    const [attempt] = await attemptsOf(body.id);
    const answer = await adminCall(shop, `/admin/payments/${attempt!.id}/reconcile`, { body: {} });
    expect(answer.status).toBe(200);
  });

  it('a Checkout payment that nobody completes is not reported as a correction', async () => {
    const { body } = await createInRupees(shop);
    await playCheckout(shop, orderOf(body)!);
    const comparison = shop.server.app.get(PaymentComparisonService);
    const seen: string[] = [];
    const logger = (comparison as unknown as { logger: { error(x: object): void } }).logger;
    const before = logger.error.bind(logger);
    logger.error = (x) => {
      seen.push(JSON.stringify(x));
      before(x);
    };
    await comparison.compareAll();
    await comparison.compareAll();
    expect(seen.filter((line) => line.includes('payment.compared'))).toEqual([]);
  });
});
