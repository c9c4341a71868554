import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { PaymentFactsService } from '../../src/checkout/payment-facts.service.js';
import { OutboxRelay } from '../../src/outbox/outbox-relay.js';
import { RetentionSweep } from '../../src/retention/retention.sweep.js';
import { movementsLock } from '../../src/retention/trim-movements.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { OrderDesk } from '../support/orders.js';
import { adminOrder, buy, netOf } from '../support/purchases.js';
import { createInRupees, orderOf, playCheckout } from '../support/razorpay.js';
import { RowLock } from '../support/row-lock.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

let shop: Shop;
const sweep = (): Promise<void> => shop.server.app.get(RetentionSweep, { strict: false }).sweep();
const keep = async (values: object): Promise<void> => {
  const { status, body } = await merchant(shop, '/admin/settings/retention', {
    method: 'PATCH',
    body: values,
  });
  if (status !== 200) throw new Error(JSON.stringify(body));
};
const count = async (from: string, ...parameters: unknown[]): Promise<number> =>
  Number((await shop.db.query(`SELECT count(*) AS n FROM ${from}`, parameters))[0]!.n);
const age = (table: string, column: string, where: string, ...parameters: unknown[]): Promise<unknown> =>
  shop.db.query(`UPDATE ${table} SET ${column} = ${column} - interval '100 days' WHERE ${where}`, parameters);

const testDelivery = async (): Promise<MerchantAnswer> => {
  const { body } = await merchant(shop, '/admin/webhook-endpoints');
  return merchant(shop, `/admin/webhook-endpoints/${body.data[0].id}/test`, { body: {} });
};

beforeAll(async () => {
  shop = await startShop(
    {},
    { timings: { deliverEveryMs: 50, relayEveryMs: 3_600_000, settingsCacheMs: 1 } },
  );
});
afterAll(() => shop.close());

describe('ended checkouts', () => {
  const session = async (): Promise<string> => (await shop.agent.create()).body.id as string;
  const isThere = async (id: string): Promise<boolean> => (await shop.agent.get(id)).status === 200;
  const end = async (id: string, state = 'expired'): Promise<unknown> => {
    await shop.db.query('UPDATE checkout_session SET state = $2 WHERE id = $1', [id, state]);
    return age('checkout_session', 'updated_at', 'id = $1', id);
  };
  beforeEach(() => keep({ abandonedCheckouts: 99 }));

  it('go when nobody tried to pay them, with what was prepared for them; open ones and younger ones stay', async () => {
    const [expired, canceled, young, open] = await Promise.all([session(), session(), session(), session()]);
    await end(expired);
    await end(canceled, 'canceled');
    await shop.db.query("UPDATE checkout_session SET state = 'expired' WHERE id = $1", [young]);
    await age('checkout_session', 'updated_at', 'id = $1', open);
    const rupees = (await createInRupees(shop)).body.id as string;
    expect(await count('prepared_payment WHERE subject_id = $1', rupees)).toBeGreaterThan(0);
    await shop.db.query('UPDATE prepared_payment SET closed_at = now() WHERE subject_id = $1', [rupees]);
    await end(rupees);
    await sweep();
    expect(await Promise.all([expired, canceled, young, open, rupees].map(isThere))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    expect(await count('prepared_payment WHERE subject_id = $1', rupees)).toBe(0);
  });

  it('stay as long as a link can still be paid, stock is held or a payment was tried', async () => {
    const [linked, holding] = await Promise.all([session(), session()]);
    await shop.db.query(
      `INSERT INTO prepared_payment (id, subject_id, provider, kind, amount, currency, reference, created_at)
       VALUES ($1, $1, 'razorpay', 'link', 1, 'inr', 'plink_x', now())`,
      [linked],
    );
    await shop.db.query(
      `INSERT INTO inventory_hold (holder_id, item_id, quantity, created_at) VALUES ($1, 'item_merino_tee', 1, now())`,
      [holding],
    );
    const { body: tried } = await shop.agent.create();
    expect((await shop.agent.complete(tried.id, 'tok_chargeDeclined')).status).toBe(200);
    const bought = await buy(shop, 'stripe');
    for (const id of [linked, holding, tried.id as string]) await end(id);
    await age('checkout_session', 'updated_at', 'id = $1', bought.sessionId);
    await sweep();
    for (const id of [linked, holding, tried.id as string, bought.sessionId])
      expect(await isThere(id), id).toBe(true);
    await shop.db.query('UPDATE prepared_payment SET closed_at = now() WHERE id = $1', [linked]);
    await shop.db.query('DELETE FROM inventory_hold WHERE holder_id = $1', [holding]);
    await sweep();
    expect([await isThere(linked), await isThere(holding)]).toEqual([false, false]);
  });

  it('leave behind by what a payment on their order is known: its money goes back', async () => {
    const { body } = await createInRupees(shop);
    const [id, order] = [body.id as string, orderOf(body)!];
    await shop.db.query(
      "UPDATE prepared_payment SET closed_at = now() WHERE subject_id = $1 AND kind = 'link'",
      [id],
    );
    await end(id);
    await sweep();
    expect(await isThere(id)).toBe(false);
    const { razorpay_payment_id: payment } = await playCheckout(shop, order, { outcome: 'captured' });
    const facts = shop.server.app.get(PaymentFactsService, { strict: false });
    expect(await facts.sync('razorpay', { part: 'payment', payment }, 'webhook')).toBe('applied');
    await until(
      () => shop.simulator.ledger(id),
      (entries) => entries.some(({ type }) => type === 'refund'),
    );
    expect(await netOf(shop, id)).toBe(0);
  });

  it('stay for good with 0 days', async () => {
    const id = await session();
    await end(id);
    await keep({ abandonedCheckouts: 0 });
    await sweep();
    expect(await isThere(id)).toBe(true);
  });
});

describe('people', () => {
  const buyer = { first_name: 'Ada', last_name: 'Lovelace', email: 'forget.me@example.com' };
  const row = async (table: string, id: string): Promise<string> =>
    JSON.stringify(await shop.db.query(`SELECT * FROM ${table} WHERE id = $1`, [id]));
  const names = (text: string): boolean => text.includes(buyer.email);

  it('are forgotten behind orders that have not changed for long, by choice; what was bought stays', async () => {
    const [old, changed, young] = [
      await buy(shop, 'stripe', { buyer }),
      await buy(shop, 'stripe', { buyer }),
      await buy(shop, 'stripe', { buyer }),
    ];
    for (const { orderId } of [old, changed]) await age('shop_order', 'created_at', 'id = $1', orderId);
    await age('shop_order', 'updated_at', 'id = $1', old.orderId);
    await sweep();
    expect(names(await row('shop_order', old.orderId))).toBe(true);
    await keep({ buyerDetails: 99 });
    const before = await adminOrder(shop, old.orderId);
    await sweep();
    expect(names(await row('shop_order', old.orderId))).toBe(false);
    expect(names(await row('checkout_session', old.sessionId))).toBe(false);
    for (const { orderId, sessionId } of [changed, young]) {
      expect(names(await row('shop_order', orderId))).toBe(true);
      expect(names(await row('checkout_session', sessionId))).toBe(true);
    }
    const { total, line_items, payment } = { ...before, total: before.totals } as Record<string, unknown>;
    expect({ ...(await adminOrder(shop, old.orderId)) }).toMatchObject({
      line_items,
      payment,
      totals: total,
    });
    await keep({ buyerDetails: null });
  });

  it('are forgotten behind checkouts that failed to be paid, but not while money is on its way', async () => {
    await keep({ abandonedCheckouts: 99 });
    const failed = await Promise.all(
      [1, 2].map(async () => {
        const { body } = await shop.agent.create({ buyer });
        await shop.agent.complete(body.id, 'tok_chargeDeclined');
        await shop.db.query("UPDATE checkout_session SET state = 'canceled' WHERE id = $1", [body.id]);
        await age('checkout_session', 'updated_at', 'id = $1', body.id);
        return body.id as string;
      }),
    );
    const [paying, ended] = failed as [string, string];
    // Of a provider whose webhooks cannot decide it meanwhile.
    await shop.db.query(
      "UPDATE payment_attempt SET state = 'unknown', provider = 'away' WHERE subject_id = $1",
      [paying],
    );
    await sweep();
    expect(names(await row('checkout_session', paying))).toBe(true);
    expect(names(await row('checkout_session', ended))).toBe(false);
    expect(await count('payment_attempt WHERE subject_id = $1', ended)).toBe(1);
    const once = await row('checkout_session', ended);
    await shop.db.query("UPDATE payment_attempt SET state = 'failed' WHERE subject_id = $1", [paying]);
    await sweep();
    expect(names(await row('checkout_session', paying))).toBe(false);
    expect(await row('checkout_session', ended)).toBe(once);
  });
});

describe('who left no name', () => {
  it('is forgotten too, sold or not: why they canceled, who sent them, what card it was', async () => {
    await keep({ abandonedCheckouts: 99, buyerDetails: 99 });
    const ids = await Promise.all(
      ['tok_visa', 'tok_chargeDeclined'].map(async (token) => {
        const { body } = await shop.agent.create({
          line_items: [{ id: 'item_field_guide', quantity: 1 }],
          fulfillment_details: undefined,
          affiliate_attribution: { provider: 'p', publisher_id: 'nameless', touchpoint: 'first' },
        });
        await shop.agent.complete(body.id as string, token);
        return body.id as string;
      }),
    );
    await shop.agent.cancel(ids[1]!);
    const kept = (): Promise<number> =>
      count("checkout_session WHERE id = ANY($1) AND content::text LIKE '%nameless%'", ids);
    expect(await kept()).toBe(2);
    await age('checkout_session', 'updated_at', 'id = ANY($1)', ids);
    for (const column of ['created_at', 'updated_at'])
      await age('shop_order', column, 'session_id = ANY($1)', ids);
    await sweep();
    expect(await kept()).toBe(0);
    expect(await count('payment_attempt WHERE subject_id = ANY($1) AND erased_at IS NOT NULL', ids)).toBe(2);
    await keep({ buyerDetails: null });
  });
});

describe('what endpoints were told', () => {
  const delivered = (orderId: string, n: number): Promise<unknown> =>
    until(
      () => count("webhook_delivery WHERE order_id = $1 AND state IN ('delivered', 'superseded')", orderId),
      (found) => found === n,
    );
  const told = async (orderId: string): Promise<number[]> => [
    await count('webhook_delivery WHERE order_id = $1', orderId),
    await count(
      'webhook_attempt WHERE delivery_id IN (SELECT id FROM webhook_delivery WHERE order_id = $1)',
      orderId,
    ),
    await count('outbox_event WHERE order_id = $1', orderId),
  ];
  const ageAll = async (orderId: string): Promise<void> => {
    await age('outbox_event', 'occurred_at', 'order_id = $1', orderId);
    await age('webhook_delivery', 'ended_at', 'order_id = $1', orderId);
  };
  async function orderWithNews(): Promise<OrderDesk> {
    const { orderId } = await buy(shop, 'stripe');
    const desk = new OrderDesk(shop, orderId);
    await delivered(orderId, 1);
    await desk.send(0, 1, 'shipped');
    await desk.status('packing');
    await delivered(orderId, await count('outbox_event WHERE order_id = $1', orderId));
    return desk;
  }
  beforeEach(() => keep({ webhookDeliveries: 99 }));

  it('goes, all of an order at once, but its last event; what comes later is told as ever', async () => {
    const desk = await orderWithNews();
    const events = await count('outbox_event WHERE order_id = $1', desk.id);
    expect(events).toBeGreaterThan(1);
    const bodies = await shop.db.query<{ body_id: string }>(
      'SELECT body_id FROM webhook_delivery WHERE order_id = $1',
      [desk.id],
    );
    const attempts = await shop.db.query<{ id: string }>(
      'SELECT id FROM webhook_attempt WHERE delivery_id IN (SELECT id FROM webhook_delivery WHERE order_id = $1)',
      [desk.id],
    );
    await ageAll(desk.id);
    await sweep();
    expect(await told(desk.id)).toEqual([0, 0, 1]);
    expect(
      await count(
        'webhook_body WHERE id = ANY($1)',
        bodies.map(({ body_id }) => body_id),
      ),
    ).toBe(0);
    expect(
      await count(
        'webhook_attempt WHERE id = ANY($1)',
        attempts.map(({ id }) => id),
      ),
    ).toBe(0);
    const [last] = await shop.db.query('SELECT seq FROM outbox_event WHERE order_id = $1', [desk.id]);
    expect(last).toEqual({ seq: events });
    await desk.refund({ amount: 100 });
    await delivered(desk.id, await count('outbox_event WHERE order_id = $1 AND seq > $2', desk.id, events));
  });

  it.each([
    ['an event is younger', 'outbox_event', 'occurred_at = now()'],
    ['an event is still to be relayed', 'outbox_event', 'relayed_at = NULL'],
    ['one delivery ended lately', 'webhook_delivery', 'ended_at = now()'],
    ['one delivery is still to be made', 'webhook_delivery', "ended_at = NULL, state = 'canceled'"],
  ])('stays, all of it, while %s', async (_, table, change) => {
    const desk = await orderWithNews();
    await ageAll(desk.id);
    const before = await told(desk.id);
    // Woken by the news it would find again what is to be relayed.
    const relay = shop.server.app.get(OutboxRelay, { strict: false });
    const next = vi.spyOn(relay as unknown as { next: () => Promise<string[]> }, 'next');
    next.mockResolvedValue([]);
    onTestFinished(() => next.mockRestore());
    await shop.db.query(
      `UPDATE ${table} SET ${change} WHERE id = (SELECT id FROM ${table} WHERE order_id = $1 ORDER BY seq LIMIT 1)`,
      [desk.id],
    );
    await sweep();
    expect(await told(desk.id)).toEqual(before);
    // Nor shall it in a later test.
    await shop.db.query('UPDATE outbox_event SET relayed_at = now() WHERE order_id = $1', [desk.id]);
  });

  it('stays when a delivery is replayed at the last moment', async () => {
    const desk = await orderWithNews();
    await ageAll(desk.id);
    const before = await told(desk.id);
    // As the replay would: its transaction has changed the row when the sweep comes, and commits while that waits.
    const replay = await RowLock.take(
      shop,
      `UPDATE webhook_delivery SET state = 'canceled', ended_at = NULL
       WHERE id = (SELECT id FROM webhook_delivery WHERE order_id = $1 ORDER BY seq DESC LIMIT 1)`,
      [desk.id],
    );
    const swept = sweep();
    await replay.waiting(1);
    await replay.commit();
    await swept;
    expect(await told(desk.id)).toEqual(before);
  });

  it('goes while its buyer is erased: neither waits for the other in a circle', async () => {
    const buyer = { email: 'in.a.circle@example.com' };
    const { orderId } = await buy(shop, 'stripe', { buyer });
    const desk = new OrderDesk(shop, orderId);
    await desk.send(0, 1, 'shipped');
    await delivered(orderId, await count('outbox_event WHERE order_id = $1', orderId));
    await ageAll(orderId);
    const lock = await RowLock.take(
      shop,
      'SELECT 1 FROM webhook_delivery WHERE order_id = $1 ORDER BY id DESC LIMIT 1 FOR UPDATE',
      [orderId],
    );
    const sweeping = sweep();
    await lock.waiting(1);
    const erasing = merchant(shop, '/admin/privacy/erase', { body: { email: buyer.email } });
    await lock.waiting(2);
    await lock.release();
    await sweeping;
    expect((await erasing).status).toBe(200);
    expect(await told(orderId)).toEqual([0, 0, 1]);
    const sql = 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()';
    expect(await shop.db.query(sql)).toEqual([{ deadlocks: 0 }]);
  });

  it('goes too where it was a test of an endpoint', async () => {
    const { body } = await testDelivery();
    await sweep();
    expect(await count('webhook_delivery WHERE id = $1', body.id)).toBe(1);
    await age('webhook_delivery', 'ended_at', 'id = $1', body.id);
    await sweep();
    expect(await count('webhook_delivery WHERE id = $1', body.id)).toBe(0);
    expect(await count('webhook_body WHERE id = $1', body.id)).toBe(0);
    expect(await count('webhook_attempt WHERE delivery_id = $1', body.id)).toBe(0);
  });
});

describe('the text of provider webhooks', () => {
  it('goes once nothing more is to be done about them; that they came stays', async () => {
    await keep({ providerWebhookBodies: 99 });
    const payments = [await buy(shop, 'stripe'), await buy(shop, 'stripe')].map(({ reference }) => reference);
    const found = (): Promise<{ id: string; state: string; kept: boolean }[]> =>
      shop.db.query(
        'SELECT id, state, body IS NOT NULL AS kept FROM webhook_event WHERE payment = ANY($1) ORDER BY id',
        [payments],
      );
    await until(async () => (await shop.simulator.events({ state: 'pending' })).length === 0);
    const before = await until(
      found,
      (all) =>
        all.filter(({ state }) => state === 'processed').length > 1 &&
        all.every(({ state }) => state !== 'received'),
    );
    const [waiting, ...others] = before.map(({ id }) => id);
    await shop.db.query(
      "UPDATE webhook_event SET state = 'waiting', next_at = now() + interval '1 day' WHERE id = $1",
      [waiting],
    );
    await shop.db.query("UPDATE webhook_event SET state = 'failed' WHERE id = ANY($1)", [others]);
    await sweep();
    expect((await found()).every(({ kept }) => kept)).toBe(true);
    await age('webhook_event', 'received_at', 'payment = ANY($1)', payments);
    await sweep();
    const after = await found();
    expect(after.filter(({ kept }) => kept).map(({ id }) => id)).toEqual([waiting]);
    for (const id of others) expect(after).toContainEqual({ id, state: 'failed', kept: false });
  });
});

describe('movements of stock', () => {
  const item = 'item_trail_shoe_9';
  const ledger = async (): Promise<{ change: number; on_hand: number; reason: string }[]> =>
    (await merchant(shop, `/admin/items/${item}/movements?limit=100`)).body.data;

  it('are added up by one process at a time, and still add up to what is on hand', async () => {
    await keep({ inventoryMovements: 99 });
    for (const delta of [5, -3, 7])
      await merchant(shop, `/admin/items/${item}/inventory`, { method: 'PATCH', body: { delta } });
    await age('inventory_movement', 'at', 'item_id = $1', item);
    await merchant(shop, `/admin/items/${item}/inventory`, { method: 'PATCH', body: { delta: 2 } });
    const before = await ledger();
    const sum = (movements: { change: number }[]): number =>
      movements.reduce((all, { change }) => all + change, 0);
    const other = new pg.Client({ connectionString: shop.db.url });
    await other.connect();
    await other.query('SELECT pg_advisory_lock($1)', [movementsLock]);
    await sweep();
    expect(await ledger()).toEqual(before);
    await other.end();
    await Promise.all([sweep(), sweep(), sweep(), sweep()]);
    const after = await ledger();
    expect(after.map(({ reason }) => reason)).toEqual(['adjustment', 'carried_forward']);
    expect(after.map(({ on_hand }) => on_hand)).toEqual(before.slice(0, 2).map(({ on_hand }) => on_hand));
    expect(sum(after)).toBe(sum(before));
    expect((await merchant(shop, '/admin/inventory/check')).body.ok).toBe(true);
    await sweep();
    expect(await ledger()).toEqual(after);
  });
});

describe('the sweep', () => {
  it('goes on with the others when one kind cannot be removed', async () => {
    await keep({ abandonedCheckouts: 99, inventoryMovements: 99, webhookDeliveries: 99 });
    await shop.db.query('ALTER TABLE prepared_payment RENAME TO prepared_payment_away');
    const { body: test } = await testDelivery();
    await age('webhook_delivery', 'ended_at', 'id = $1', test.id);
    await sweep();
    await shop.db.query('ALTER TABLE prepared_payment_away RENAME TO prepared_payment');
    expect(await count('webhook_delivery WHERE id = $1', test.id)).toBe(0);
  });

  it('refuses days that are none', async () => {
    const { status, body } = await merchant(shop, '/admin/settings/retention', {
      method: 'PATCH',
      body: { webhookDeliveries: -1, inventoryMovements: 1.5, buyerDetails: 7, abandonedCheckouts: 1 },
    });
    expect(status).toBe(400);
    for (const member of ['webhookDeliveries', 'inventoryMovements', 'buyerDetails', 'abandonedCheckouts'])
      expect(JSON.stringify(body)).toContain(`$.${member}`);
  });
});
