import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrderDesk } from '../support/orders.js';
import { type Bought, buy, set } from '../support/purchases.js';
import { adminCall } from '../support/razorpay.js';
import { RoundTrips } from '../support/round-trips.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

const asAdmin = { Authorization: 'Bearer admin_sandbox_key' };

describe('orders', () => {
  let shop: Shop;
  let dollars: Bought;
  let rupees: Bought;
  beforeAll(async () => {
    shop = await startShop({}, { timings: { settingsCacheMs: 1 } });
    await set(shop, 'orders', { statusMap: { gift_wrapping: 'processing' }, reviewAbove: { inr: 1 } });
    const buyer = { email: 'Ada@Example.com', phone_number: '+14155550100', first_name: '=cmd|calc' };
    dollars = await buy(shop, 'stripe', { buyer });
    rupees = await buy(shop, 'razorpay', { buyer: { email: '+1@example.org' } });
    await new OrderDesk(shop, dollars.orderId).refund({ amount: 100 });
  });
  afterAll(() => shop.close());

  const list = async (query: string): Promise<string[]> => {
    const { status, body } = await adminCall(shop, `/admin/orders?${query}`);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.data.map(({ id }: { id: string }) => id);
  };
  const csv = async (query = ''): Promise<Response> =>
    fetch(`${shop.url}/admin/orders.csv${query}`, { headers: asAdmin });
  const row = async (bought: Bought): Promise<Record<string, string | number>> =>
    (
      await shop.db.query<Record<string, string | number>>('SELECT * FROM shop_order WHERE id = $1', [
        bought.orderId,
      ])
    )[0]!;

  describe('are found by', () => {
    it.each<[string, (order: Record<string, string | number>, bought: Bought) => string]>([
      ['their number', ({ number }) => `number=${number}`],
      ['an e-mail in other letters', () => 'email=aDA%40example.COM'],
      ['the payment', (_, { reference }) => `payment_reference=${reference}`],
      ['their currency', () => 'currency=usd'],
      ['their merchant status', () => 'merchant_status=paid'],
      ['their status', () => 'status=confirmed'],
      ['not needing review', () => 'needs_review=false'],
      ['several at once', ({ number }) => `currency=usd&status=confirmed&number=${number}`],
      ['any number', ({ number }) => `q=${number}`],
      ['any id', ({ id }) => `q=${id}`],
      ['any session', ({ session_id }) => `q=${session_id}`],
      ['any payment', (_, { reference }) => `q=${reference}`],
      ['any e-mail', () => 'q=ADA%40example.COM'],
    ])('%s, and no others', async (_, query) => {
      expect(await list(query(await row(dollars), dollars))).toEqual([dollars.orderId]);
    });

    it('the agent, and pages of them', async () => {
      const { agent_id: agent } = await row(dollars);
      expect(await list(`agent_id=${agent}`)).toEqual([rupees.orderId, dollars.orderId]);
      const { body } = await adminCall(shop, `/admin/orders?agent_id=${agent}&limit=1`);
      expect(await list(`agent_id=${agent}&limit=1&cursor=${body.next_cursor}`)).toEqual([dollars.orderId]);
      expect(await list(`agent_id=agt_${'0'.repeat(36)}`)).toEqual([]);
    });

    it('needing review, and the status that shows it', async () => {
      expect(await list('needs_review=true')).toEqual([rupees.orderId]);
      expect(await list('status=manual_review')).toEqual([rupees.orderId]);
      expect(await list('merchant_status=on_hold&currency=INR')).toEqual([rupees.orderId]);
    });

    it('when they were made, to the millisecond', async () => {
      const at = new Date((await row(dollars)).created_at!).toISOString();
      const before = new Date(new Date(at).getTime() - 1).toISOString();
      expect(await list(`created_from=${at}`)).toEqual([rupees.orderId, dollars.orderId]);
      expect(await list(`created_from=${at}&created_to=${at}`)).toEqual([dollars.orderId]);
      expect(await list(`created_to=${before}`)).toEqual([]);
      expect(await list(`created_from=${encodeURIComponent('2020-01-01T00:00:00+05:30')}`)).toHaveLength(2);
    });

    it('a status whose merchant status the map has lost', async () => {
      await new OrderDesk(shop, dollars.orderId).status('gift_wrapping');
      expect(await list('status=processing&merchant_status=gift_wrapping')).toEqual([dollars.orderId]);
      await set(shop, 'orders', {});
      expect(await list('status=processing')).toEqual([dollars.orderId]);
      await new OrderDesk(shop, dollars.orderId).status('paid');
      expect(await list('status=processing')).toEqual([]);
    });

    it('the address where the buyer has left no e-mail, and nothing of another field', async () => {
      expect(await list('email=nobody%40example.com')).toEqual([]);
      await shop.db.query(
        `UPDATE shop_order SET buyer = NULL, destination = '{"email": "Grace@example.com"}' WHERE id = $1`,
        [rupees.orderId],
      );
      expect(await list('email=grace%40example.com')).toEqual([rupees.orderId]);
      expect(await list('q=stripe')).toEqual([]);
      await shop.db.query(`UPDATE shop_order SET buyer = '{"email": "+1@example.org"}' WHERE id = $1`, [
        rupees.orderId,
      ]);
    });
  });

  it.each([
    ['status', 'paid'],
    ['status', 'toString'],
    ['merchant_status', 'confirmed'],
    ['agent_id', 'agt_1'],
    ['currency', 'xyz'],
    ['needs_review', 'yes'],
    ['created_from', '2026-11-22'],
    ['created_to', '2026-02-30T00:00:00Z'],
    ['number', '1.5'],
    ['number', '-1'],
    ['number', '9'.repeat(16)],
    ['email', 'nobody'],
    ['email', '%00@example.com'],
    ['payment_reference', ''],
    ['q', '%00'],
    ['q', '%20'],
    ['q', 'x'.repeat(321)],
    ['limit', '0'],
  ])('are not looked for by %s=%s', async (name, value) => {
    const { status, body } = await adminCall(shop, `/admin/orders?${name}=${value}`);
    expect([status, body.param]).toEqual([400, `$.${name}`]);
    if (name === 'limit') return;
    const twice = await adminCall(shop, `/admin/orders?${name}=a&${name}=b`);
    expect(twice.body.param).toBe(`$.${name}`);
    expect((await csv(`?${name}=${value}`)).status).toBe(400);
  });

  it('are read with one query for each kind, however many there are', async () => {
    // What a provider has still to tell of them would be looked at meanwhile.
    await until(
      async () => [
        ...(await shop.simulator.events({ state: 'pending' })),
        ...(await shop.db.query(`SELECT id FROM webhook_event WHERE state = 'received'`)),
      ],
      (untold) => untold.length === 0,
    );
    const counter = new RoundTrips().start();
    const found = await list('limit=2');
    counter.stop();
    expect(found).toHaveLength(2);
    // By the names that TypeORM gives to the columns; what works in the background reads no orders.
    const read = counter.statements.flatMap((sql) => /SELECT "(Order\w*)"/.exec(sql)?.[1] ?? []);
    expect(read.sort()).toEqual([
      'Order',
      'OrderAdjustment',
      'OrderFulfillment',
      'OrderFulfillmentEvent',
      'OrderLine',
    ]);
  });

  describe('as CSV', () => {
    it('have a header, a row each, and nothing that a spreadsheet would run', async () => {
      const response = await csv();
      expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      expect(response.headers.get('content-disposition')).toBe('attachment; filename="orders.csv"');
      const [header, first, second, ...rest] = (await response.text()).split('\n');
      expect(header).toBe(
        'id,number,created_at,status,merchant_status,agent_id,currency,total,refunded,items,buyer_email,payment_provider,payment_reference',
      );
      const [newer, older] = [await row(rupees), await row(dollars)];
      const iso = (order: typeof newer): string => new Date(order.created_at!).toISOString();
      expect(first!.split(',')).toEqual([
        ...[rupees.orderId, `${newer.number}`, iso(newer), 'manual_review', 'on_hold', newer.agent_id, 'inr'],
        ...[`${rupees.amount}`, '0', '1', "'+1@example.org", 'razorpay', rupees.reference],
      ]);
      expect(second!.split(',')).toEqual([
        ...[dollars.orderId, `${older.number}`, iso(older), 'confirmed', 'paid', older.agent_id, 'usd'],
        ...[`${dollars.amount}`, '100', '1', 'Ada@Example.com', 'stripe', dollars.reference],
      ]);
      expect(rest).toEqual(['']);
    });

    it('are narrowed like the list, to nothing but the header if need be', async () => {
      expect((await (await csv('?currency=inr')).text()).split('\n')).toHaveLength(3);
      expect((await (await csv('?number=1')).text()).split('\n')).toHaveLength(2);
    });

    it('are for the merchant only', async () => {
      const response = await fetch(`${shop.url}/admin/orders.csv`, {
        headers: { Authorization: 'Bearer agent_sandbox_key' },
      });
      expect(response.status).toBe(403);
    });

    describe('of a big shop', () => {
      const count = 60_000;
      beforeAll(async () => {
        await shop.db.query(
          `INSERT INTO shop_order (id, session_id, agent_id, number, merchant_status, needs_review, currency, total,
             totals, event_seq, created_at, updated_at)
           SELECT 'ord_' || lpad(n::text, 36, '0'), 'cs_' || n, 'agt_' || repeat('0', 36), 1000000 + n, 'paid', false, 'eur',
             n, '[]', 1, now(), now() FROM generate_series(1, ${count}) AS n`,
        );
        await shop.db.query('ANALYZE shop_order');
      });

      it('come in full, in the order of their ids', async () => {
        const lines = (await (await csv('?currency=eur')).text()).trim().split('\n').slice(1);
        expect(lines).toHaveLength(count);
        expect(lines.map((line) => Number(line.split(',')[7]))).toEqual(
          Array.from({ length: count }, (_, index) => count - index),
        );
      });

      it('wait for a slow reader, and break off in sight if they cannot go on', async () => {
        const answer = await new Promise<{ ended: () => string; resume: () => void }>((resolve) => {
          const get = request(`${shop.url}/admin/orders.csv`, { headers: asAdmin }, (response) => {
            let how = '';
            response.once('data', () => {
              response.pause();
              resolve({ ended: () => how, resume: () => void response.resume() });
            });
            response.on('end', () => (how = 'complete'));
            response.on('error', () => (how ||= 'broken'));
          });
          get.end();
        });
        // It reads no further than what waits to be fetched; the rest is gone before it gets there.
        await shop.db.query('ALTER TABLE order_adjustment RENAME TO gone');
        try {
          answer.resume();
          expect(await until(async () => answer.ended(), Boolean)).toBe('broken');
        } finally {
          await shop.db.query('ALTER TABLE gone RENAME TO order_adjustment');
        }
      });

      it('are found by an index, whatever is asked for', async () => {
        const { agent_id: agent } = await row(dollars);
        const plans = await Promise.all(
          [
            `number = 1000001`,
            `agent_id = '${agent}'`,
            `merchant_status = 'on_hold'`,
            `currency = 'usd'`,
            `needs_review`,
            `created_at > now() + interval '1 day'`,
            `lower(coalesce(buyer->>'email', destination->>'email')) = 'ada@example.com'`,
          ].map(async (condition) => {
            const plan = await shop.db.query<Record<string, string>>(
              `EXPLAIN SELECT id FROM shop_order WHERE ${condition} ORDER BY id DESC LIMIT 20`,
            );
            return plan.map((line) => Object.values(line)[0]).join('\n');
          }),
        );
        for (const plan of plans) expect(plan).not.toContain('Seq Scan');
      });
    });
  });
});
