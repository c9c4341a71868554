import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OutboxRelay } from '../../src/outbox/outbox-relay.js';
import { DeliveryProcessor } from '../../src/webhooks/outbound/deliveries/delivery.processor.js';
import { DeliveryRecorder } from '../../src/webhooks/outbound/deliveries/delivery.recorder.js';
import type { Sent } from '../../src/webhooks/outbound/deliveries/delivery.sender.js';
import {
  type ClaimedDelivery,
  DeliveryStore,
} from '../../src/webhooks/outbound/deliveries/delivery.store.js';
import { LockPatience } from '../support/lock-patience.js';
import { admin, adminCall } from '../support/razorpay.js';
import { WebhookReceiver } from '../support/receiver.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';
import { addEndpoint, PaperOrder, sandboxAgentId } from '../support/webhooks.js';

/** No worker runs here: each test takes the steps of workers itself, in the order that hurts. */
let shop: Shop;
let agentId: string;
let foreignAgentId: string;
let relay: OutboxRelay;
let store: DeliveryStore;
let recorder: DeliveryRecorder;
let processor: DeliveryProcessor;
/** Held while `gate` is shut: commits of rows that a test's trigger names wait for it. */
let gate: pg.Client;
const receivers: WebhookReceiver[] = [];

beforeAll(() => LockPatience.begin());
beforeAll(async () => {
  // Leases end when a test says so.
  const timings = { deliverLeaseMs: 3_600_000, settingsCacheMs: 20 };
  shop = await startShop({ ROLE: 'api' }, { timings });
  agentId = await sandboxAgentId(shop);
  const [admins] = await shop.db.query<{ id: string }>(`SELECT id FROM agent WHERE bootstrap_name = 'admin'`);
  foreignAgentId = admins?.id ?? '';
  const { app } = shop.server;
  relay = app.get(OutboxRelay, { strict: false });
  store = app.get(DeliveryStore, { strict: false });
  recorder = app.get(DeliveryRecorder, { strict: false });
  processor = app.get(DeliveryProcessor, { strict: false });
  gate = new pg.Client({ connectionString: shop.db.url });
  await gate.connect();
  await shop.db.query(
    `CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
     'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NULL; END'`,
  );
});
afterAll(async () => {
  await gate.end();
  await shop.close();
});
afterEach(async () => {
  await shop.db.query('DROP TRIGGER IF EXISTS gated ON webhook_delivery');
  await gate.query('SELECT pg_advisory_unlock_all()');
  await shop.db.query('UPDATE webhook_endpoint SET enabled = false');
  for (const receiver of receivers.splice(0)) await receiver.close();
});

/** When the test began. */
let since: string;
beforeEach(async () => {
  const [row] = await shop.db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  since = row?.now.toISOString() ?? '';
});

const order = (): PaperOrder => new PaperOrder(shop, agentId);

async function receive(body: object = {}): Promise<{ receiver: WebhookReceiver; endpointId: string }> {
  const receiver = await WebhookReceiver.start();
  receivers.push(receiver);
  const endpointId = await addEndpoint(shop, { url: `${receiver.url}/hook`, agent_id: agentId, ...body });
  return { receiver, endpointId };
}

const answered = (delivery: ClaimedDelivery, status: number): Sent => ({
  delivery,
  status,
  error: status === 200 ? null : `http_${status}`,
  latencyMs: 1,
  excerpt: null,
  verdict:
    status === 200
      ? { next: 'delivered' }
      : status === 500
        ? { next: 'again', seconds: 0 }
        : { next: 'dead', gone: status === 410 },
});

async function claim(endpointId: string, limit = 100): Promise<ClaimedDelivery[]> {
  return (await store.claim(endpointId, limit))?.deliveries ?? [];
}

const addressOf = async (id: string): Promise<{ id: string; url: string }> => {
  const [row] = await shop.db.query<{ url: string }>('SELECT url FROM webhook_endpoint WHERE id = $1', [id]);
  return { id, url: row?.url ?? '' };
};

/** Claims what is due and has it answered; returns the numbers of what was sent. */
async function sendAll(endpointId: string, status = 200): Promise<number[]> {
  const deliveries = await claim(endpointId);
  await recorder.record(
    await addressOf(endpointId),
    deliveries.map((delivery) => answered(delivery, status)),
  );
  return deliveries.map(({ seq }) => seq);
}

const expireLeases = (endpointId: string): Promise<unknown> =>
  shop.db.query(
    `UPDATE webhook_delivery SET lease_until = now() - interval '1 s' WHERE endpoint_id = $1 AND lease_until IS NOT NULL`,
    [endpointId],
  );

const rowsOf = (endpointId: string): Promise<{ seq: number; state: string; attempts: number }[]> =>
  shop.db.query(`SELECT seq, state, attempts FROM webhook_delivery WHERE endpoint_id = $1 ORDER BY seq`, [
    endpointId,
  ]);

/** Has commits wait from now on that insert or update such deliveries. */
async function shutGate(event: 'INSERT' | 'UPDATE', condition: string): Promise<void> {
  await gate.query('SELECT pg_advisory_lock(42)');
  await shop.db.query(
    `CREATE CONSTRAINT TRIGGER gated AFTER ${event} ON webhook_delivery DEFERRABLE INITIALLY DEFERRED
     FOR EACH ROW WHEN (${condition}) EXECUTE FUNCTION wait_at_gate()`,
  );
}
/** Here: the server may have other databases, with other tests. */
const waitingFor = (lock: string): Promise<object[]> =>
  shop.db.query(
    `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE datname = current_database() AND NOT granted AND ${lock}`,
  );
const atGate = (count = 1): Promise<unknown> =>
  until(
    () => waitingFor(`locktype = 'advisory' AND objid = 42`),
    (waiting) => waiting.length >= count,
  );
/** Opens the gate once `work` is done, or waits for somebody who waits at the gate. */
async function openAfter(work: Promise<unknown>): Promise<void> {
  let done = false;
  const finished = work.finally(() => (done = true));
  await until(async () => {
    const waiting = await waitingFor(`locktype IN ('transactionid', 'tuple')`);
    return done || waiting.length > 0;
  });
  await gate.query('SELECT pg_advisory_unlock(42)');
  await finished;
}
const recover = (endpointId: string, body: object = {}): Promise<{ enqueued: number }> =>
  admin(shop, `/admin/webhook-endpoints/${endpointId}/recover`, {
    body: { since, ...body },
  });
const patch = (endpointId: string, body: object): Promise<{ status: number }> =>
  adminCall(shop, `/admin/webhook-endpoints/${endpointId}`, { method: 'PATCH', body });

describe('a recovery', () => {
  it('while a newer update arrives sends no older one after it: given up', async () => {
    const { endpointId } = await receive();
    const one = order();
    await one.change();
    await relay.relay();
    await sendAll(endpointId);
    await one.change('two');
    await relay.relay();
    await sendAll(endpointId, 422);
    await shop.db.query(
      `UPDATE webhook_delivery SET ended_at = ended_at - interval '1 hour' WHERE endpoint_id = $1`,
      [endpointId],
    );
    await one.change('three');
    await relay.relay();
    const [third] = await claim(endpointId);
    await shutGate('UPDATE', `NEW.state = 'delivered'`);
    const recorded = recorder.record(await addressOf(endpointId), [answered(third as ClaimedDelivery, 200)]);
    await atGate();
    await openAfter(recover(endpointId));
    await recorded;
    expect(await sendAll(endpointId)).toEqual([]);
  });

  it('while a newer update arrives sends no older one after it: never sent', async () => {
    const { endpointId } = await receive();
    const one = order();
    await one.change();
    await relay.relay();
    await sendAll(endpointId);
    await patch(endpointId, { enabled: false });
    await one.change('two');
    await relay.relay();
    await patch(endpointId, { enabled: true });
    await one.change('three');
    await relay.relay();
    const [third] = await claim(endpointId);
    await shutGate('UPDATE', `NEW.state = 'delivered'`);
    const recorded = recorder.record(await addressOf(endpointId), [answered(third as ClaimedDelivery, 200)]);
    await atGate();
    await openAfter(recover(endpointId));
    await recorded;
    expect(await sendAll(endpointId)).toEqual([]);
  });

  it('sends what the relay passed by just before the endpoint was enabled', async () => {
    const [other, mine] = [await receive(), await receive()];
    await patch(mine.endpointId, { enabled: false });
    await order().change();
    await shutGate('INSERT', `NEW.endpoint_id = '${other.endpointId}'`);
    const relayed = relay.relay();
    await atGate();
    await openAfter(patch(mine.endpointId, { enabled: true }).then(() => recover(mine.endpointId)));
    await relayed;
    expect(await rowsOf(other.endpointId)).toHaveLength(1);
    expect(await rowsOf(mine.endpointId)).toHaveLength(1);
  });

  it.each(['2026-W47-1', '2026-326', '2026', '2026-02-30T00:00:00Z', '2026-11-22T00:00:00,5Z'])(
    'since %s is refused',
    async (moment) => {
      const { endpointId } = await receive();
      const { status, body } = await adminCall(shop, `/admin/webhook-endpoints/${endpointId}/recover`, {
        body: { since: moment },
      });
      expect([status, body.param]).toEqual([400, '$.since']);
    },
  );
});

describe('another agent', () => {
  it('gets nothing of the one before, however the change meets the relay', async () => {
    const { endpointId } = await receive();
    await order().change();
    await shutGate('INSERT', 'true');
    const relayed = relay.relay();
    await atGate();
    await openAfter(patch(endpointId, { agent_id: foreignAgentId }));
    await relayed;
    expect((await rowsOf(endpointId)).filter(({ state }) => state !== 'canceled')).toEqual([]);
  });

  it('gone again, what was called off is recovered', async () => {
    const { endpointId } = await receive();
    await order().change();
    await relay.relay();
    await patch(endpointId, { agent_id: foreignAgentId });
    await patch(endpointId, { agent_id: agentId });
    expect(await recover(endpointId)).toEqual({ enqueued: 1 });
  });
});

describe('what was deleted', () => {
  it('has nothing that waits, however that meets the relay', async () => {
    const { endpointId } = await receive();
    await order().change();
    await shutGate('INSERT', 'true');
    const relayed = relay.relay();
    await atGate();
    await openAfter(adminCall(shop, `/admin/webhook-endpoints/${endpointId}`, { method: 'DELETE' }));
    await relayed;
    expect((await rowsOf(endpointId)).map(({ state }) => state)).not.toContain('pending');
  });
});

describe('a claim', () => {
  it('that is given back whole after one of it was replayed', async () => {
    const { endpointId } = await receive();
    for (let n = 0; n < 3; n++) await order().change();
    await relay.relay();
    const claimed = await claim(endpointId);
    expect(claimed).toHaveLength(3);
    await admin(shop, `/admin/webhook-deliveries/${claimed[0]?.id}/replay`, { body: {} });
    await store.release(claimed);
    expect((await rowsOf(endpointId)).map(({ attempts }) => attempts)).toEqual([0, 0, 0]);
    expect(await claim(endpointId)).toHaveLength(3);
  });

  it('of an endpoint that is tried again is of one delivery, over all processes', async () => {
    const { endpointId } = await receive();
    for (let n = 0; n < 3; n++) await order().change();
    await relay.relay();
    await shop.db.query('UPDATE webhook_endpoint SET consecutive_failures = 10 WHERE id = $1', [endpointId]);
    const all = await Promise.all([claim(endpointId), claim(endpointId), claim(endpointId)]);
    expect(all.flat()).toHaveLength(1);
  });
});

describe('an attempt', () => {
  it('that succeeded late, for one that was given up meanwhile, leaves a delivered one behind', async () => {
    const { endpointId } = await receive({ events: ['order_update'] });
    const one = order();
    for (let n = 0; n < 2; n++) await one.change();
    await relay.relay();
    const [zombie] = await claim(endpointId);
    await expireLeases(endpointId);
    expect(await sendAll(endpointId, 422)).toEqual([2]);
    await recorder.record(await addressOf(endpointId), [answered(zombie as ClaimedDelivery, 200)]);
    expect((await rowsOf(endpointId)).map(({ state }) => state)).toEqual(['delivered']);
  });

  it('that arrived and could not be written down comes again the same, unless newer news comes first', async () => {
    const { endpointId } = await receive({ events: ['order_update'] });
    const [quiet, busy] = [order(), order()];
    for (const one of [quiet, busy, quiet, busy]) await one.change();
    await relay.relay();
    await shop.db.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''the disk is full''; END'`,
    );
    await shop.db.query(
      `CREATE TRIGGER gated BEFORE UPDATE ON webhook_delivery FOR EACH ROW
       WHEN (NEW.state = 'delivered') EXECUTE FUNCTION refuse()`,
    );
    const first = await claim(endpointId);
    const results = first.map((delivery) => answered(delivery, 200));
    await expect(recorder.record(await addressOf(endpointId), results)).rejects.toThrow('the disk is full');
    await shop.db.query('DROP TRIGGER gated ON webhook_delivery');
    await busy.change('newer');
    await relay.relay();
    expect(await claim(endpointId)).toEqual([]);
    await expireLeases(endpointId);
    const second = await claim(endpointId);
    const sent = ({ orderId, seq, requestId, body }: ClaimedDelivery): object => ({
      orderId,
      seq,
      requestId,
      body,
    });
    expect(second.map(({ orderId, seq }) => [orderId, seq])).toEqual(
      expect.arrayContaining([
        [quiet.id, 2],
        [busy.id, 3],
      ]),
    );
    expect(second).toHaveLength(2);
    const again = (all: ClaimedDelivery[]) => all.filter(({ orderId }) => orderId === quiet.id).map(sent);
    expect(again(second)).toEqual(again(first));
    await recorder.record(
      await addressOf(endpointId),
      second.map((delivery) => answered(delivery, 200)),
    );
    expect((await rowsOf(endpointId)).map(({ seq, state }) => [seq, state])).toEqual(
      expect.arrayContaining([
        [2, 'delivered'],
        [2, 'superseded'],
        [3, 'delivered'],
      ]),
    );
  });
});

describe('an endpoint', () => {
  it('that says it is gone is not asked on and on', async () => {
    const { receiver, endpointId } = await receive();
    for (let n = 0; n < 60; n++) await order().change();
    await relay.relay();
    receiver.reply = () => ({ status: 410 });
    await processor.deliver();
    await until(
      () => shop.db.query('SELECT 1 FROM webhook_endpoint WHERE id = $1 AND NOT enabled', [endpointId]),
      (off) => off.length > 0,
    );
    await until(
      () =>
        shop.db.query('SELECT 1 FROM webhook_delivery WHERE endpoint_id = $1 AND lease_token IS NOT NULL', [
          endpointId,
        ]),
      (leased) => leased.length === 0,
    );
    expect(receiver.received.length).toBeLessThanOrEqual(16);
  });

  it('that fails ten times in a row rests, whatever was claimed', async () => {
    const { receiver, endpointId } = await receive();
    for (let n = 0; n < 90; n++) await order().change();
    await relay.relay();
    receiver.reply = () => ({ status: 500 });
    await processor.deliver();
    await until(
      () =>
        shop.db.query('SELECT 1 FROM webhook_endpoint WHERE id = $1 AND resting_until IS NOT NULL', [
          endpointId,
        ]),
      (resting) => resting.length > 0,
    );
    await until(
      () =>
        shop.db.query('SELECT 1 FROM webhook_delivery WHERE endpoint_id = $1 AND lease_token IS NOT NULL', [
          endpointId,
        ]),
      (leased) => leased.length === 0,
    );
    expect(receiver.received.length).toBeLessThanOrEqual(40);
  });

  it('at a new address does not answer for the old one', async () => {
    const { receiver, endpointId } = await receive();
    const { receiver: newer } = await receive();
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    receiver.reply = async () => {
      await opened;
      return { status: 410 };
    };
    await order().change();
    await relay.relay();
    await processor.deliver();
    await until(async () => receiver.received.length);
    await patch(endpointId, { url: `${newer.url}/hook` });
    open();
    await until(
      () => rowsOf(endpointId),
      ([row]) => row?.state !== 'pending' || row.attempts > 1,
    );
    expect(await shop.db.query('SELECT enabled FROM webhook_endpoint WHERE id = $1', [endpointId])).toEqual([
      { enabled: true },
    ]);
  });
});
