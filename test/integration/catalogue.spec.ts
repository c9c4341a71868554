import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CatalogStore } from '../../src/catalog/catalog.store.js';
import {
  changedProductExamples,
  importExample,
  importReportExample,
  newProductExamples,
  productExample,
} from '../../src/catalog/products/product.examples.js';
import { total } from '../support/agent.js';
import { Catalogue, item, product } from '../support/catalogue.js';
import { LockPatience } from '../support/lock-patience.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { RoundTrips } from '../support/round-trips.js';
import { type Shop, startShop } from '../support/shop.js';

let shop: Shop;
let catalogue: Catalogue;
beforeAll(async () => {
  shop = await startShop({}, { timings: { settingsCacheMs: 1 } });
  catalogue = new Catalogue(shop);
});
afterAll(() => shop.close());

const audited = (subject: string) =>
  shop.db.query<{ action: string; actor: string; before: object | null; after: object | null }>(
    'SELECT action, actor, before, after FROM audit_entry WHERE subject = $1 ORDER BY position',
    [subject],
  );
const idsOf = ({ items }: { items: { id: string }[] }): string[] => items.map(({ id }) => id);

describe('a product', () => {
  it('is bought as soon as it is there, in the order and with the stock that was said', async () => {
    const made = await catalogue.create(product('bottle'));
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      id: 'prod_bottle',
      images: ['https://shop.example/a.jpg'],
      items: [
        {
          id: 'item_bottle_s',
          prices: { usd: 1500, inr: 125000 },
          delivery: 'shipping',
          max_per_order: null,
          on_sale: true,
          stock: { tracked: true, on_hand: 10, reserved: 0, available: 10 },
        },
        { id: 'item_bottle_m' },
      ],
    });
    expect(await catalogue.get('prod_bottle')).toEqual(made.body);
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_bottle_m', quantity: 2 }] });
    expect(total(session, 'subtotal')).toBe(3000);
    expect((await shop.agent.complete(session.id as string)).body.status).toBe('completed');
    expect(await catalogue.stock('item_bottle_m')).toMatchObject({ on_hand: 8 });
    expect(await audited('prod_bottle')).toMatchObject([
      {
        action: 'product.created',
        actor: expect.stringMatching(/^agt_/),
        before: null,
        after: { name: 'Product bottle', 'stock item_bottle_s': { on_hand: 10 } },
      },
    ]);
  });

  it('gets ids and defaults where none are said, and nothing in stock', async () => {
    const { status, body } = await catalogue.create({
      name: 'Plain',
      items: [
        { name: 'Plain thing', prices: { usd: 0 } },
        { name: 'Plain download', prices: { usd: 100 }, delivery: 'digital' },
      ],
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ description: '', category: '', images: [] });
    expect(body.id).toMatch(/^prd_[0-9a-z]{36}$/);
    expect(body.items).toMatchObject([
      { id: expect.stringMatching(/^itm_/), stock: { tracked: true, on_hand: 0 }, variant_options: [] },
      { id: expect.stringMatching(/^itm_/), stock: { tracked: false, available: null } },
    ]);
  });

  const one = (more: object): object => product('bad', { items: [item('bad', more)] });
  it.each([
    ['no name', { ...product('bad'), name: undefined }, '$.name'],
    ['a blank name', { ...product('bad'), name: '  ' }, '$.name'],
    ['an id with a slash', { ...product('bad'), id: 'a/b' }, '$.id'],
    ['an empty id', { ...product('bad'), id: '' }, '$.id'],
    ['no items', { ...product('bad'), items: [] }, '$.items'],
    ['items that are none', { ...product('bad'), items: ['item'] }, '$.items'],
    ['an image that is no address', { ...product('bad'), images: ['javascript:alert(1)'] }, '$.images'],
    ['an unknown currency', one({ prices: { usd: 1, abc: 1 } }), '$.items[0].prices.abc'],
    ['a capital currency', one({ prices: { USD: 1 } }), '$.items[0].prices.USD'],
    ['a negative price', one({ prices: { usd: -1 } }), '$.items[0].prices.usd'],
    ['a fractional price', one({ prices: { usd: 1, inr: 12.5 } }), '$.items[0].prices.inr'],
    ['a price as text', one({ prices: { usd: '12' } }), '$.items[0].prices.usd'],
    ['a price of astronomers', one({ prices: { usd: 1e15 } }), '$.items[0].prices.usd'],
    ['no price', one({ prices: {} }), '$.items[0].prices'],
    ['prices in a list', one({ prices: [1] }), '$.items[0].prices'],
    ['an id twice', { ...product('bad'), items: [item('bad'), item('bad')] }, '$.items[1].id'],
    ['a way to deliver that there is not', one({ delivery: 'drone' }), '$.items[0].delivery'],
    ['a limit of none', one({ max_per_order: 0 }), '$.items[0].max_per_order'],
    ['less than nothing in stock', one({ inventory: { on_hand: -1 } }), '$.items[0].inventory.on_hand'],
    [
      'an option without a value',
      one({ variant_options: [{ name: 'x' }] }),
      '$.items[0].variant_options[0].value',
    ],
  ])('with %s is refused', async (_, body, param) => {
    expect(await catalogue.create(body)).toMatchObject({ status: 400, body: { param } });
    expect((await catalogue.find('prod_bad')).status).toBe(404);
  });

  it('does not take the id of another one, nor its items', async () => {
    expect(await catalogue.create(product('bottle'))).toMatchObject({
      status: 409,
      body: { code: 'product_exists', param: '$.id' },
    });
    const thief = product('thief', { items: [item('thief'), item('bottle_s', { prices: { usd: 1 } })] });
    expect(await catalogue.create(thief)).toMatchObject({
      status: 409,
      body: { code: 'item_exists', param: '$.items[1].id' },
    });
    expect((await catalogue.get('prod_bottle')).items[0].prices.usd).toBe(1500);
    expect((await catalogue.find('prod_thief')).status).toBe(404);
  });

  it('is made once by twenty who make it at once, and the item two want goes to one', async () => {
    onTestFinished(LockPatience.begin());
    const made = await Promise.all(Array.from({ length: 20 }, () => catalogue.create(product('race'))));
    expect(made.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
    const wanted = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        catalogue.create(product(`claim_${n}`, { items: [item('wanted'), item(`claim_${n}`)] })),
      ),
    );
    expect(wanted.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
    const owners = await shop.db.query(`SELECT product_id FROM item WHERE id = 'item_wanted'`);
    expect(owners).toEqual([{ product_id: wanted.find(({ status }) => status === 201)?.body.id }]);
  });

  it('is made and changed once for one key', async () => {
    const key = randomUUID();
    const body = { name: 'Once', items: [{ name: 'Once', prices: { usd: 1 } }] };
    const [first, again] = [await catalogue.create(body, key), await catalogue.create(body, key)];
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await shop.db.query(`SELECT 1 FROM product WHERE name = 'Once'`)).toHaveLength(1);
    const gone = [
      await catalogue.remove(first.body.id, 'remove-once'),
      await catalogue.remove(first.body.id, 'remove-once'),
    ];
    expect(gone.map(({ status, text }) => ({ status, text }))).toEqual([
      { status: 204, text: '' },
      { status: 204, text: '' },
    ]);
    expect((await catalogue.remove(first.body.id)).status).toBe(404);
  });
});

describe('a change of a product', () => {
  it('leaves what is absent, clears what is null, and merges items by id', async () => {
    await catalogue.create(
      product('tent', { items: [item('tent_s', { max_per_order: 2 }), item('tent_m')] }),
    );
    await catalogue.change('prod_tent', { description: null, images: null });
    const { body } = await catalogue.change('prod_tent', {
      items: [
        { id: 'item_tent_m', prices: { usd: 1700 } },
        { id: 'item_tent_l', name: 'Tent, L', prices: { usd: 1900 }, inventory: { on_hand: 4 } },
        { id: 'item_tent_s', max_per_order: null, variant_options: null, on_sale: false },
      ],
    });
    expect(body).toMatchObject({ name: 'Product tent', description: '', category: 'tests', images: [] });
    expect(body.items).toMatchObject([
      {
        id: 'item_tent_s',
        prices: { usd: 1500, inr: 125000 },
        max_per_order: null,
        variant_options: [],
        on_sale: false,
      },
      { id: 'item_tent_m', variant_options: [{ name: 'Size', value: 'tent_m' }], stock: { on_hand: 10 } },
      { id: 'item_tent_l', stock: { on_hand: 4 } },
    ]);
    // Prices are replaced whole.
    expect(body.items[1].prices).toEqual({ usd: 1700 });
    const entries = await audited('prod_tent');
    expect(entries.at(-1)).toMatchObject({
      action: 'product.updated',
      before: { 'item item_tent_m': { prices: { inr: 125000 } } },
      after: { 'item item_tent_m': { prices: { usd: 1700 } } },
    });
    expect(JSON.stringify(entries.at(-1))).not.toContain('category');
  });

  it('may be what was read, and then changes nothing', async () => {
    const before = await catalogue.get('prod_tent');
    const { body } = await catalogue.change('prod_tent', before);
    expect(body).toEqual(before);
    expect((await audited('prod_tent')).at(-1)?.after).not.toEqual({});
    const entries = await audited('prod_tent');
    await catalogue.change('prod_tent', before);
    expect(await audited('prod_tent')).toEqual(entries);
  });

  it.each([
    [{ name: null }, '$.name'],
    [{ items: null }, '$.items'],
    [{ items: [{ id: 'item_tent_s', name: null }] }, '$.items[0].name'],
    [{ items: [{ id: 'item_tent_s', prices: null }] }, '$.items[0].prices'],
    [{ items: [{ id: 'item_tent_s', prices: { usd: 0.1 } }] }, '$.items[0].prices.usd'],
    [{ items: [{ id: 'item_tent_s' }, { id: 'item_tent_s' }] }, '$.items[1].id'],
    [{ items: [{ id: 'item_new' }] }, '$.items[0].name'],
    [{ items: [{ id: 'item_new', name: 'New' }] }, '$.items[0].prices'],
    [{ items: [{ id: 'item_new', remove: true }] }, '$.items[0].id'],
    [{ items: ['s', 'm', 'l'].map((size) => ({ id: `item_tent_${size}`, remove: true })) }, '$.items'],
  ])('is refused: %j', async (body, param) => {
    const before = await catalogue.get('prod_tent');
    expect(await catalogue.change('prod_tent', body)).toMatchObject({ status: 400, body: { param } });
    expect(await catalogue.get('prod_tent')).toEqual(before);
  });

  it('of thirty at once that each add an item loses none', async () => {
    onTestFinished(LockPatience.begin());
    await catalogue.create(product('rope'));
    const changed = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        catalogue.change('prod_rope', {
          items: [
            { id: `item_rope_${n}`, name: `Rope ${n}`, prices: { usd: n } },
            { id: 'item_rope_s', prices: { usd: 5000 + n } },
          ],
        }),
      ),
    );
    expect(new Set(changed.map(({ status }) => status))).toEqual(new Set([200]));
    expect(idsOf(await catalogue.get('prod_rope')).toSorted()).toEqual(
      ['s', 'm', ...Array.from({ length: 30 }, (_, n) => n)].map((n) => `item_rope_${n}`).toSorted(),
    );
    // Each entry begins where the one before it ended.
    const prices = (await audited('prod_rope'))
      .slice(1)
      .map(({ before, after }) =>
        [before, after].map(
          (side) => (side as Record<string, { prices: { usd: number } }>)['item item_rope_s']?.prices.usd,
        ),
      );
    prices.slice(1).forEach(([before], index) => expect(before).toBe(prices[index]?.[1]));
  });

  it('in mid-checkout is shown before anything is charged', async () => {
    await catalogue.create(product('map'));
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_map_s' }] });
    await catalogue.change('prod_map', { items: [{ id: 'item_map_s', prices: { usd: 1600 } }] });
    const { body: told } = await shop.agent.complete(session.id as string);
    expect(told.status).toBe('ready_for_payment');
    expect(told.messages).toMatchObject([{ type: 'warning', code: 'price_change' }]);
    expect(total(told, 'subtotal')).toBe(1600);
    expect(await shop.simulator.ledger(session.id)).toEqual([]);
    expect((await shop.agent.complete(session.id as string)).body.status).toBe('completed');
  });

  it('that takes an item off sale or out of a product is told to the carts that hold it', async () => {
    await catalogue.create(product('lamp'));
    const carts = await Promise.all(
      ['s', 'm'].map((size) => shop.agent.create({ line_items: [{ id: `item_lamp_${size}` }] })),
    );
    await catalogue.create(product('lamp2'));
    await catalogue.change('prod_lamp', {
      items: [
        { id: 'item_lamp_s', on_sale: false },
        { id: 'item_lamp_m', remove: true },
        { id: 'item_lamp_l', name: 'Lamp, L', prices: { usd: 1 } },
      ],
    });
    for (const { body: cart } of carts) {
      const { body: told } = await shop.agent.complete(cart.id as string);
      expect(told.status).toBe('not_ready_for_payment');
      expect(told.messages[0]).toMatchObject({ code: 'out_of_stock', param: '$.line_items[0]' });
      expect(await shop.simulator.ledger(cart.id)).toEqual([]);
    }
    // Off sale it is known and cannot be had; removed it is not known.
    expect((await shop.agent.create({ line_items: [{ id: 'item_lamp_s' }] })).status).toBe(201);
    expect((await shop.agent.create({ line_items: [{ id: 'item_lamp_m' }] })).body.code).toBe(
      'invalid_item_id',
    );
  });
});

it('the examples of the documentation work as they are', async () => {
  for (const { value } of Object.values(newProductExamples)) {
    expect((await catalogue.create(value)).status).toBe(201);
  }
  for (const { value } of Object.values(changedProductExamples)) {
    expect((await catalogue.change(productExample.id, value)).status).toBe(200);
  }
  const { body } = await merchant(shop, '/admin/products/import', { body: importExample });
  expect({ ...body, lines: body.lines.map(({ result }: { result: string }) => result) }).toMatchObject({
    unchanged: 0,
    updated: 0,
    lines: importReportExample.lines.map(({ result }) => result),
  });
});

describe('a product that is removed', () => {
  it('is bought by nobody, and orders, stock and ledger remember it', async () => {
    await catalogue.create(product('axe'));
    const { body: sold } = await shop.agent.create({ line_items: [{ id: 'item_axe_s', quantity: 3 }] });
    const { body: done } = await shop.agent.complete(sold.id as string);
    const { body: open } = await shop.agent.create({ line_items: [{ id: 'item_axe_s' }] });
    const order = await merchant(shop, `/admin/orders/${done.order.id}`);

    expect((await catalogue.remove('prod_axe')).status).toBe(204);
    expect((await catalogue.find('prod_axe')).status).toBe(404);
    expect((await catalogue.change('prod_axe', { name: 'Axe' })).status).toBe(404);
    const { body: told } = await shop.agent.complete(open.id as string);
    expect(told).toMatchObject({ status: 'not_ready_for_payment', messages: [{ code: 'out_of_stock' }] });
    expect(await shop.simulator.ledger(open.id)).toEqual([]);
    expect((await shop.agent.create({ line_items: [{ id: 'item_axe_s' }] })).status).toBe(400);
    expect((await merchant(shop, `/admin/orders/${done.order.id}`)).text).toBe(order.text);
    expect((await shop.agent.get(sold.id as string)).body.line_items[0].name).toBe('Item axe_s');
    expect(await catalogue.stock('item_axe_s')).toMatchObject({ on_hand: 7 });
    // Nor is it offered in place of something else.
    const others = await shop.server.app
      .get(CatalogStore)
      .findAlternatives('item_bottle_s', { currency: 'usd', except: [], limit: 1_000 });
    expect(others.map(({ id }) => id)).toContain('item_bottle_m');
    expect(others.map(({ id }) => id)).not.toContain('item_axe_s');
    expect((await audited('prod_axe')).at(-1)).toMatchObject({
      action: 'product.removed',
      before: { name: 'Product axe' },
    });
  });

  it('leaves its ids to whoever comes next, with the stock that is there', async () => {
    const next = product('axe2', { items: [item('axe_s', { inventory: undefined })] });
    expect((await catalogue.create(next)).body.items).toMatchObject([
      { id: 'item_axe_s', stock: { on_hand: 7 } },
    ]);
    const again = await catalogue.create(product('axe', { items: [item('axe_m', { prices: { usd: 99 } })] }));
    expect(again.status).toBe(201);
    expect(idsOf(await catalogue.get('prod_axe'))).toEqual(['item_axe_m']);
    expect(idsOf(await catalogue.get('prod_axe2'))).toEqual(['item_axe_s']);
  });

  it('does not take from a checkout what it holds', async () => {
    await catalogue.create(product('saw'));
    const { body: session } = await shop.agent.create({
      line_items: [{ id: 'item_saw_s' }],
      capabilities: { interventions: { supported: ['3ds'] } },
    });
    await shop.agent.complete(session.id as string, 'tok_threeDSecure2Required');
    expect(await catalogue.stock('item_saw_s')).toMatchObject({ reserved: 1 });
    await catalogue.remove('prod_saw');
    expect((await shop.agent.cancel(session.id as string)).status).toBe(200);
    expect(await catalogue.stock('item_saw_s')).toMatchObject({ on_hand: 10, reserved: 0 });
  });
});

describe('the list of products', () => {
  const list = (query: string): Promise<MerchantAnswer> => merchant(shop, `/admin/products?${query}`);
  const ids = async (query: string): Promise<string[]> => {
    const found: string[] = [];
    let cursor = '';
    do {
      const { body } = await list(`${query}${cursor}`);
      found.push(...(body.data as { id: string }[]).map(({ id }) => id));
      cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : '';
    } while (cursor);
    return found;
  };

  beforeAll(async () => {
    for (const n of ['A', 'b-1', 'C_2', 'd']) {
      await catalogue.create(product(`list_${n}`, { category: 'listed', name: `Listed 100% ${n}` }));
    }
    await catalogue.change('prod_list_d', {
      items: ['s', 'm'].map((size) => ({ id: `item_list_d_${size}`, on_sale: false })),
    });
    await catalogue.create(product('list_gone', { category: 'listed' }));
    await catalogue.remove('prod_list_gone');
  });

  it('has each once, in the order of ids, whatever the size of the page', async () => {
    const all = await ids('category=listed');
    expect(all).toEqual(['prod_list_A', 'prod_list_C_2', 'prod_list_b-1', 'prod_list_d']);
    expect(await ids('category=listed&limit=1')).toEqual(all);
    expect(await ids('limit=3')).toEqual(await ids('limit=100'));
  });

  it.each([
    ['q=listed%20100%25%20c', ['prod_list_C_2']],
    ['q=prod_list_b', ['prod_list_b-1']],
    ['q=listed%20100_', []],
    ['q=isted', []],
    ['q=%5C', []],
    ['category=listed&on_sale=false', ['prod_list_d']],
    ['q=prod_list&on_sale=true', ['prod_list_A', 'prod_list_C_2', 'prod_list_b-1']],
    ['category=Listed', []],
  ])('is filtered by %s', async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
  });

  it.each([
    ['limit=0', '$.limit'],
    ['cursor=Li4v', '$.cursor'],
    ['on_sale=yes', '$.on_sale'],
    ['q=a&q=b', '$.q'],
    ['category=%00', '$.category'],
  ])('does not take %s', async (query, param) => {
    expect(await list(query)).toMatchObject({ status: 400, body: { param } });
  });

  it('costs as much with a hundred products as with one', async () => {
    const cost = async (limit: number): Promise<number> => {
      const counter = new RoundTrips().start();
      await list(`limit=${limit}`);
      counter.stop();
      return counter.statements.filter((sql) => /SELECT (p\.id|i\.product_id)/.test(sql)).length;
    };
    expect([await cost(1), await cost(20)]).toEqual([2, 2]);
  });
});
