import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, total } from '../support/agent.js';
import { CrashShop, type Line, persist } from '../support/crash-shop.js';
import { netOf, set } from '../support/purchases.js';
import {
  createInRupees,
  mumbaiAddress,
  orderOf,
  payLink,
  playCheckout,
  proofOf,
} from '../support/razorpay.js';
import { until } from '../support/wait.js';

describe('creating a session in rupees', () => {
  let shop: CrashShop;
  beforeAll(async () => {
    shop = await CrashShop.open({ compareEveryMs: 300, orphanAfterMs: 1 });
    await set(shop, 'payments', { orphanPolicy: 'refund' });
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(() => shop.close());

  const lines = Object.entries<Line>({
    'before its order is asked for': { before: 'RazorpayApi.createOrder' },
    'while its order is answered': { during: 'RazorpayApi.createOrder', path: '^/v1/orders$' },
    'after its order was answered': { after: 'RazorpayApi.createOrder' },
    'while its link is answered': { during: 'RazorpayApi.createLink', path: '^/v1/payment_links$' },
    'before order and link are written down': { before: 'PreparedPaymentsService.remember' },
    'after order and link are written down': { after: 'PreparedPaymentsService.remember' },
    'before it commits': { after: 'SessionStore.insert' },
    'after it has committed': { after: 'CheckoutService.create' },
  });

  describe('again after a kill', () => {
    const answers = new Map<string, Answer>();
    const create = (key: string): Promise<Answer> =>
      shop.agent.create({ currency: 'inr', fulfillment_details: { address: mumbaiAddress } }, { key });

    beforeAll(async () => {
      const keys = new Map(lines.map(([point]) => [point, randomUUID()]));
      for (const [point, line] of lines) await shop.stop(line, () => create(keys.get(point)!));
      await shop.restart();
      for (const [point, key] of keys) answers.set(point, await persist(() => create(key)));
    });

    it.each(lines)('%s makes one that can be paid', async (point) => {
      const { status, body } = answers.get(point)!;
      expect([status, body.status]).toEqual([201, 'ready_for_payment']);
      const payment = proofOf(await playCheckout(shop, orderOf(body)!));
      expect((await shop.agent.complete(body.id, payment)).body.status).toBe('completed');
      expect(await shop.simulator.ledger(body.id)).toMatchObject([{ type: 'capture', amount: total(body) }]);
    });

    it('leaves no other session behind', async () => {
      const ids = await shop.db.query<{ id: string }>('SELECT id FROM checkout_session');
      expect(ids.map(({ id }) => id).sort()).toEqual([...answers.values()].map(({ body }) => body.id).sort());
    });
  });

  it('does not lose what is paid on the link of one that never came about', async () => {
    await shop.stop({ after: 'SessionStore.insert' }, () => createInRupees(shop));
    await shop.restart();
    const [lost] = await shop.db.query<{ reference: string; subject_id: string; now: Date }>(
      `SELECT reference, subject_id, now() FROM prepared_payment WHERE kind = 'link'
       AND subject_id NOT IN (SELECT id FROM checkout_session) ORDER BY created_at DESC LIMIT 1`,
    );
    await payLink(shop, lost!.reference);
    // It may be on its way back already.
    expect((await shop.simulator.ledger(lost!.subject_id))[0]).toMatchObject({ type: 'capture' });
    await until(async () => (await netOf(shop, lost!.subject_id)) === 0);
    // And the payments after it are compared too.
    const compared = `SELECT 1 FROM provider_mark WHERE provider = 'razorpay' AND listed_until > $1`;
    await until(async () => (await shop.db.query(compared, [lost!.now])).length > 0);
  });
});
