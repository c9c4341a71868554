import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { total } from '../support/agent.js';
import { LockPatience } from '../support/lock-patience.js';
import { startShop, type Shop } from '../support/shop.js';

describe('unusual totals', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  const price = (itemId: string, amount: number): Promise<unknown> =>
    shop.db.query(`UPDATE item_price SET amount = $2 WHERE item_id = $1 AND currency = 'usd'`, [
      itemId,
      amount,
    ]);

  it('of nothing is sold without a provider: no payment data, an order, stock gone, no charge', async () => {
    await price('item_field_guide', 0);
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_field_guide' }] });
    expect([session.status, total(session)]).toEqual(['ready_for_payment', 0]);
    const completed = await shop.agent.complete(session.id as string, {}, { key: 'free' });
    expect([completed.status, completed.body.status]).toEqual([200, 'completed']);
    expect((await shop.agent.complete(session.id as string, {}, { key: 'free' })).text).toBe(completed.text);
    expect(await shop.simulator.ledger(session.id as string)).toEqual([]);
    expect(
      await shop.db.query('SELECT payment_id, merchant_status FROM shop_order WHERE session_id = $1', [
        session.id,
      ]),
    ).toEqual([{ payment_id: null, merchant_status: 'paid' }]);
  });

  it('of nothing still sells the last one to one agent only', async () => {
    await price('item_last_lantern', 0);
    await shop.db.query(
      `INSERT INTO setting (namespace, version, "values", updated_at, updated_by) VALUES ('shipping', 1, $1, now(), 'test')`,
      [
        JSON.stringify({
          options: [
            { id: 'free', title: 'Free', countries: ['US'], prices: { usd: 0 }, minDays: 1, maxDays: 2 },
          ],
        }),
      ],
    );
    await expect
      .poll(
        async () => total((await shop.agent.create({ line_items: [{ id: 'item_last_lantern' }] })).body),
        { timeout: 20_000 },
      )
      .toBe(0);
    onTestFinished(LockPatience.begin());
    const sessions = await Promise.all(
      Array.from({ length: 10 }, () => shop.agent.create({ line_items: [{ id: 'item_last_lantern' }] })),
    );
    const answers = await Promise.all(sessions.map(({ body }) => shop.agent.complete(body.id as string, {})));
    expect(answers.filter(({ body }) => body.status === 'completed')).toHaveLength(1);
    expect(answers.filter(({ body }) => body.messages[0]?.code === 'out_of_stock')).toHaveLength(9);
    await shop.db.query('DELETE FROM setting');
  });

  it("below the provider's minimum waits with a message", async () => {
    await price('item_field_guide', 40);
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_field_guide' }] });
    expect(session.status).toBe('not_ready_for_payment');
    expect(session.messages).toMatchObject([{ type: 'error', code: 'minimum_not_met', param: '$.totals' }]);
    expect((await shop.agent.complete(session.id as string)).body.code).toBe('not_ready_for_payment');
  });

  it('are only authorized when the merchant captures by hand: an order that waits for its money', async () => {
    await shop.db.query(
      `INSERT INTO setting (namespace, version, "values", updated_at, updated_by)
       VALUES ('payments', 1, '{"captureMethod": "manual"}', now(), 'test')`,
    );
    await expect
      .poll(
        async () => {
          const { body: session } = await shop.agent.create();
          const { body } = await shop.agent.complete(session.id as string);
          return [
            body.status,
            body.order?.status,
            (await shop.simulator.ledger(session.id as string)).length,
          ];
        },
        { timeout: 20_000 },
      )
      .toEqual(['completed', 'created', 0]);
  });
});
