import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { total } from '../support/agent.js';
import { startShop, type Shop } from '../support/shop.js';

describe('a purchase', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  it('is created, updated, paid once and found again with its order', async () => {
    const { agent, simulator } = shop;
    const created = await agent.create({ line_items: [{ id: 'item_trail_shoe_9', quantity: 2 }] });
    expect(created.status).toBe(201);
    expect(created.body.status).toBe('ready_for_payment');
    // 8.25 % of 25800, rounded half up; standard shipping is preselected.
    expect(total(created.body, 'tax')).toBe(2129);
    expect(total(created.body)).toBe(25800 + 2129 + 500);

    const id = created.body.id as string;
    const updated = await agent.update(id, {
      selected_fulfillment_options: [
        { type: 'shipping', option_id: 'ship_express', item_ids: ['item_trail_shoe_9'] },
      ],
    });
    expect(total(updated.body)).toBe(25800 + 2129 + 1500);

    const completed = await agent.complete(id);
    expect(completed.status).toBe(200);
    expect(completed.body.status).toBe('completed');
    expect(completed.body.order.status).toBe('confirmed');
    const found = await agent.get(id);
    expect(found.body.order).toEqual(completed.body.order);

    const ledger = await simulator.ledger(id);
    expect(ledger).toMatchObject([{ type: 'capture', amount: 29429, currency: 'usd' }]);
    const [event] = await shop.db.query('SELECT * FROM outbox_event WHERE order_id = $1', [
      completed.body.order.id,
    ]);
    expect(event).toMatchObject({ type: 'order_create', seq: 1 });
    expect(JSON.parse(event?.snapshot as string)).toEqual(completed.body.order);
  });
});
