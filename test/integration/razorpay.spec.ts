import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { total } from '../support/agent.js';
import {
  admin,
  createInRupees,
  linkOf,
  orderOf,
  payLink,
  playCheckout,
  proofOf,
  savedToken,
} from '../support/razorpay.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

describe('paying in rupees', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop(
      {},
      { timings: { reconcileAfterMs: 500, reconcileEveryMs: 300, closeLinksEveryMs: 300 } },
    );
  });
  afterAll(() => shop.close());

  const money = async (sessionId: string): Promise<number> =>
    (await shop.simulator.ledger(sessionId)).reduce(
      (sum, { type, amount }) => sum + (type === 'capture' ? amount : -amount),
      0,
    );
  const status = async (id: string): Promise<string> => (await shop.agent.get(id)).body.status as string;

  it('publishes an order for exactly the total, and a link to pay it by hand', async () => {
    const { body } = await createInRupees(shop);
    expect(body.status).toBe('ready_for_payment');
    expect(body.capabilities.payment.handlers).toHaveLength(1);
    expect(body.capabilities.payment.handlers[0]).toMatchObject({
      id: 'razorpay',
      psp: 'razorpay',
      config: { key_id: 'rzp_test_sandbox', currency: 'INR', amount: total(body) },
    });
    expect(orderOf(body)).toMatch(/^order_/);
    expect(body.continue_url).toMatch(/^http/);
  });

  it('takes the payment that the buyer made in Checkout, once', async () => {
    const { body } = await createInRupees(shop);
    const triple = await playCheckout(shop, orderOf(body)!);
    const key = randomUUID();
    const first = await shop.agent.complete(body.id, proofOf(triple), { key });
    expect(first.body).toMatchObject({ status: 'completed', order: { status: 'confirmed' } });
    expect((await shop.agent.complete(body.id, proofOf(triple), { key })).text).toBe(first.text);
    expect((await shop.agent.complete(body.id, proofOf(triple))).status).toBe(405);
    expect(await money(body.id)).toBe(total(body));
  });

  it('charges a saved token, and tells a decline', async () => {
    const { body } = await createInRupees(shop);
    const declined = await shop.agent.complete(body.id, savedToken('token_simDeclined'));
    expect(declined.body).toMatchObject({ status: 'ready_for_payment' });
    expect(declined.body.messages).toContainEqual(expect.objectContaining({ code: 'payment_declined' }));
    const paid = await shop.agent.complete(body.id, savedToken('token_simSuccess'));
    expect(paid.body.status).toBe('completed');
    expect(await money(body.id)).toBe(total(body));
  });

  it('makes a new order and a new link when the total changes, and closes the old link', async () => {
    const { body } = await createInRupees(shop);
    const changed = await shop.agent.update(body.id, {
      line_items: [{ id: 'item_merino_tee', quantity: 2 }],
    });
    expect(orderOf(changed.body)).not.toBe(orderOf(body));
    expect(linkOf(changed.body)).not.toBe(linkOf(body));
    const headers = { Authorization: `Basic ${btoa('rzp_test_sandbox:any')}` };
    await until(async () => {
      const link = await fetch(`${shop.simulator.url}/v1/payment_links/${linkOf(body)}`, { headers });
      return ((await link.json()) as { status: string }).status === 'cancelled';
    });
    await expect(payLink(shop, linkOf(body))).rejects.toThrow();
    const same = await shop.agent.update(body.id, {
      buyer: { email: 'buyer@example.com', first_name: 'A', last_name: 'B' },
    });
    expect(orderOf(same.body)).toBe(orderOf(changed.body));
    expect(linkOf(same.body)).toBe(linkOf(changed.body));
  });

  it('completes an open session when the buyer pays its link', async () => {
    const { body } = await createInRupees(shop);
    await payLink(shop, linkOf(body));
    await until(async () => (await status(body.id)) === 'completed');
    const { body: done } = await shop.agent.get(body.id);
    const order = await admin<{ payment: object }>(shop, `/admin/orders/${done.order.id}`);
    expect(order.payment).toMatchObject({ provider: 'razorpay', captured: total(body), refunded: 0 });
    expect(await money(body.id)).toBe(total(body));
  });

  it('sends back what was paid on the link of a total that is no longer true', async () => {
    const { body } = await createInRupees(shop);
    // Before the shop has closed it.
    await shop.simulator.inject({
      match: { provider: 'razorpay', path: 'payment_links/.*/cancel', times: 1000 },
      action: 'status',
      status: 503,
    });
    await shop.agent.update(body.id, { line_items: [{ id: 'item_merino_tee', quantity: 2 }] });
    await payLink(shop, linkOf(body));
    await until(async () => (await shop.simulator.ledger(body.id)).some(({ type }) => type === 'refund'));
    await shop.simulator.clearFaults();
    expect(await money(body.id)).toBe(0);
    expect(await status(body.id)).toBe('ready_for_payment');
  });

  it('sends back what was paid for a canceled session', async () => {
    const { body } = await createInRupees(shop);
    await shop.agent.cancel(body.id);
    await playCheckout(shop, orderOf(body)!, { outcome: 'captured' });
    await until(async () => (await shop.simulator.ledger(body.id)).some(({ type }) => type === 'refund'));
    expect(await money(body.id)).toBe(0);
  });

  it('does not charge while the buyer is paying the link', async () => {
    const { body } = await createInRupees(shop);
    await payLink(shop, linkOf(body), { outcome: 'pending' });
    const answer = await shop.agent.complete(body.id, savedToken('token_simSuccess'));
    expect(answer).toMatchObject({ status: 409, body: { code: 'completion_in_progress' } });
    expect(await money(body.id)).toBe(0);
    expect(await status(body.id)).toBe('ready_for_payment');
  });

  it('closes the link before it charges', async () => {
    const { body } = await createInRupees(shop);
    const paid = await shop.agent.complete(body.id, savedToken('token_simSuccess'));
    expect(paid.body.status).toBe('completed');
    expect(paid.body.continue_url).toBeUndefined();
    await expect(payLink(shop, linkOf(body))).rejects.toThrow();
    expect(await money(body.id)).toBe(total(body));
  });

  it('answers without the handler and with a message when Razorpay is down, and offers it again later', async () => {
    await shop.simulator.inject({
      match: { provider: 'razorpay', method: 'POST', path: '^/v1/orders$', times: 1000 },
      action: 'status',
      status: 503,
    });
    const { body, status: created } = await createInRupees(shop);
    await shop.simulator.clearFaults();
    expect(created).toBe(201);
    expect(body.capabilities.payment.handlers).toEqual([]);
    expect(body.messages[0]).toMatchObject({ type: 'error', param: '$.capabilities.payment.handlers' });
    const { body: mended } = await shop.agent.update(body.id, {});
    expect(mended.status).toBe('ready_for_payment');
    expect(orderOf(mended)).toMatch(/^order_/);
  });

  describe('refuses, without a charge,', () => {
    it.each([
      ['a forged signature', { razorpay_signature: 'f'.repeat(64) }, '.signature'],
      ['another order', { razorpay_order_id: 'order_someoneElses' }, '.order_id'],
      ['an id that would reach another address', { razorpay_payment_id: 'pay/../orders' }, '.token'],
      ['the payment of another purchase', { razorpay_payment_id: 'pay_other' }, '.signature'],
    ])('%s', async (_, change, member) => {
      const { body } = await createInRupees(shop);
      const triple = await playCheckout(shop, orderOf(body)!);
      const answer = await shop.agent.complete(body.id, proofOf({ ...triple, ...change }));
      expect(answer).toMatchObject({
        status: 400,
        body: { param: `$.payment_data.instrument.credential${member}` },
      });
      expect(await money(body.id)).toBe(0);
    });

    it('a proof for the total before', async () => {
      const { body } = await createInRupees(shop);
      const triple = await playCheckout(shop, orderOf(body)!);
      await shop.agent.update(body.id, { line_items: [{ id: 'item_merino_tee', quantity: 2 }] });
      const answer = await shop.agent.complete(body.id, proofOf(triple));
      expect(answer.status).toBe(400);
      expect(await money(body.id)).toBe(0);
    });
  });
});
