import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { total } from '../support/agent.js';
import { CrashShop, type Line } from '../support/crash-shop.js';
import { netOf, open, set } from '../support/purchases.js';
import { linkOf, orderOf, payLink, playCheckout } from '../support/razorpay.js';
import { until } from '../support/wait.js';

let shop: CrashShop;
beforeAll(async () => {
  // Every webhook is lost: what finds the money is the comparison.
  shop = await CrashShop.open({ compareEveryMs: 300, orphanAfterMs: 1 });
  await set(shop, 'payments', { orphanPolicy: 'refund' });
  await shop.simulator.webhookMode({ mode: 'drop' });
});
afterAll(() => shop.close());

describe('what was paid for a canceled session and found by the comparison', () => {
  const refund = 'RazorpayProvider.refund';
  const lines = Object.entries<Line>({
    'before what becomes of it commits': { after: 'FoundMoneyService.adopt' },
    'after what becomes of it has committed': { after: 'PaymentFactsService.sync' },
    'before the refund is sent': { before: refund },
    'while the refund is answered': { during: refund, path: '/refund$' },
    'after the refund was answered': { after: refund },
    'before settle commits': { after: 'OperationStore.move' },
  });

  it.each(lines)('is sent back once after a kill %s', async (_point, line) => {
    const { body } = await open(shop, 'razorpay');
    const amount = total(body)!;
    await shop.agent.cancel(body.id);
    await shop.stop(line, () => playCheckout(shop, orderOf(body)!, { outcome: 'captured' }));
    await shop.restart();
    await until(
      () =>
        shop.db.query(
          'SELECT o.kind, o.state, o.amount FROM payment_operation o JOIN payment_attempt p ON p.id = o.payment_id WHERE p.subject_id = $1',
          [body.id],
        ),
      (operations) => operations[0]?.state === 'succeeded' && operations.length === 1,
    );
    expect(await shop.simulator.ledger(body.id)).toMatchObject([
      { type: 'capture', amount },
      { type: 'refund', amount },
    ]);
    expect(await netOf(shop, body.id)).toBe(0);
    expect((await shop.agent.get(body.id)).body.status).toBe('canceled');
    expect(await shop.db.query('SELECT 1 FROM shop_order WHERE session_id = $1', [body.id])).toEqual([]);
  });
});

describe('a link that was paid and found by the comparison', () => {
  const lines = Object.entries<Line>({
    'before it commits': { after: 'FoundMoneyService.adopt' },
    'after it has committed': { after: 'PaymentFactsService.sync' },
  });

  it.each(lines)('is sold once after a kill %s', async (_point, line) => {
    const { body } = await open(shop, 'razorpay');
    await shop.stop(line, () => payLink(shop, linkOf(body)));
    await shop.restart();
    await until(async () => (await shop.agent.get(body.id)).body.status === 'completed');
    expect(await shop.simulator.ledger(body.id)).toMatchObject([{ type: 'capture', amount: total(body) }]);
    expect(await shop.db.query('SELECT 1 FROM shop_order WHERE session_id = $1', [body.id])).toHaveLength(1);
    expect(await shop.db.query('SELECT state FROM payment_attempt WHERE subject_id = $1', [body.id])).toEqual(
      [{ state: 'captured' }],
    );
  });
});

describe('a payment of ours that no row knows', () => {
  const refund = 'RazorpayProvider.refund';
  const lines = Object.entries<Line>({
    'after it was decided': { after: 'OperationStore.insertForOrphan' },
    'while the refund is answered': { during: refund, path: '/refund$' },
    'after the refund was answered': { after: refund },
  });

  it.each(lines)('is sent back once after a kill %s', async (_point, line) => {
    const { body } = await open(shop, 'razorpay');
    const amount = total(body)!;
    // An older backup was restored.
    await shop.db.query('DELETE FROM prepared_payment WHERE subject_id = $1', [body.id]);
    await shop.stop(line, () => playCheckout(shop, orderOf(body)!, { outcome: 'captured' }));
    await shop.restart();
    await until(
      () => shop.db.query(`SELECT id FROM payment_operation WHERE state <> 'succeeded'`),
      (left) => left.length === 0,
    );
    expect(await shop.simulator.ledger(body.id)).toMatchObject([
      { type: 'capture', amount },
      { type: 'refund', amount },
    ]);
  });
});
