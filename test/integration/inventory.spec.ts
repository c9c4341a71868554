import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { InventoryMovements1764100000000 } from '../../migrations/1764100000000-inventory-movements.js';
import { ApiKeysService } from '../../src/access/api-keys.service.js';
import { InventoryCheckService } from '../../src/catalog/inventory-check.service.js';
import { createDatabase } from '../support/database.js';
import { LockPatience } from '../support/lock-patience.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { set } from '../support/purchases.js';
import { RowLock } from '../support/row-lock.js';
import { type Shop, startShop } from '../support/shop.js';

interface Movement {
  id: string;
  change: number;
  on_hand: number;
  reason: string;
  reference: string | null;
  actor: string;
  note: string | null;
  at: string;
}

describe('stock over the admin API', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings: { settingsCacheMs: 1, expireEveryMs: 200 } });
  });
  afterAll(() => shop.close());

  const stock = async (item: string) => (await merchant(shop, `/admin/items/${item}/inventory`)).body;
  const change = (item: string, body: object, key?: string): Promise<MerchantAnswer> =>
    merchant(shop, `/admin/items/${item}/inventory`, { method: 'PATCH', body, key });
  const ledger = async (item: string): Promise<Movement[]> =>
    (await merchant(shop, `/admin/items/${item}/movements?limit=100`)).body.data;
  const check = async () => (await merchant(shop, '/admin/inventory/check')).body;
  const buy = async (item: string, quantity = 1): Promise<string> => {
    const { body } = await shop.agent.create({ line_items: [{ id: item, quantity }] });
    await shop.agent.complete(body.id as string);
    return body.id as string;
  };
  /** A checkout that waits for its buyer's bank holds its stock. */
  const hold = async (item: string): Promise<string> => {
    const { body } = await shop.agent.create({
      line_items: [{ id: item }],
      capabilities: { interventions: { supported: ['3ds'] } },
    });
    const { body: waiting } = await shop.agent.complete(body.id as string, 'tok_threeDSecure2Required');
    expect(waiting.status).toBe('authentication_required');
    return body.id as string;
  };

  it('is shown, counted, added to, and taken out of the count', async () => {
    const item = 'item_sold_out_scarf';
    expect(await stock(item)).toEqual({
      item_id: item,
      tracked: true,
      on_hand: 0,
      reserved: 0,
      available: 0,
    });
    const { status, body } = await change(item, { on_hand: 5, reason: 'found in the cellar' });
    expect({ status, body }).toEqual({
      status: 200,
      body: { item_id: item, tracked: true, on_hand: 5, reserved: 0, available: 5 },
    });
    expect((await change(item, { delta: -2 })).body.on_hand).toBe(3);
    expect((await change(item, { tracked: false })).body).toMatchObject({ tracked: false, available: null });
    await buy(item, 50);
    expect((await change(item, { tracked: true })).body).toMatchObject({ on_hand: 3, available: 3 });
    expect((await change(item, {})).body).toMatchObject({ on_hand: 3 });
    const movements = await ledger(item);
    expect(movements).toMatchObject([
      { change: -2, on_hand: 3, reason: 'adjustment', note: null, reference: null },
      { change: 5, on_hand: 5, reason: 'adjustment', note: 'found in the cellar' },
      { change: 0, on_hand: 0, reason: 'opening' },
    ]);
    const audit = await shop.db.query(
      `SELECT actor, before, after FROM audit_entry WHERE action = 'inventory.changed' AND subject = $1 ORDER BY position`,
      [item],
    );
    expect(audit).toMatchObject([
      { actor: movements[0]?.actor, before: { on_hand: 0 }, after: { on_hand: 5 } },
      { before: { on_hand: 5 }, after: { on_hand: 3 } },
      { before: { tracked: true }, after: { tracked: false } },
      { before: { tracked: false }, after: { tracked: true } },
    ]);
    expect(movements[0]?.actor).toMatch(/^agt_/);
  });

  it.each([
    [{ on_hand: 1, delta: 1 }, '$.delta'],
    [{ on_hand: -1 }, '$.on_hand'],
    [{ on_hand: 1.5 }, '$.on_hand'],
    [{ on_hand: '3' }, '$.on_hand'],
    [{ on_hand: null }, '$.on_hand'],
    [{ delta: null }, '$.delta'],
    [{ on_hand: 1e15 }, '$.on_hand'],
    [{ delta: 1_000_000_000_000 }, '$.delta'],
    [{ tracked: 'yes' }, '$.tracked'],
    [{ reason: 'x'.repeat(201), on_hand: 1 }, '$.reason'],
  ])('refuses %j and changes nothing', async (body, param) => {
    const before = await stock('item_trail_shoe_9');
    const answer = await change('item_trail_shoe_9', body);
    expect(answer).toMatchObject({ status: 400, body: { param } });
    expect(await stock('item_trail_shoe_9')).toEqual(before);
  });

  it('knows no stock of an item that does not exist', async () => {
    expect((await merchant(shop, '/admin/items/item_none/inventory')).status).toBe(404);
    expect((await merchant(shop, '/admin/items/item_none/movements')).status).toBe(404);
    expect((await change('item_none', { delta: 1 })).status).toBe(404);
    expect((await merchant(shop, '/admin/items/item_merino_tee/movements?cursor=bW92X3g')).body.param).toBe(
      '$.cursor',
    );
  });

  it('never goes below what checkouts hold, counted or not', async () => {
    const item = 'item_last_lantern';
    const session = await hold(item);
    expect(await stock(item)).toMatchObject({ on_hand: 1, reserved: 1, available: 0 });
    for (const body of [{ on_hand: 0 }, { delta: -1 }, { on_hand: 0, tracked: false }]) {
      expect(await change(item, body)).toMatchObject({ status: 409, body: { code: 'below_reserved' } });
    }
    expect((await change(item, { on_hand: 0 })).body.param).toBe('$.on_hand');
    expect((await change(item, { delta: -1 })).body.param).toBe('$.delta');
    await shop.agent.cancel(session);
    expect((await change(item, { on_hand: 0 })).status).toBe(200);
    // A hold is no movement: nothing had left the shelf.
    expect((await ledger(item)).map(({ reason }) => reason)).toEqual(['adjustment', 'opening']);
    await change(item, { on_hand: 1 });
  });

  it('says once for one key what it did', async () => {
    const item = 'item_enamel_mug';
    const before = (await stock(item)).on_hand as number;
    const [first, again] = [
      await change(item, { delta: 7 }, 'delivery-1'),
      await change(item, { delta: 7 }, 'delivery-1'),
    ];
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await stock(item)).on_hand).toBe(before + 7);
    expect((await change(item, { delta: 8 }, 'delivery-1')).status).toBe(422);
  });

  it('ends exact when 50 deliveries and 20 sales meet, and its ledger is a chain', async () => {
    onTestFinished(LockPatience.begin());
    const item = 'item_trail_shoe_9';
    await change(item, { on_hand: 100 });
    const known = (await ledger(item)).length;
    const [deliveries] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, () => change(item, { delta: 3 }))),
      Promise.all(Array.from({ length: 20 }, () => buy(item, 2))),
    ]);
    expect(new Set(deliveries.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await stock(item)).toMatchObject({ on_hand: 100 + 150 - 40, reserved: 0 });
    const movements = await ledger(item);
    expect(movements).toHaveLength(known + 70);
    movements.slice(0, -1).forEach((movement, index) => {
      expect(movement.on_hand - movement.change).toBe(movements[index + 1]?.on_hand);
    });
    expect((await check()).ok).toBe(true);
  });

  it('is not sold more often than it is there while it is being counted', async () => {
    onTestFinished(LockPatience.begin());
    const item = 'item_trail_shoe_10';
    await change(item, { on_hand: 10 });
    const sessions = await Promise.all(
      Array.from({ length: 30 }, () => shop.agent.create({ line_items: [{ id: item }] })),
    );
    const counted: number[] = [];
    const [sold] = await Promise.all([
      Promise.all(sessions.map(({ body }) => shop.agent.complete(body.id as string))),
      (async () => {
        for (let n = 0; n < 15; n++) counted.push((await change(item, { delta: -1 })).status);
      })(),
    ]);
    const completed = sold.filter(({ body }) => body.status === 'completed').length;
    const taken = counted.filter((status) => status === 200).length;
    expect(completed + taken).toBe(10);
    expect(await stock(item)).toMatchObject({ on_hand: 0, reserved: 0 });
    expect((await check()).ok).toBe(true);
  });

  it('tells which checkout took it, and that it came back', async () => {
    const item = 'item_trail_shoe_9';
    await set(shop, 'payments', { captureMethod: 'manual' });
    const session = await buy(item, 2);
    await set(shop, 'payments', {});
    const [sale] = await ledger(item);
    expect(sale).toMatchObject({ reason: 'sale', change: -2, reference: session, actor: 'checkout' });
    const [order] = await shop.db.query<{ id: string }>('SELECT id FROM shop_order WHERE session_id = $1', [
      session,
    ]);
    const canceled = await merchant(shop, `/admin/orders/${order?.id}/cancel`, { body: { reason: 'test' } });
    expect(canceled.status).toBe(200);
    const [back] = await ledger(item);
    expect(back).toMatchObject({ reason: 'restock', change: 2, on_hand: (sale?.on_hand ?? 0) + 2 });
  });

  it('shows its ledger in pages, newest first, each movement once', async () => {
    const item = 'item_merino_tee';
    for (let n = 0; n < 5; n++) await change(item, { delta: 1 });
    const seen: Movement[] = [];
    let cursor = '';
    do {
      const { body } = await merchant(shop, `/admin/items/${item}/movements?limit=2${cursor}`);
      expect(body.data.length).toBeLessThanOrEqual(2);
      seen.push(...(body.data as Movement[]));
      cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : '';
    } while (cursor);
    expect(seen).toEqual(await ledger(item));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  });

  describe('is checked against its holds and its ledger', () => {
    const metric = async (problem: string): Promise<string | undefined> =>
      new RegExp(`inventory_invariant_broken{problem="${problem}"} (\\d+)`).exec(
        await (
          await fetch(`${shop.url}/metrics`, { headers: { Authorization: 'Bearer admin_sandbox_key' } })
        ).text(),
      )?.[1];
    const sweep = (): Promise<void> => shop.server.app.get(InventoryCheckService).sweep();
    const repair = async (key?: string) =>
      (await merchant(shop, '/admin/inventory/repair', { body: {}, key })).body;

    it('and is repaired where it had gone astray, without touching what is on hand', async () => {
      const session = await hold('item_last_lantern');
      expect(await check()).toMatchObject({ ok: true, broken: [], more: false });
      await shop.db.query(`UPDATE inventory SET reserved = 0 WHERE item_id = 'item_last_lantern'`);
      await shop.db.query(`UPDATE inventory SET reserved = 4 WHERE item_id = 'item_trail_shoe_9'`);
      await shop.db.query(`UPDATE inventory SET on_hand = on_hand + 6 WHERE item_id = 'item_enamel_mug'`);
      const { on_hand: mugs } = await stock('item_enamel_mug');
      const { broken, ok } = await check();
      expect(ok).toBe(false);
      expect(broken).toMatchObject([
        { item_id: 'item_enamel_mug', problems: ['ledger'], on_hand: mugs, ledger: mugs - 6 },
        { item_id: 'item_last_lantern', problems: ['reserved'], reserved: 0, held: 1 },
        { item_id: 'item_trail_shoe_9', problems: ['reserved'], reserved: 4, held: 0 },
      ]);
      await sweep();
      expect([await metric('reserved'), await metric('ledger'), await metric('uncovered')]).toEqual([
        '2',
        '1',
        '0',
      ]);

      const { repaired, left } = await repair('repair-1');
      expect(left).toEqual([]);
      expect(repaired.map(({ item_id }: { item_id: string }) => item_id)).toEqual(
        broken.map(({ item_id }: { item_id: string }) => item_id),
      );
      expect(await check()).toMatchObject({ ok: true });
      expect(await stock('item_last_lantern')).toMatchObject({ reserved: 1 });
      expect((await stock('item_enamel_mug')).on_hand).toBe(mugs);
      expect((await ledger('item_enamel_mug'))[0]).toMatchObject({
        reason: 'repair',
        change: 6,
        on_hand: mugs,
      });
      expect((await ledger('item_trail_shoe_9'))[0]).toMatchObject({
        reason: 'repair',
        change: 0,
        note: 'reserved 4, held 0',
      });
      const [entry] = await shop.db.query(
        `SELECT before, after FROM audit_entry WHERE action = 'inventory.repaired'`,
      );
      expect(entry).toMatchObject({
        before: { item_trail_shoe_9: { reserved: 4 } },
        after: { item_trail_shoe_9: { reserved: 0 } },
      });
      expect(await repair('repair-1')).toEqual({ repaired, left });
      expect(await repair()).toEqual({ repaired: [], left: [] });
      await sweep();
      expect(await metric('reserved')).toBe('0');
      await shop.agent.cancel(session);
    });

    it('and left to a person where more is held than is there', async () => {
      await shop.db.query(
        `INSERT INTO inventory_hold (holder_id, item_id, quantity, created_at) VALUES ('x', 'item_last_lantern', 3, now())`,
      );
      const { repaired, left } = await repair();
      expect(repaired).toEqual([]);
      expect(left).toMatchObject([{ item_id: 'item_last_lantern', held: 3, on_hand: 1 }]);
      await change('item_last_lantern', { on_hand: 3 });
      expect((await repair()).repaired).toMatchObject([{ item_id: 'item_last_lantern', reserved: 3 }]);
      await shop.db.query(`DELETE FROM inventory_hold WHERE holder_id = 'x'`);
      await repair();
      expect(await check()).toMatchObject({ ok: true });
    });

    it('and a repair counts the hold that is being taken at that moment', async () => {
      const item = 'item_trail_shoe_9';
      await shop.db.query('UPDATE inventory SET reserved = 7 WHERE item_id = $1', [item]);
      const checkout = await RowLock.take(
        shop,
        `WITH hold AS (INSERT INTO inventory_hold VALUES ('y', $1, 2, now()))
         UPDATE inventory SET reserved = reserved + 2 WHERE item_id = $1`,
        [item],
      );
      const repairing = repair();
      await checkout.waiting();
      await checkout.commit();
      expect((await repairing).repaired).toMatchObject([{ item_id: item, reserved: 2 }]);
      expect(await check()).toMatchObject({ ok: true });
      await shop.db.query(`DELETE FROM inventory_hold WHERE holder_id = 'y'`);
      await repair();
    });
  });

  it('is seen and not changed by a key that may only read, and hidden from agents', async () => {
    const keys = shop.server.app.get(ApiKeysService);
    const { key: apiKey } = await keys.create({ name: 'reader', scopes: ['admin:read'], actor: 'test' });
    const path = '/admin/items/item_merino_tee/inventory';
    expect((await merchant(shop, path, { apiKey })).status).toBe(200);
    expect((await merchant(shop, path, { method: 'PATCH', body: { delta: 1 }, apiKey })).status).toBe(403);
    expect((await merchant(shop, '/admin/inventory/repair', { body: {}, apiKey })).status).toBe(403);
    expect((await merchant(shop, path, { apiKey: 'agent_sandbox_key' })).status).toBe(403);
  });
});

describe('the ledger of a shop that had none', () => {
  it('opens with what is on hand', async () => {
    const db = await createDatabase();
    await db.query(`DROP TABLE inventory_movement; DROP INDEX product_category_idx, product_name_idx;
      ALTER TABLE product DROP COLUMN deleted_at; ALTER TABLE item DROP COLUMN position, DROP COLUMN deleted_at;
      INSERT INTO product VALUES ('p', 'p', '', '', '{}', now(), now());
      INSERT INTO item VALUES ('i', 'p', 'i', '[]', 'shipping', NULL, true);
      INSERT INTO inventory VALUES ('i', true, 12, 5)`);
    await new InventoryMovements1764100000000().up({ query: (sql: string) => db.query(sql) } as never);
    expect(await db.query('SELECT item_id, change, on_hand, reason FROM inventory_movement')).toEqual([
      { item_id: 'i', change: 12, on_hand: 12, reason: 'opening' },
    ]);
    await db.drop();
  });
});
