import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PaymentComparisonService } from '../../src/checkout/payment-comparison.service.js';
import { PaymentFactsService } from '../../src/checkout/payment-facts.service.js';
import { ChargingService } from '../../src/payments/charging.service.js';
import { PreparedPaymentsService } from '../../src/payments/prepared-payments.service.js';
import { Gate } from '../support/gate.js';
import { netOf, set } from '../support/purchases.js';
import {
  admin,
  adminCall,
  createInRupees,
  linkOf,
  orderOf,
  payLink,
  playCheckout,
  savedToken,
} from '../support/razorpay.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

const timings = {
  settingsCacheMs: 1,
  compareEveryMs: 3_600_000,
  operationsEveryMs: 200,
  reconcileEveryMs: 3_600_000,
  closeLinksEveryMs: 200,
  orphanAfterMs: 1,
};

describe('payments beside a charge, and what is prepared for them', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings });
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(() => shop.close());
  afterEach(async () => {
    await shop.simulator.clearFaults();
    await set(shop, 'payments', {});
  });

  const sync = (payment: string, part: 'payment' | 'refunds' = 'payment') =>
    shop.server.app.get(PaymentFactsService).sync('razorpay', { part, payment }, 'webhook');
  const compare = (): Promise<void> => shop.server.app.get(PaymentComparisonService).compareAll();
  const status = async (id: string): Promise<unknown> => (await shop.agent.get(id)).body.status;
  const chargeOf = (id: string): Gate =>
    Gate.before(shop.server.app.get(ChargingService), 'act', ({ attempt }) => attempt.subjectId === id);
  const captures = async (id: string) =>
    (await shop.simulator.ledger(id)).filter(({ type }) => type === 'capture');

  it('a session that offers two providers is not charged by one while the link of the other is paid', async () => {
    await set(shop, 'payments', { providersByCurrency: { usd: ['stripe'], inr: ['razorpay', 'stripe'] } });
    const { body } = await createInRupees(shop);
    await payLink(shop, linkOf(body));
    await shop.agent.complete(body.id, 'tok_visa');
    expect(await captures(body.id)).toHaveLength(1);
  });

  it('a link cannot be paid any more once another provider has sold the session', async () => {
    await set(shop, 'payments', { providersByCurrency: { usd: ['stripe'], inr: ['razorpay', 'stripe'] } });
    const { body } = await createInRupees(shop);
    const done = await shop.agent.complete(body.id, 'tok_visa');
    expect(done.body.status).toBe('completed');
    await shop.server.app.get(PreparedPaymentsService).closeLinks();
    await expect(payLink(shop, linkOf(body))).rejects.toThrow();
  });

  it('a link that is paid while complete runs buys the session, and complete charges nothing', async () => {
    const { body } = await createInRupees(shop);
    // the charge is slow to look at the link; the buyer pays it in between
    const charging = chargeOf(body.id);
    const completing = shop.agent.complete(body.id, savedToken('token_simSuccess'));
    await charging.reached;
    expect(await status(body.id)).toBe('complete_in_progress');
    await payLink(shop, linkOf(body));
    const [capture] = await captures(body.id);
    await sync(capture!.payment);
    charging.open();
    // The charge finds the link in use and ends without money: then the link's money buys the session.
    expect((await completing).status).toBe(409);
    expect(await sync(capture!.payment)).toBe('applied');
    expect(await status(body.id)).toBe('completed');
    expect(await captures(body.id)).toHaveLength(1);
  });

  it('an authorization that comes late sells an order that can be captured or canceled', async () => {
    await set(shop, 'payments', { captureMethod: 'manual' });
    const { body } = await createInRupees(shop);
    const declined = await shop.agent.complete(body.id, savedToken('token_simDeclined'));
    expect(declined.body.status).toBe('ready_for_payment');
    const [attempt] = await shop.db.query<{ id: string; reference: string }>(
      'SELECT id, reference FROM payment_attempt WHERE subject_id = $1',
      [body.id],
    );
    await shop.simulator.post(`/_sim/razorpay/payments/${attempt!.reference}/authorize`, {});
    await sync(attempt!.reference);
    const order = (await shop.agent.get(body.id)).body;
    expect(order.status).toBe('completed');
    const capture = await adminCall(shop, `/admin/payments/${attempt!.id}/capture`, { body: {} });
    const cancel = await adminCall(shop, `/admin/orders/${order.order.id}/cancel`, { body: { reason: 'x' } });
    expect([capture.status, cancel.status]).toContain(200);
  });

  it('a payment that was let go and still shows as authorized is no news', async () => {
    await set(shop, 'payments', { captureMethod: 'manual' });
    const { body } = await createInRupees(shop);
    const done = await shop.agent.complete(body.id, savedToken('token_simSuccess'));
    expect(done.body.status).toBe('completed');
    await admin(shop, `/admin/orders/${done.body.order.id}/cancel`, { body: { reason: 'x' } });
    const [attempt] = await shop.db.query<{ reference: string; state: string }>(
      'SELECT reference, state FROM payment_attempt WHERE subject_id = $1',
      [body.id],
    );
    expect(attempt!.state).toBe('canceled');
    await expect(sync(attempt!.reference)).resolves.toBe('applied');
  });

  it('a payment captured by hand while a saved token is charged buys the session, once', async () => {
    const { body } = await createInRupees(shop);
    const charging = chargeOf(body.id);
    const completing = shop.agent.complete(body.id, savedToken('token_simSuccess'));
    await charging.reached;
    expect(await status(body.id)).toBe('complete_in_progress');
    const triple = await playCheckout(shop, orderOf(body)!, { outcome: 'captured' });
    await sync(triple.razorpay_payment_id);
    charging.open();
    expect((await completing).status).toBe(409);
    expect(await sync(triple.razorpay_payment_id)).toBe('applied');
    expect(await status(body.id)).toBe('completed');
    expect(await captures(body.id)).toHaveLength(1);
  });

  it('money that nobody ordered for goes back although its refund was refused once', async () => {
    const { body } = await createInRupees(shop);
    await shop.agent.cancel(body.id);
    const triple = await playCheckout(shop, orderOf(body)!, { outcome: 'captured' });
    const path = `payments/${triple.razorpay_payment_id}/refund`;
    await shop.simulator.inject({
      match: { provider: 'razorpay', method: 'POST', path, times: 1 },
      action: 'status',
      status: 400,
    });
    await sync(triple.razorpay_payment_id);
    await until(
      () =>
        shop.db.query(
          'SELECT 1 FROM payment_operation WHERE payment_reference = $1 AND flagged_at IS NOT NULL',
          [triple.razorpay_payment_id],
        ),
      (refused) => refused.length === 1,
    );
    await compare();
    await until(
      () => netOf(shop, body.id),
      (net) => net === 0,
    );
  });

  it('an outage of the provider does not use up what may be prepared', async () => {
    await shop.simulator.inject({
      match: { provider: 'razorpay', path: '/v1/(orders|payment_links)', times: 1000 },
      action: 'status',
      status: 503,
    });
    const { body } = await createInRupees(shop);
    for (let i = 0; i < 10; i++) await shop.agent.update(body.id, {});
    await shop.simulator.clearFaults();
    const { body: mended } = await shop.agent.update(body.id, {});
    expect(mended.status).toBe('ready_for_payment');
  });

  it('a total that comes back is paid on the order that was made for it', async () => {
    let { body } = await createInRupees(shop);
    for (let i = 0; i < 6; i++) {
      ({ body } = await shop.agent.update(body.id, { line_items: [{ id: 'item_merino_tee', quantity: 2 }] }));
      ({ body } = await shop.agent.update(body.id, { line_items: [{ id: 'item_merino_tee', quantity: 1 }] }));
    }
    expect(body.status).toBe('ready_for_payment');
  });
});
