import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DeliveryProcessor } from '../../src/webhooks/outbound/deliveries/delivery.processor.js';
import { DeliverySender } from '../../src/webhooks/outbound/deliveries/delivery.sender.js';
import { merchant } from '../support/merchant.js';
import { admin, adminCall } from '../support/razorpay.js';
import { type Received, WebhookReceiver } from '../support/receiver.js';
import { buy } from '../support/purchases.js';
import { type Shop, startShop } from '../support/shop.js';
import { withTimings } from '../support/timings.js';
import { until } from '../support/wait.js';
import { addEndpoint, eventOf, PaperOrder, sandboxAgentId, verifySignature } from '../support/webhooks.js';

interface Delivery {
  id: string;
  state: string;
  sequence: number;
  type: string;
  attempt_count: number;
  next_attempt_at: string | null;
  last_status: number | null;
  last_error: string | null;
  check: string | null;
  superseded_by: string | null;
  body: string;
  attempts: { status: number | null; error: string | null; response_excerpt: string | null }[];
}

/** What would wait for long is hurried along (`hurry`); the waits themselves are the schedule's own test. */
const timings = {
  deliverSecondMs: 1,
  deliverEveryMs: 50,
  relayEveryMs: 200,
  deliverAfterDeadMs: 60_000,
  settingsCacheMs: 20,
};

let shop: Shop;
let agentId: string;
const receivers: WebhookReceiver[] = [];
const endpoints: string[] = [];

beforeAll(async () => {
  shop = await startShop({}, { timings });
  agentId = await sandboxAgentId(shop);
  // The sandbox's own endpoint has a test of its own.
  await shop.db.query('UPDATE webhook_endpoint SET enabled = false');
});
afterAll(() => shop.close());
afterEach(async () => {
  for (const id of endpoints.splice(0))
    await adminCall(shop, `/admin/webhook-endpoints/${id}`, { method: 'DELETE' });
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function receive(body: object = {}): Promise<{ receiver: WebhookReceiver; endpointId: string }> {
  const receiver = await WebhookReceiver.start();
  receivers.push(receiver);
  const endpointId = await addEndpoint(shop, { url: `${receiver.url}/hook`, agent_id: agentId, ...body });
  endpoints.push(endpointId);
  return { receiver, endpointId };
}

async function deliveries(endpointId: string, query = ''): Promise<Delivery[]> {
  const { data } = await admin<{ data: Delivery[] }>(
    shop,
    `/admin/webhook-deliveries?endpoint_id=${endpointId}&limit=100${query}`,
  );
  return data.toSorted((a, b) => a.sequence - b.sequence);
}
const states = async (endpointId: string): Promise<string[]> =>
  (await deliveries(endpointId)).map(({ state }) => state);
/** The states of an endpoint's deliveries once everything that has happened is over. */
const settled = (endpointId: string): Promise<string[]> =>
  until(
    async () => {
      const waiting = await shop.db.query('SELECT 1 FROM outbox_event WHERE relayed_at IS NULL');
      return waiting.length === 0 ? states(endpointId) : ['pending'];
    },
    (all) => all.length > 0 && !all.includes('pending'),
  );
/** Nothing waits for its next attempt. */
async function hurry(endpointId: string): Promise<void> {
  await shop.db.query('UPDATE webhook_endpoint SET resting_until = NULL WHERE id = $1', [endpointId]);
  await shop.db.query(
    `UPDATE webhook_delivery SET next_at = now() WHERE endpoint_id = $1 AND state = 'pending'`,
    [endpointId],
  );
}
/** As `settled`, with no waiting between attempts. */
const hurried = (endpointId: string): Promise<string[]> =>
  until(
    async () => {
      await hurry(endpointId);
      return states(endpointId);
    },
    (all) => all.length > 0 && !all.includes('pending'),
  );
/** What is due is sent, and what came of it is written down. */
async function sendAll(): Promise<void> {
  const processor = shop.server.app.get(DeliveryProcessor, { strict: false });
  await processor.deliver();
  await processor['lanes'].idle();
}
const show = (id: string): Promise<Delivery> => admin(shop, `/admin/webhook-deliveries/${id}`);
const order = (): PaperOrder => new PaperOrder(shop, agentId);
const seqs = (receiver: WebhookReceiver): number[] => receiver.received.map((one) => eventOf(one).seq);

describe('a delivery', () => {
  it('tells of a purchase and of what becomes of it, signed, in order', async () => {
    const { receiver, endpointId } = await receive();
    const { orderId } = await buy(shop, 'stripe');
    await until(async () => receiver.received.length);
    await admin(shop, `/admin/orders/${orderId}/refunds`, { body: { amount: 100, reason: 'damaged' } });
    await until(
      async () => receiver.received,
      (all) => all.some(({ body }) => body.includes('amount_refunded')),
    );
    const [first] = receiver.received as [Received];
    expect(eventOf(first)).toMatchObject({ orderId, seq: 1, type: 'order_create' });
    for (const one of receiver.received) {
      expect(Math.abs(verifySignature(one).at - Date.now() / 1000)).toBeLessThan(10);
      expect(one.headers['content-length']).toBe(String(Buffer.byteLength(one.body)));
    }
    expect(seqs(receiver)).toEqual(seqs(receiver).toSorted((a, b) => a - b));
    await settled(endpointId);
  });

  it('is repeated with the same bytes and id, freshly signed, until it is taken', async () => {
    const { receiver, endpointId } = await receive();
    let failures = 3;
    receiver.reply = () => ({ status: failures-- > 0 ? 500 : 204 });
    await order().change();
    await settled(endpointId);
    expect(receiver.received).toHaveLength(4);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['request-id'])).size).toBe(1);
    receiver.received.forEach((one) => verifySignature(one));
    const [delivery] = (await deliveries(endpointId)) as [Delivery];
    const { attempts, body } = await show(delivery.id);
    expect(body).toBe(receiver.received[0]?.body);
    expect(attempts.map(({ status }) => status)).toEqual([500, 500, 500, 204]);
    expect(delivery).toMatchObject({
      state: 'delivered',
      attempt_count: 4,
      last_status: 204,
      last_error: null,
    });
  });

  it('waits as long as the receiver asks', async () => {
    const { receiver, endpointId } = await receive();
    receiver.reply = () => ({ status: 503, headers: { 'retry-after': '86400' } });
    await order().change();
    const [delivery] = (await until(
      () => deliveries(endpointId),
      ([first]) => first?.last_status === 503,
    )) as [Delivery];
    // 86,400 of the short seconds of this test.
    const wait = Date.parse(delivery.next_attempt_at ?? '') - Date.now();
    expect(wait).toBeGreaterThan(80_000);
    expect(wait).toBeLessThanOrEqual(86_400);
  });

  it('is given up after the whole schedule, is visible then, and can be replayed', async () => {
    const { receiver, endpointId } = await receive();
    receiver.reply = () => ({ status: 500 });
    await order().change();
    expect(await hurried(endpointId)).toEqual(['dead']);
    expect(receiver.received).toHaveLength(11);
    const [dead] = (await deliveries(endpointId, '&state=dead')) as [Delivery];
    expect(dead).toMatchObject({ last_status: 500, last_error: 'http_500', next_attempt_at: null });
    expect(dead.check).toMatch(/receiver/);
    receiver.reply = () => ({ status: 200 });
    await admin(shop, `/admin/webhook-deliveries/${dead.id}/replay`, { body: {} });
    expect(await settled(endpointId)).toEqual(['delivered']);
    expect(receiver.received.at(-1)?.body).toBe(receiver.received[0]?.body);
    expect((await show(dead.id)).attempts).toHaveLength(12);
  });

  it.each([
    [400, 5],
    [301, 5],
    [401, 5],
    [410, 1],
  ])('that is answered %i is tried %i times', async (status, times) => {
    const { receiver, endpointId } = await receive();
    receiver.reply = () => ({ status, headers: { location: 'http://169.254.169.254/latest/meta-data' } });
    await order().change();
    expect(await hurried(endpointId)).toEqual(['dead']);
    expect(receiver.received).toHaveLength(times);
  });

  it('goes to every endpoint that wants it, and to no other', async () => {
    const all = await receive({ agent_id: null });
    const mine = await receive();
    const news = await receive({ events: ['order_update'] });
    const another = await shop.db.query<{ id: string }>(
      `SELECT id FROM agent WHERE bootstrap_name = 'admin'`,
    );
    const foreign = await receive({ agent_id: another[0]?.id });
    const one = order();
    await one.change();
    await settled(all.endpointId);
    await one.change('shipped');
    for (const { receiver } of [all, mine])
      await until(
        async () => seqs(receiver),
        (sent) => sent.join() === '1,2',
      );
    await until(
      async () => seqs(news.receiver),
      (sent) => sent.join() === '2',
    );
    expect(foreign.receiver.received).toEqual([]);
    expect(await deliveries(foreign.endpointId)).toEqual([]);
  });
});

describe('the order of deliveries', () => {
  it('begins with the beginning, then only the newest news counts', async () => {
    const { receiver, endpointId } = await receive();
    let [failures, allThere] = [4, false];
    receiver.reply = () => ({ status: failures-- > 0 || !allThere ? 500 : 200 });
    const one = order();
    for (let n = 0; n < 6; n++) await one.change(`status ${n}`);
    await until(async () => (await deliveries(endpointId)).length === 6);
    allThere = true;
    await hurried(endpointId);
    expect(new Set(seqs(receiver))).toEqual(new Set([1, 6]));
    const all = await deliveries(endpointId);
    expect(all.map(({ state }) => state)).toEqual([
      'delivered',
      ...Array.from({ length: 4 }, () => 'superseded'),
      'delivered',
    ]);
    expect(new Set(all.slice(1, 5).map((older) => older.superseded_by))).toEqual(new Set([all[5]?.id]));
  });

  it('never lets two of one order be under way at once', async () => {
    const { receiver, endpointId } = await receive();
    receiver.reply = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return { status: 200 };
    };
    const one = order();
    for (let n = 0; n < 5; n++) {
      await one.change(`status ${n}`);
      const count = receiver.received.length;
      await until(
        async () => receiver.received.length,
        (now) => now > count || now > 0,
      );
    }
    await settled(endpointId);
    expect(receiver.mostOpen).toBe(1);
    expect(seqs(receiver)).toEqual(seqs(receiver).toSorted((a, b) => a - b));
  });

  it('goes on a set time after one was given up', async () => {
    const { receiver, endpointId } = await receive();
    receiver.reply = (received) => ({ status: eventOf(received).seq === 1 ? 422 : 200 });
    const one = order();
    await one.change();
    await one.change('shipped');
    const dead = await until(
      async () => {
        await hurry(endpointId);
        return deliveries(endpointId);
      },
      ([first]) => first?.state === 'dead',
    );
    expect(dead[1]?.state).toBe('pending');
    await hurry(endpointId);
    await sendAll();
    expect(await states(endpointId)).toEqual(['dead', 'pending']);
    // All but the last moment of its time goes by.
    await shop.db.query(
      `UPDATE webhook_delivery SET ended_at = ended_at - $2 * interval '1 ms' WHERE endpoint_id = $1 AND state = 'dead'`,
      [endpointId, timings.deliverAfterDeadMs - 300],
    );
    expect(await settled(endpointId)).toEqual(['dead', 'delivered']);
    const [at] = await shop.db.query<{ waited: number }>(
      `SELECT extract(epoch FROM later.ended_at - dead.ended_at) * 1000 AS waited
       FROM webhook_delivery AS dead JOIN webhook_delivery AS later USING (endpoint_id)
       WHERE endpoint_id = $1 AND dead.state = 'dead' AND later.state = 'delivered'`,
      [endpointId],
    );
    expect(Number(at?.waited)).toBeGreaterThanOrEqual(timings.deliverAfterDeadMs);
  });
});

describe('an endpoint', () => {
  it('that hangs or is down keeps no other one waiting', async () => {
    const hanging = await receive();
    const down = await receive({ url: 'http://127.0.0.1:9/hook' });
    const well = await receive();
    hanging.receiver.reply = () => null;
    for (let n = 0; n < 30; n++) await order().change();
    await until(
      async () => well.receiver.received.length,
      (count) => count === 30,
    );
    expect(new Set(await settled(well.endpointId))).toEqual(new Set(['delivered']));
    // The one that hangs still does.
    expect(hanging.receiver.open).toBeGreaterThan(0);
    expect((await deliveries(hanging.endpointId)).map(({ last_error: error }) => error)).toEqual(
      Array(30).fill(null),
    );
    const refused = await until(
      () => deliveries(down.endpointId),
      (all) => all.some(({ last_error: error }) => error !== null),
    );
    expect(refused.map(({ last_error: error }) => error)).toContain('connect');
  });

  it('that does not answer is given up for the time being', async () => {
    onTestFinished(
      withTimings(shop.server.app.get(DeliverySender, { strict: false }), { deliverTimeoutMs: 400 }),
    );
    const { receiver, endpointId } = await receive();
    receiver.reply = () => null;
    await order().change();
    const [late] = await until(
      () => deliveries(endpointId),
      ([first]) => first?.last_error != null,
    );
    expect(late).toMatchObject({ state: 'pending', last_error: 'timeout' });
  });

  it('rests after ten failures in a row, and is then tried with one delivery', async () => {
    const { receiver, endpointId } = await receive();
    receiver.reply = () => ({ status: 500 });
    for (let n = 0; n < 12; n++) await order().change();
    const [resting] = await until(
      () =>
        shop.db.query<{ failures: number; rests: boolean }>(
          'SELECT consecutive_failures AS failures, resting_until IS NOT NULL AS rests FROM webhook_endpoint WHERE id = $1',
          [endpointId],
        ),
      ([endpoint]) => endpoint?.rests === true,
    );
    expect(resting?.failures).toBeGreaterThanOrEqual(10);
    receiver.reply = () => ({ status: 200 });
    await settled(endpointId);
    expect(
      await shop.db.query(
        'SELECT consecutive_failures AS failures, failing_since AS since, resting_until AS rest FROM webhook_endpoint WHERE id = $1',
        [endpointId],
      ),
    ).toEqual([{ failures: 0, since: null, rest: null }]);
  });

  it('is disabled at 410, and sent what it missed when it is back', async () => {
    const { receiver, endpointId } = await receive();
    receiver.reply = () => ({ status: 410 });
    const since = new Date().toISOString();
    const [early, late] = [order(), order()];
    await early.change();
    await settled(endpointId);
    const shown = await admin<{ enabled: boolean; disabled_reason: string }>(
      shop,
      `/admin/webhook-endpoints/${endpointId}`,
    );
    expect(shown).toMatchObject({
      enabled: false,
      disabled_reason: expect.stringContaining('410') as string,
    });
    for (let n = 0; n < 3; n++) await late.change(`status ${n}`);
    await until(
      () => shop.db.query('SELECT 1 FROM outbox_event WHERE relayed_at IS NULL'),
      (waiting) => waiting.length === 0,
    );
    expect(await deliveries(endpointId)).toHaveLength(1);
    receiver.reply = () => ({ status: 200 });
    await adminCall(shop, `/admin/webhook-endpoints/${endpointId}`, {
      method: 'PATCH',
      body: { enabled: true },
    });
    const recover = (body: object) =>
      admin<{ enqueued: number }>(shop, `/admin/webhook-endpoints/${endpointId}/recover`, { body });
    expect(await recover({ since })).toEqual({ enqueued: 4 });
    await settled(endpointId);
    const sent = receiver.received.slice(1).map((one) => [eventOf(one).orderId, eventOf(one).seq]);
    expect(sent.filter(([id]) => id === early.id)).toEqual([[early.id, 1]]);
    expect(sent.filter(([id]) => id === late.id)).toEqual([
      [late.id, 1],
      [late.id, 3],
    ]);
    // Nothing is missing any more; what has arrived goes again only on request.
    expect(await recover({ since })).toEqual({ enqueued: 0 });
    expect(await recover({ since, include_delivered: true })).toEqual({ enqueued: 4 });
    expect(
      (await adminCall(shop, `/admin/webhook-endpoints/${endpointId}/recover`, { body: {} })).body,
    ).toMatchObject({
      param: '$.since',
    });
    await settled(endpointId);
  });

  it('that became another agent’s is not sent the orders of the one before', async () => {
    const { receiver, endpointId } = await receive();
    receiver.reply = () => ({ status: 422 });
    await order().change();
    await hurried(endpointId);
    const [dead] = (await deliveries(endpointId)) as [Delivery];
    const count = receiver.received.length;
    const [another] = await shop.db.query<{ id: string }>(
      `SELECT id FROM agent WHERE bootstrap_name = 'admin'`,
    );
    const patched = await adminCall(shop, `/admin/webhook-endpoints/${endpointId}`, {
      method: 'PATCH',
      body: { agent_id: another?.id },
    });
    expect(patched.status).toBe(200);
    const replay = await adminCall(shop, `/admin/webhook-deliveries/${dead.id}/replay`, { body: {} });
    expect([replay.status, replay.body.code]).toEqual([409, 'another_agents_order']);
    const since = '2026-01-01T00:00:00Z';
    expect(
      await admin(shop, `/admin/webhook-endpoints/${endpointId}/recover`, {
        body: { since, include_delivered: true },
      }),
    ).toEqual({ enqueued: 0 });
    expect(receiver.received).toHaveLength(count);
  });

  it('that has failed for days is disabled with notice', async () => {
    const { receiver, endpointId } = await receive();
    receiver.reply = () => ({ status: 500 });
    await order().change();
    const endpoint = async (): Promise<{ enabled: boolean; failures: number }> =>
      (
        await shop.db.query<{ enabled: boolean; failures: number }>(
          'SELECT enabled, consecutive_failures AS failures FROM webhook_endpoint WHERE id = $1',
          [endpointId],
        )
      )[0]!;
    const { failures } = await until(endpoint, (now) => now.failures > 0);
    // Two failures with three quiet days between them are not three days of failures.
    await shop.db.query(
      `UPDATE webhook_endpoint SET failing_since = now() - interval '73 hours' WHERE id = $1`,
      [endpointId],
    );
    const tried = async (): Promise<{ enabled: boolean; failures: number }> => {
      await hurry(endpointId);
      return endpoint();
    };
    expect((await until(tried, (now) => now.failures > failures)).enabled).toBe(true);
    await shop.db.query('UPDATE webhook_endpoint SET consecutive_failures = 9 WHERE id = $1', [endpointId]);
    await until(tried, ({ enabled }) => !enabled);
    await until(
      () =>
        fetch(`${shop.url}/metrics`, { headers: { Authorization: 'Bearer admin_sandbox_key' } }).then(
          (response) => response.text(),
        ),
      (text) => text.includes(`webhook_endpoints_disabled_total{endpoint="${endpointId}"} 1`),
    );
  });

  it('hears of nothing while webhooks are off, and of everything afterwards', async () => {
    const { receiver, endpointId } = await receive();
    const turn = (enabled: boolean): Promise<unknown> =>
      merchant(shop, '/admin/settings/webhooks', { method: 'PATCH', body: { enabled } });
    await turn(false);
    await order().change();
    await until(
      () => deliveries(endpointId),
      (all) => all.length === 1,
    );
    await sendAll();
    expect(receiver.received).toEqual([]);
    await turn(true);
    expect(await settled(endpointId)).toEqual(['delivered']);
  });
});

describe('the relay', () => {
  it('leaves an event that cannot be told behind, with its order, and goes on', async () => {
    const { receiver, endpointId } = await receive({ profile: 'acp-2025-09-29' });
    const [bad, good] = [order(), order()];
    await shop.db.query(
      `INSERT INTO outbox_event (id, order_id, agent_id, seq, type, snapshot, occurred_at)
       VALUES ('evt_000', $1, $2, 0, 'order_create', 'not JSON', now())`,
      [bad.id, agentId],
    );
    await bad.change();
    await good.change();
    await until(
      async () => receiver.received.length,
      (count) => count === 1,
    );
    expect(
      await shop.db.query(
        `SELECT seq FROM outbox_event WHERE order_id = $1 AND relayed_at IS NULL ORDER BY seq`,
        [bad.id],
      ),
    ).toEqual([{ seq: 0 }, { seq: 1 }]);
    await shop.db.query(`DELETE FROM outbox_event WHERE order_id = $1`, [bad.id]);
    await settled(endpointId);
  });
});
