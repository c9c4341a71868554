import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChargingService } from '../../src/payments/charging.service.js';
import { Gate } from '../support/gate.js';
import { letIn, shutOut } from '../support/shut-out.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

describe('operations', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  const json = async (
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> => {
    const response = await fetch(shop.url + path, init);
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown>,
      headers: response.headers,
    };
  };
  const asAdmin = { headers: { Authorization: 'Bearer admin_sandbox_key' } };

  it('is live and ready, without a key', async () => {
    expect((await json('/health/live')).body).toEqual({ status: 'ok' });
    const { body } = await until(
      () => json('/health/ready'),
      ({ status }) => status === 200,
    );
    expect(body).toMatchObject({ status: 'ok', checks: { queue: { status: 'ok' } } });
  });

  it('shows the merchant orders and sessions in pages', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const { body } = await shop.agent.create();
      ids.unshift(body.id as string);
      await shop.agent.complete(body.id as string);
    }
    const first = await json('/admin/orders?limit=2', asAdmin);
    const orders = first.body.data as Record<string, unknown>[];
    expect(orders.map((order) => order.checkout_session_id)).toEqual(ids.slice(0, 2));
    expect(orders[0]).toMatchObject({
      status: 'confirmed',
      merchant_status: 'paid',
      needs_review: false,
      disputes: [],
      payment: { provider: 'stripe', state: 'captured', refunded: 0, currency: 'usd' },
    });
    const second = await json(`/admin/orders?limit=2&cursor=${String(first.body.next_cursor)}`, asAdmin);
    expect((second.body.data as Record<string, unknown>[]).map((order) => order.checkout_session_id)).toEqual(
      ids.slice(2),
    );
    expect(second.body.next_cursor).toBeNull();

    const one = await json(`/admin/orders/${String(orders[0]?.id)}`, asAdmin);
    expect(one.body).toEqual(orders[0]);
    const sessions = await json('/admin/checkout-sessions?limit=1', asAdmin);
    expect(sessions.body.data).toMatchObject([{ id: ids[0], status: 'completed' }]);
    expect((await json(`/admin/checkout-sessions/${String(ids[0])}`, asAdmin)).body).toMatchObject({
      id: ids[0],
      asked: {},
      quote: {},
    });
  });

  it.each([
    '/admin/orders?limit=0',
    '/admin/orders?limit=101',
    '/admin/orders?limit=x',
    '/admin/orders?cursor=nope',
    '/admin/checkout-sessions?limit=-1',
  ])('refuses a bad page: %s', async (path) => {
    const { status, body } = await json(path, asAdmin);
    expect([status, body.code]).toEqual([400, 'invalid']);
    expect(body.param).toMatch(/^\$\.(limit|cursor)$/);
  });

  it.each(['/admin/orders/ord_none', '/admin/checkout-sessions/cs_none', '/nothing/here', '/admin/nothing'])(
    'answers 404 for %s',
    async (path) => {
      expect((await json(path, asAdmin)).body).toMatchObject({ type: 'invalid_request', code: 'not_found' });
    },
  );

  it('has a page for the buyer that tells what was bought and not where it goes', async () => {
    const { body } = await shop.agent.create({
      line_items: [{ id: 'item_enamel_mug', quantity: 2 }],
      buyer: { email: 'ada@example.com', phone_number: '+14155550100' },
    });
    const { body: completed } = await shop.agent.complete(body.id as string);
    const { pathname } = new URL(completed.order.permalink_url as string);
    const response = await fetch(shop.url + pathname);
    const page = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page).toContain('Enamel Mug');
    expect(page).toContain('$36.00');
    for (const personal of ['ada@example.com', '+14155550100', '1 Main Street', '94105'])
      expect(page).not.toContain(personal);
    expect((await fetch(`${shop.url}/orders/ord_${'0'.repeat(36)}`)).status).toBe(404);
  });

  it('answers 503 with Retry-After while the database is away, says so at /health/ready, and recovers', async () => {
    await shutOut(shop.db);
    try {
      const answer = await shop.agent.create();
      expect([answer.status, answer.body.code]).toEqual([503, 'service_unavailable']);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect((await json('/health/ready')).status).toBe(503);
      expect((await json('/health/live')).status).toBe(200);
    } finally {
      await letIn(shop.db);
    }
    await until(
      () => shop.agent.create(),
      ({ status }) => status === 201,
    );
    await until(
      () => json('/health/ready'),
      ({ status }) => status === 200,
    );
  });
});

describe('stopping', () => {
  it('finishes the purchase that is under way', async () => {
    const shop = await startShop();
    const { body } = await shop.agent.create();
    const charging = Gate.before(shop.server.app.get(ChargingService), 'act');
    const completing = shop.agent.complete(body.id as string);
    await charging.reached;
    const stopped = shop.server.stop();
    charging.open();
    expect((await completing).body.status).toBe('completed');
    await stopped;
    await shop.restart();
    expect((await shop.agent.get(body.id as string)).body.status).toBe('completed');
    await shop.close();
  });

  it('replays the same bytes after a restart', async () => {
    const shop = await startShop();
    const { body } = await shop.agent.create({}, { key: 'create' });
    const first = await shop.agent.complete(body.id as string, 'tok_visa', { key: 'complete' });
    await shop.restart();
    const again = await shop.agent.complete(body.id as string, 'tok_visa', { key: 'complete' });
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    await shop.close();
  });
});
