import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LockPatience } from '../support/lock-patience.js';
import { onHand, OrderDesk } from '../support/orders.js';
import { buy, netOf, set } from '../support/purchases.js';
import { RowLock } from '../support/row-lock.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

const timings = { settingsCacheMs: 1, operationsEveryMs: 300_000, reconcileEveryMs: 300_000 };
const shoe = 'item_trail_shoe_9';
const later = (ms: number): string => new Date(Date.now() + ms).toISOString();

describe('the life of an order', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({}, { timings });
    await shop.db.query('UPDATE inventory SET on_hand = 1000 WHERE item_id = $1', [shoe]);
  });
  afterAll(() => shop.close());

  const order = async (...quantities: [string, number][]): Promise<OrderDesk> => {
    const line_items = quantities.map(([id, quantity]) => ({ id, quantity }));
    return new OrderDesk(shop, (await buy(shop, 'stripe', { line_items })).orderId);
  };
  const shoes = (quantity: number): Promise<OrderDesk> => order([shoe, quantity]);

  it('goes in two parcels, arrives, is partly refunded and partly returned, and tells each step once', async () => {
    const desk = await order([shoe, 3], ['item_enamel_mug', 1]);
    const [first, second] = [await desk.line(0), await desk.line(1)];
    const before = await onHand(shop, shoe);

    const tracked = {
      carrier: 'UPS',
      tracking_number: '1Z999',
      tracking_url: 'https://www.ups.com/track?tracknum=1Z999',
      description: 'The first of two',
      line_items: [{ id: first, quantity: 2 }],
    };
    const { status, body: parcel } = await desk.fulfill(tracked);
    expect([status, parcel]).toEqual([
      201,
      { id: expect.stringMatching(/^ful_/), type: 'shipping', status: 'pending', ...tracked, events: [] },
    ]);
    expect(await desk.look()).toMatchObject({ merchant_status: 'packing', status: 'processing' });

    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    const inIndia = new Date(Date.parse(yesterday) + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');
    const happened = { type: 'shipped', occurred_at: inIndia, location: 'Memphis, TN' };
    const shipped = await desk.event(parcel.id, happened);
    expect(shipped).toMatchObject({
      status: 201,
      body: { status: 'shipped', events: [{ ...happened, occurred_at: yesterday }] },
    });
    expect(await desk.look()).toMatchObject({
      merchant_status: 'shipped',
      status: 'shipped',
      line_items: [
        { status: 'partial', quantity: { ordered: 3, current: 3, fulfilled: 2 } },
        { status: 'processing', quantity: { ordered: 1, current: 1, fulfilled: 0 } },
      ],
      fulfillments: [shipped.body],
    });
    const { body: rest } = await desk.fulfill({
      line_items: [
        { id: first, quantity: 1 },
        { id: second, quantity: 1 },
      ],
    });
    await desk.event(parcel.id, 'delivered');
    await desk.event(rest.id, 'in_transit');
    expect((await desk.look()).status).toBe('shipped');
    await desk.event(rest.id, { type: 'delivered', description: 'Left at the front door' });
    expect(await desk.look()).toMatchObject({
      merchant_status: 'delivered',
      status: 'completed',
      line_items: [{ status: 'fulfilled' }, { status: 'fulfilled' }],
    });

    await desk.refund({ amount: 700, currency: 'usd' });
    const { body: returned } = await desk.adjust({
      type: 'return',
      line_items: [{ id: first, quantity: 1 }],
      reason: 'wrong_size',
    });
    expect(returned).toEqual({
      id: expect.stringMatching(/^adj_/),
      type: 'return',
      status: 'completed',
      occurred_at: expect.any(String),
      line_items: [{ id: first, quantity: 1 }],
      reason: 'wrong_size',
    });
    expect(await onHand(shop, shoe)).toBe(before);
    await desk.adjust({ type: 'return', line_items: [{ id: first, quantity: 1 }], restock: true });
    expect(await onHand(shop, shoe)).toBe(before + 1);

    const told = await desk.told();
    expect(told.map((one) => one.status)).toEqual([
      'confirmed',
      'processing',
      'shipped',
      'shipped',
      'shipped',
      'shipped',
      'completed',
      'completed',
      'completed',
      'completed',
      'completed',
    ]);
    const now = await desk.look();
    expect(now).toMatchObject(told.at(-1)!);
    expect(now.line_items[0]!.quantity).toEqual({ ordered: 3, current: 1, fulfilled: 1 });
    expect(now.totals).toContainEqual(expect.objectContaining({ type: 'amount_refunded', amount: 700 }));
    expect(await desk.audited()).toEqual([
      'order.fulfillment_added',
      'order.fulfillment_event',
      'order.fulfillment_added',
      'order.fulfillment_event',
      'order.fulfillment_event',
      'order.fulfillment_event',
      'order.refunded',
      'order.adjusted',
      'order.adjusted',
    ]);
  });

  it('gives the pieces of a parcel that failed back to the order, to go again', async () => {
    const desk = await shoes(2);
    const lost = await desk.send(0, 2, 'shipped', 'failed_attempt');
    expect((await desk.look()).fulfillments[0]!.status).toBe('shipped');
    await desk.event(lost, 'undeliverable');
    expect(await desk.look()).toMatchObject({
      merchant_status: 'paid',
      line_items: [{ quantity: { ordered: 2, current: 2, fulfilled: 0 } }],
      fulfillments: [{ status: 'failed' }],
    });
    const [back, told] = await desk.telling(() => desk.event(lost, 'returned_to_sender'));
    expect([back.status, told.length]).toEqual([201, 1]);
    expect((await desk.event(lost, 'returned_to_sender')).body.code).toBe('fulfillment_over');
    await desk.send(0, 2, 'processing', 'shipped', 'delivered');
    expect((await desk.look()).merchant_status).toBe('delivered');
  });

  it('is delivered with the link to what is digital, and waits where it is picked up', async () => {
    const desk = await order(['item_field_guide', 2], ['item_enamel_mug', 1]);
    const [guide, mug] = [await desk.line(0), await desk.line(1)];
    const digital_delivery = {
      access_url: 'https://shop.example/get?token=1',
      license_key: 'KEY-1',
      expires_at: '2030-01-01T00:00:00Z',
    };
    const of = (id: string, more: object): object => ({ line_items: [{ id, quantity: 1 }], ...more });
    const [{ body: download }, told] = await desk.telling(() =>
      desk.fulfill(of(guide, { type: 'digital', digital_delivery })),
    );
    expect(download).toMatchObject({
      status: 'delivered',
      digital_delivery,
      events: [{ type: 'delivered' }],
    });
    expect(told).toHaveLength(1);
    const { body: later } = await desk.fulfill(of(guide, { type: 'digital' }));
    expect(later).toMatchObject({ status: 'pending', events: [] });
    await desk.event(later.id, 'delivered');
    const { body: pickup } = await desk.fulfill(
      of(mug, { type: 'pickup', description: 'Ask at the counter' }),
    );
    await desk.event(pickup.id, 'ready_for_pickup');
    expect(await desk.look()).toMatchObject({
      status: 'shipped',
      line_items: [{ status: 'fulfilled' }, { status: 'fulfilled' }],
    });
    await desk.event(pickup.id, 'delivered');
    expect((await desk.look()).status).toBe('completed');
  });

  describe('refuses', () => {
    let desk: OrderDesk;
    let line: string;
    let parcel: string;
    let digital: string;
    beforeAll(async () => {
      desk = await order([shoe, 3], ['item_field_guide', 1]);
      line = await desk.line();
      parcel = await desk.send(0, 1, 'shipped');
      const { body } = await desk.fulfill({
        type: 'digital',
        line_items: [{ id: await desk.line(1), quantity: 1 }],
      });
      digital = body.id;
    });

    const items = (quantity: unknown, id?: unknown): object => ({
      line_items: [{ id: id ?? line, quantity }],
    });
    it.each<[string, () => object, string]>([
      ['more than is left', () => items(3), '$.line_items[0].quantity'],
      ['no piece', () => items(0), '$.line_items[0].quantity'],
      ['half a piece', () => items(0.5), '$.line_items[0].quantity'],
      ['an unknown line', () => items(1, 'li_nobody'), '$.line_items[0].id'],
      ['a line of no name', () => items(1, 7), '$.line_items[0].id'],
      ['nothing', () => ({ line_items: [] }), '$.line_items'],
      ['no lines', () => ({}), '$.line_items'],
      [
        'a line twice',
        () => ({ line_items: [1, 1].map((quantity) => ({ id: line, quantity })) }),
        '$.line_items[1].id',
      ],
      ['an unknown type', () => ({ ...items(1), type: 'drone' }), '$.type'],
      ['a script', () => ({ ...items(1), tracking_url: 'javascript:alert(1)' }), '$.tracking_url'],
      ['a file', () => ({ ...items(1), tracking_url: 'ftp://ups.com/1' }), '$.tracking_url'],
      ['what is no address', () => ({ ...items(1), tracking_url: 'https://a b' }), '$.tracking_url'],
      [
        'what no schema takes',
        () => ({ ...items(1), tracking_url: 'https://ups.com/a|b' }),
        '$.tracking_url',
      ],
      ['a password', () => ({ ...items(1), tracking_url: 'https://me:secret@ups.com/' }), '$.tracking_url'],
      [
        'tracking of a pickup',
        () => ({ ...items(1), type: 'pickup', tracking_number: '1' }),
        '$.tracking_number',
      ],
      [
        'a download of a parcel',
        () => ({ ...items(1), digital_delivery: { access_url: 'https://a.example' } }),
        '$.digital_delivery',
      ],
      [
        'a download from nowhere',
        () => ({ ...items(1), type: 'digital', digital_delivery: { license_key: 'x' } }),
        '$.digital_delivery.access_url',
      ],
      [
        'a day that does not exist',
        () => ({
          ...items(1),
          type: 'digital',
          digital_delivery: { access_url: 'https://a.example', expires_at: '2027-02-30T00:00:00Z' },
        }),
        '$.digital_delivery.expires_at',
      ],
    ])('a fulfillment of %s', async (_, body, param) => {
      const [answer, told] = await desk.telling(() => desk.fulfill(body()));
      expect(answer).toMatchObject({ status: 400, body: { param } });
      expect(told).toEqual([]);
    });

    it.each<[string, () => [string, object], number, string]>([
      ['that is unknown', () => [parcel, { type: 'teleported' }], 400, '$.type'],
      ['of a pickup for a parcel', () => [parcel, { type: 'ready_for_pickup' }], 400, '$.type'],
      ['of a parcel for a download', () => [digital, { type: 'in_transit' }], 400, '$.type'],
      [
        'of tomorrow',
        () => [parcel, { type: 'delivered', occurred_at: later(86_400_000) }],
        400,
        '$.occurred_at',
      ],
      ['of soon', () => [parcel, { type: 'delivered', occurred_at: later(600_000) }], 400, '$.occurred_at'],
      [
        'of the year 0',
        () => [parcel, { type: 'delivered', occurred_at: '0000-01-01T00:00:00+14:00' }],
        400,
        '$.occurred_at',
      ],
      ['of no time', () => [parcel, { type: 'delivered', occurred_at: 'yesterday' }], 400, '$.occurred_at'],
      ['that goes back', () => [parcel, { type: 'processing' }], 409, 'fulfillment_over'],
      ['of no fulfillment', () => ['ful_nobody', { type: 'shipped' }], 404, 'not_found'],
    ])('an event %s', async (_, request, status, what) => {
      const [answer, told] = await desk.telling(() => desk.event(...request()));
      expect(answer.status).toBe(status);
      expect([answer.body.param, answer.body.code]).toContain(what);
      expect(told).toEqual([]);
    });

    it('an event of the clock of a carrier that is a little fast, it does not', async () => {
      const { status } = await desk.event(parcel, { type: 'in_transit', occurred_at: later(60_000) });
      expect(status).toBe(201);
    });

    it.each<[string, () => object, string]>([
      ['a return of what has not left', () => ({ type: 'return', ...items(2) }), '$.line_items[0].quantity'],
      ['a return of nothing', () => ({ type: 'return' }), '$.line_items'],
      ['an exchange of nothing', () => ({ type: 'exchange', reason: 'x' }), '$.line_items'],
      [
        'a cancellation of what is on its way',
        () => ({ type: 'cancellation', ...items(3) }),
        '$.line_items[0].quantity',
      ],
      [
        'a cancellation of an unknown line',
        () => ({ type: 'cancellation', ...items(1, 'li_0') }),
        '$.line_items[0].id',
      ],
      ['a credit of nothing', () => ({ type: 'credit' }), '$.amount'],
      ['a credit above the order', () => ({ type: 'credit', amount: 99_999_999 }), '$.amount'],
      ['a credit in rupees', () => ({ type: 'credit', amount: 1, currency: 'inr' }), '$.currency'],
      ['a credit that fills the shelf', () => ({ type: 'credit', amount: 1, restock: true }), '$.restock'],
      ['a refund by this way', () => ({ type: 'refund', amount: 1 }), '$.type'],
      [
        'a line twice',
        () => ({ type: 'exchange', line_items: [1, 1].map((quantity) => ({ id: line, quantity })) }),
        '$.line_items[1].id',
      ],
    ])('%s', async (_, body, param) => {
      const [answer, told] = await desk.telling(() => desk.adjust(body()));
      expect(answer).toMatchObject({ status: 400, body: { param } });
      expect(told).toEqual([]);
    });

    it('a status that does not exist, and `canceled`', async () => {
      for (const status of ['lost', 'canceled', 'constructor', '']) {
        expect((await desk.status(status)).body).toMatchObject({ param: '$.status' });
      }
      expect((await desk.status('lost')).body.message).toContain('pending, paid, on_hold, packing, shipped');
    });

    it('what is about no order, or no order of ours', async () => {
      const nobody = new OrderDesk(shop, 'ord_nobody');
      const answers = [
        await nobody.fulfill(items(1)),
        await nobody.event(parcel, 'shipped'),
        await nobody.adjust({ type: 'credit', amount: 1 }),
        await nobody.status('paid'),
        await nobody.review('approve'),
        await nobody.review('reject'),
        await (await shoes(1)).event(parcel, 'delivered'),
      ];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    });

    it('everything about an order that is canceled', async () => {
      const gone = await shoes(2);
      const packed = await gone.send(0, 1);
      expect((await gone.cancel()).status).toBe(200);
      const which = { line_items: [{ id: await gone.line(), quantity: 1 }] };
      const answers = [
        await gone.fulfill(which),
        await gone.event(packed, 'shipped'),
        await gone.adjust({ type: 'return', ...which }),
        await gone.adjust({ type: 'cancellation', ...which }),
        await gone.adjust({ type: 'price_adjustment', amount: 1 }),
        await gone.status('paid'),
        await gone.cancel(),
        await gone.review('reject'),
      ];
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
        answers.map(() => [409, 'order_canceled']),
      );
    });
  });

  describe('of which pieces are canceled and returned', () => {
    it('has them back on the shelf as was said', async () => {
      const desk = await shoes(5);
      const before = await onHand(shop, shoe);
      const some = async (quantity: number): Promise<object> => ({
        line_items: [{ id: await desk.line(), quantity }],
      });
      const credit = { type: 'credit', amount: 100, currency: 'usd', description: 'For the wait' };
      expect((await desk.adjust(credit)).body).toMatchObject(credit);
      await desk.adjust({ type: 'cancellation', ...(await some(1)) });
      await desk.adjust({ type: 'cancellation', ...(await some(1)), restock: false });
      expect(await onHand(shop, shoe)).toBe(before + 1);
      await desk.send(0, 2, 'shipped');
      await desk.adjust({ type: 'return', ...(await some(1)), restock: true });
      await desk.adjust({ type: 'exchange', ...(await some(1)) });
      expect(await onHand(shop, shoe)).toBe(before + 2);
      expect((await desk.look()).line_items[0]!.quantity).toEqual({ ordered: 5, current: 2, fulfilled: 1 });
      expect((await desk.fulfill(await some(2))).body.param).toBe('$.line_items[0].quantity');
      await desk.send(0, 1, 'delivered');
      expect(await desk.look()).toMatchObject({ status: 'shipped', payment: { refunded: 0 } });
    });

    it('does not lose a parcel again of which a piece has come back', async () => {
      const desk = await shoes(2);
      const parcel = await desk.send(0, 2, 'delivered');
      expect((await desk.event(parcel, 'returned_to_sender')).body.code).toBe('fulfillment_over');
      const other = await shoes(2);
      const way = await other.send(0, 2, 'shipped');
      await other.adjust({ type: 'return', line_items: [{ id: await other.line(), quantity: 1 }] });
      expect((await other.event(way, 'undeliverable')).body.code).toBe('pieces_returned');
      await other.event(way, 'delivered');
      expect(await other.look()).toMatchObject({
        status: 'completed',
        line_items: [{ quantity: { ordered: 2, current: 1, fulfilled: 1 } }],
      });
    });

    it('is canceled once nothing of it is wanted', async () => {
      const desk = await shoes(2);
      const one = { line_items: [{ id: await desk.line(), quantity: 1 }] };
      await desk.adjust({ type: 'cancellation', ...one });
      await desk.send(0, 1, 'delivered');
      await desk.adjust({ type: 'return', ...one });
      expect(await desk.look()).toMatchObject({ status: 'canceled', line_items: [{ status: 'removed' }] });
      expect((await desk.adjust({ type: 'credit', amount: 5 })).status).toBe(201);
      expect((await desk.refund()).status).toBe(201);
    });
  });

  it('does once what is asked for twice with one key', async () => {
    const desk = await shoes(3);
    const line_items = [{ id: await desk.line(), quantity: 1 }];
    const parcel = await desk.send(0, 1);
    const ways: ((key: string) => ReturnType<typeof desk.cancel>)[] = [
      (key) => desk.fulfill({ line_items }, key),
      (key) => desk.event(parcel, 'processing', key),
      (key) => desk.adjust({ type: 'cancellation', line_items }, key),
      (key) => desk.status('on_hold', key),
      (key) => desk.review('approve', key),
      (key) => desk.cancel(key),
    ];
    for (const ask of ways) {
      const key = randomUUID();
      const [answers, told] = await desk.telling(async () => [await ask(key), await ask(key)]);
      expect(answers[0]!.status).toBeLessThan(300);
      expect(answers[1]).toEqual(answers[0]);
      // A cancel tells twice: that the order is off, and that the money is back.
      expect(told.length).toBe(answers[0]!.body.status === 'canceled' ? 2 : 1);
    }
  });

  describe('when many ask at once', () => {
    it('gives the last piece to one fulfillment', async () => {
      onTestFinished(LockPatience.begin());
      const desk = await shoes(1);
      const line_items = [{ id: await desk.line(), quantity: 1 }];
      const answers = await Promise.all(Array.from({ length: 10 }, () => desk.fulfill({ line_items })));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 400)).toHaveLength(9);
      expect((await desk.look()).fulfillments).toHaveLength(1);
    });

    it('is either canceled or shipped', async () => {
      onTestFinished(LockPatience.begin());
      for (let n = 0; n < 5; n++) {
        const desks = await Promise.all(Array.from({ length: 4 }, () => shoes(1)));
        const before = await onHand(shop, shoe);
        const back = await Promise.all(desks.map((desk, index) => race(desk, index + n)));
        const returned = back.filter(({ outcome }) => outcome === 'canceled').length;
        expect(await onHand(shop, shoe)).toBe(before + returned);
      }
    });

    it.each([
      ['canceled', 0],
      ['shipped', 1],
    ])('is %s if that was asked for first', async (outcome, turn) => {
      const desk = await shoes(1);
      expect(await race(desk, turn, { inTurn: true })).toEqual({ outcome });
    });

    async function race(
      desk: OrderDesk,
      turn: number,
      { inTurn = false } = {},
    ): Promise<{ outcome: string }> {
      const parcel = await desk.send(0, 1);
      const cancel = (): ReturnType<typeof desk.cancel> => desk.cancel();
      const ship = (): ReturnType<typeof desk.cancel> => desk.event(parcel, 'shipped');
      const asked = turn % 2 === 0 ? ([cancel, ship] as const) : ([ship, cancel] as const);
      const [first, second] = await (inTurn
        ? oneAfterTheOther(desk, ...asked)
        : Promise.all([asked[0](), asked[1]()]));
      const [canceled, shipped] = turn % 2 === 0 ? [first, second] : [second, first];
      const now = await desk.look();
      if (canceled.status === 200) {
        expect(shipped).toMatchObject({ status: 409, body: { code: 'order_canceled' } });
        expect(now).toMatchObject({ status: 'canceled', fulfillments: [{ status: 'canceled' }] });
        return { outcome: 'canceled' };
      }
      expect(canceled).toMatchObject({ status: 409, body: { code: 'order_shipped' } });
      expect(shipped.status).toBe(201);
      expect(now).toMatchObject({ status: 'shipped', payment: { refunded: 0 } });
      return { outcome: 'shipped' };
    }

    /** Both wait for the order, in this order. */
    async function oneAfterTheOther<A>(
      { id }: OrderDesk,
      ...asked: readonly [() => Promise<A>, () => Promise<A>]
    ): Promise<[A, A]> {
      const lock = await RowLock.take(shop, 'SELECT 1 FROM shop_order WHERE id = $1 FOR UPDATE', [id]);
      const first = asked[0]();
      await lock.waiting(1);
      const second = asked[1]();
      await lock.waiting(2);
      await lock.release();
      return Promise.all([first, second]);
    }

    it('tells of every status and every event in one order', async () => {
      onTestFinished(LockPatience.begin());
      const desk = await shoes(3);
      const parcels = [await desk.send(0, 1), await desk.send(0, 1), await desk.send(0, 1)];
      const answers = await Promise.all([
        ...parcels.map((id) => desk.event(id, 'shipped')),
        desk.status('on_hold'),
        desk.status('packing'),
        ...parcels.map((id) => desk.event(id, 'in_transit')),
      ]);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
      const told = await desk.told();
      expect(await desk.look()).toMatchObject(told.at(-1)!);
    });
  });

  describe('with the statuses of the shop', () => {
    beforeEach(() => set(shop, 'orders', {}));

    it('keeps one set by hand until something happens that leads to another', async () => {
      await set(shop, 'orders', { statusMap: { gift_wrapping: 'processing', paid: 'confirmed' } });
      const desk = await shoes(2);
      expect((await desk.status('gift_wrapping')).body).toMatchObject({
        merchant_status: 'gift_wrapping',
        status: 'processing',
        needs_review: false,
      });
      const [, told] = await desk.telling(() => desk.status('gift_wrapping'));
      expect(told).toEqual([]);
      await desk.refund({ amount: 100 });
      await desk.adjust({ type: 'cancellation', line_items: [{ id: await desk.line(), quantity: 1 }] });
      expect((await desk.look()).merchant_status).toBe('gift_wrapping');
      await desk.send(0, 1);
      expect((await desk.look()).merchant_status).toBe('packing');
      // The statuses that every shop has are there although this map leaves them out.
      expect((await desk.look()).status).toBe('processing');
      expect((await desk.status('delivered')).body.status).toBe('completed');
    });

    it('never lets one be set that is shown as canceled', async () => {
      await set(shop, 'orders', { statusMap: { fraud: 'canceled' } });
      expect((await (await shoes(1)).status('fraud')).body.param).toBe('$.status');
    });

    it('holds a large order until somebody approves it', async () => {
      await set(shop, 'orders', { reviewAbove: { usd: 20_000, inr: 1 } });
      expect(await (await shoes(1)).look()).toMatchObject({ merchant_status: 'paid', needs_review: false });
      const desk = await shoes(2);
      expect(await desk.look()).toMatchObject({
        merchant_status: 'on_hold',
        status: 'manual_review',
        needs_review: true,
      });
      expect((await desk.told())[0]!.status).toBe('manual_review');
      const line_items = [{ id: await desk.line(), quantity: 1 }];
      expect((await desk.fulfill({ line_items })).body.code).toBe('order_on_hold');
      await desk.refund({ amount: 100 });
      await desk.adjust({ type: 'cancellation', line_items });
      expect((await desk.look()).merchant_status).toBe('on_hold');
      const [approved, told] = await desk.telling(() => desk.review('approve'));
      expect(approved.body).toMatchObject({
        merchant_status: 'paid',
        status: 'confirmed',
        needs_review: false,
      });
      expect(told).toHaveLength(1);
      expect((await desk.fulfill({ line_items })).status).toBe(201);
    });

    it('takes a hold set by hand for a wish to look, and ends it where the order then is', async () => {
      const desk = await shoes(2);
      const parcel = await desk.send(0, 1);
      expect((await desk.status('on_hold')).body).toMatchObject({ needs_review: true });
      await desk.event(parcel, 'shipped');
      expect((await desk.look()).merchant_status).toBe('on_hold');
      expect((await desk.review('reject')).body.code).toBe('order_shipped');
      expect((await desk.review('approve')).body).toMatchObject({
        merchant_status: 'shipped',
        needs_review: false,
      });
      expect((await desk.review('perhaps')).body.param).toBe('$.decision');
    });

    it('rejects with the money returned', async () => {
      await set(shop, 'orders', { reviewAbove: { usd: 0 } });
      const bought = await buy(shop, 'stripe', { line_items: [{ id: shoe, quantity: 1 }] });
      const desk = new OrderDesk(shop, bought.orderId);
      const before = await onHand(shop, shoe);
      expect((await desk.review('reject')).body).toMatchObject({
        merchant_status: 'canceled',
        needs_review: false,
        payment: { refunded: bought.amount },
      });
      expect(await onHand(shop, shoe)).toBe(before + 1);
      expect(await netOf(shop, bought.sessionId)).toBe(0);
      expect(await desk.audited()).toEqual(['order.rejected']);
    });
  });

  describe('whose money is taken when it ships', () => {
    beforeAll(async () => {
      await set(shop, 'payments', { captureMethod: 'manual' });
      await set(shop, 'orders', { captureOnFulfillment: true });
    });
    afterAll(async () => {
      await set(shop, 'payments', {});
      await set(shop, 'orders', {});
    });
    const captures = (): Promise<object[]> =>
      shop.db.query(`SELECT state FROM payment_operation WHERE kind = 'capture'`);

    it('is captured once, by the first parcel', async () => {
      const bought = await buy(shop, 'stripe', { line_items: [{ id: shoe, quantity: 2 }] });
      const desk = new OrderDesk(shop, bought.orderId);
      const before = (await captures()).length;
      const [first, second] = [await desk.send(0, 1), await desk.send(0, 1)];
      expect(await captures()).toHaveLength(before);
      expect(await desk.look()).toMatchObject({ merchant_status: 'pending' });
      const shipped = await Promise.all([desk.event(first, 'shipped'), desk.event(second, 'shipped')]);
      expect(shipped.map(({ status }) => status)).toEqual([201, 201]);
      await until(desk.look, ({ merchant_status: status }) => status === 'shipped');
      expect(await desk.look()).toMatchObject({ payment: { state: 'captured' } });
      await desk.event(first, 'delivered');
      expect(await captures()).toHaveLength(before + 1);
      expect(await netOf(shop, bought.sessionId)).toBe(bought.amount);
      const told = await desk.told();
      expect(told.map(({ status }) => status).slice(0, 3)).toEqual(['created', 'created', 'created']);
    });

    it('is captured by what is unlocked at once', async () => {
      const desk = await order(['item_field_guide', 1], [shoe, 1]);
      const { status } = await desk.fulfill({
        type: 'digital',
        line_items: [{ id: await desk.line(), quantity: 1 }],
        digital_delivery: { access_url: 'https://shop.example/get' },
      });
      expect(status).toBe(201);
      await until(desk.look, ({ payment }) => payment!.state === 'captured');
    });

    it('calls a person if the provider refuses, and tries again with the next event', async () => {
      const bought = await buy(shop, 'stripe', { line_items: [{ id: shoe, quantity: 1 }] });
      const desk = new OrderDesk(shop, bought.orderId);
      const match = { provider: 'stripe', method: 'POST', path: '/capture$', times: 1 };
      await shop.simulator.inject({ match, action: 'status', status: 402 });
      const parcel = await desk.send(0, 1, 'shipped');
      await until(desk.look, ({ needs_review }) => needs_review);
      await desk.event(parcel, 'in_transit');
      await until(desk.look, ({ payment }) => payment!.state === 'captured');
      expect(await netOf(shop, bought.sessionId)).toBe(bought.amount);
    });

    it('is not taken where the merchant captures by hand', async () => {
      await set(shop, 'orders', {});
      const desk = await shoes(1);
      const before = (await captures()).length;
      await desk.send(0, 1, 'shipped', 'delivered');
      expect(await captures()).toHaveLength(before);
      expect(await desk.look()).toMatchObject({
        merchant_status: 'pending',
        payment: { state: 'authorized' },
      });
    });
  });
});
