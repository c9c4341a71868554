import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Answer } from './agent.js';
import { freePort } from './ports.js';
import { createKillableShop, type KillableShop, type Program } from './process.js';
import { random } from './random.js';
import { adminCall } from './razorpay.js';
import { type Received, WebhookReceiver } from './receiver.js';
import type { Shop } from './shop.js';
import { until } from './wait.js';
import { addEndpoint, eventOf, verifySignature } from './webhooks.js';

const timings = {
  claimLeaseMs: 700,
  attemptPollMs: 50,
  reconcileAfterMs: 500,
  reconcileEveryMs: 300,
  relayEveryMs: 300,
  deliverEveryMs: 200,
  deliverTimeoutMs: 400,
  deliverLeaseMs: 1_200,
  deliverSecondMs: 20,
  // So long nothing is given up that a test waits for.
  deliverAfterDeadMs: 60_000,
  endpointFailingMs: 3_600_000,
};

export interface StormOptions {
  seed: number;
  kills: number;
  /** Changes of orders at least; they go on as long as there are kills to come. */
  changes: number;
  redisUrl?: string;
  /** Done halfway through the kills. */
  halfway?: () => Promise<void>;
}

export interface StormReport {
  kills: number;
  changes: number;
  /** Attempts that reached a receiver. */
  received: number;
  delivered: number;
  superseded: number;
}

const orders = 6;
const merchantStatuses = ['packing', 'paid'];

/**
 * Changes orders through the admin API while an API process and a worker are killed at random and receivers misbehave.
 * Then holds what arrived against what happened: everything delivered or superseded by something newer that was, each
 * endpoint never told anything older after something newer, nothing missing, every signature right.
 */
export async function webhookStorm({
  seed,
  kills,
  changes,
  redisUrl,
  halfway,
}: StormOptions): Promise<StormReport> {
  const shop = await createKillableShop(timings);
  const dice = random(seed);
  const env = { ...shop.env, ...(redisUrl && { REDIS_URL: redisUrl }) };
  const workerPort = await freePort();
  const startApi = (): Promise<Program> => shop.start({ env: { ...env, ROLE: 'api' } });
  const startWorker = (): Promise<Program> =>
    shop.start({ env: { ...env, ROLE: 'worker', PORT: String(workerPort) } });
  const receivers = await Promise.all([
    WebhookReceiver.start(),
    WebhookReceiver.start(),
    WebhookReceiver.start(),
  ]);
  try {
    const running = { api: await startApi(), worker: await startWorker() };
    const merchant = { url: shop.agent.url } as Shop;
    const orderIds = await Promise.all(Array.from({ length: orders }, () => buyOne(shop)));
    const endpointIds = await Promise.all(
      receivers.map(({ url }) => addEndpoint(merchant, { url: `${url}/hook`, agent_id: null })),
    );
    let peace = false;
    const late = new Set<Received>();
    receivers.forEach((receiver, index) => {
      receiver.reply = async (received) => {
        if (!(await isAwaited(received))) late.add(received);
        return peace ? { status: 200 } : misbehave(dice.below(10), index);
      };
    });

    let changed = 0;
    const merchants = orderIds.map(async (orderId, index) => {
      for (let n = index; !peace || changed < changes; n++) {
        await persistently(merchant, `/admin/orders/${orderId}/status`, {
          status: merchantStatuses[n % merchantStatuses.length],
        });
        changed += 1;
        await new Promise((resolve) => setTimeout(resolve, dice.below(200)));
      }
    });
    for (let n = 0; n < kills || changed < changes; n++) {
      await new Promise((resolve) => setTimeout(resolve, 100 + dice.below(700)));
      if (n >= kills) continue;
      if (n === Math.floor(kills / 2)) await halfway?.();
      const victim = dice.below(2) === 0 ? 'api' : 'worker';
      running[victim].child.kill('SIGKILL');
      await running[victim].exited;
      running[victim] = await (victim === 'api' ? startApi() : startWorker());
    }
    peace = true;
    await Promise.all(merchants);
    await quiet(shop);
    return { kills, changes: changed, ...(await audit(shop, endpointIds, receivers, late)) };
  } finally {
    await shop.close();
    await Promise.all(receivers.map((receiver) => receiver.close()));
  }
}

/**
 * Who died or gave up has hung up. What it had sent can be read after something newer, by a receiver that stood still;
 * that was not told out of order.
 */
async function isAwaited({ hungUp }: Received): Promise<boolean> {
  // That it hung up is read in the turn after what it sent.
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  return !hungUp();
}

/** The first receiver is well, the second fails now and then, the third hangs, redirects and fails. */
function misbehave(roll: number, index: number): { status: number; headers?: Record<string, string> } | null {
  if (index === 0 || roll > 3 * index) return { status: 200 };
  if (index === 2 && roll === 0) return null;
  if (index === 2 && roll === 1) return { status: 307, headers: { location: 'http://169.254.169.254/' } };
  return { status: roll % 2 ? 500 : 503, headers: { 'retry-after': '1' } };
}

async function buyOne({ agent }: KillableShop): Promise<string> {
  const { body: session } = await agent.create();
  const { body: done } = await agent.complete(session.id as string);
  return done.order.id as string;
}

/** Sends a request with one key until it has an answer that is about the request. */
async function persistently(shop: Shop, path: string, body: object): Promise<void> {
  const key = randomUUID();
  const answer = await until(
    () => adminCall(shop, path, { body, key }).catch(() => undefined),
    (said) => said !== undefined && ![409, 429, 503].includes(said.status),
    120_000,
  );
  expect(answer?.status, JSON.stringify((answer as Answer | undefined)?.body)).toBe(200);
}

/** Nothing waits any more; waits between attempts are cut short, now that every receiver is well. */
const quiet = ({ db }: KillableShop): Promise<unknown> =>
  until(
    async () => {
      await db.query('UPDATE webhook_endpoint SET resting_until = NULL WHERE resting_until IS NOT NULL');
      await db.query(
        `UPDATE webhook_delivery SET next_at = now() WHERE state = 'pending' AND next_at > now()`,
      );
      return db.query(
        `SELECT id FROM outbox_event WHERE relayed_at IS NULL
         UNION ALL SELECT id FROM webhook_delivery WHERE state = 'pending'`,
      );
    },
    (waiting) => waiting.length === 0,
    120_000,
  );

interface Row {
  id: string;
  endpoint_id: string;
  order_id: string;
  event_id: string;
  seq: number;
  type: string;
  state: string;
  newer_state: string | null;
  newer_seq: number | null;
}

async function audit(
  { db }: KillableShop,
  endpointIds: string[],
  receivers: WebhookReceiver[],
  late: ReadonlySet<Received>,
): Promise<Omit<StormReport, 'kills' | 'changes'>> {
  const events = await db.query<{ id: string; order_id: string; seq: number }>(
    'SELECT id, order_id, seq FROM outbox_event WHERE occurred_at >= (SELECT min(created_at) FROM webhook_endpoint WHERE id = $1)',
    [endpointIds[0]],
  );
  const rows = await db.query<Row>(
    `SELECT d.id, d.endpoint_id, d.order_id, d.event_id, d.seq, d.type, d.state, newer.state AS newer_state, newer.seq AS newer_seq
     FROM webhook_delivery AS d LEFT JOIN webhook_delivery AS newer ON newer.id = d.superseded_by`,
  );
  for (const [index, endpointId] of endpointIds.entries()) {
    const receiver = receivers[index] as WebhookReceiver;
    const mine = rows.filter((row) => row.endpoint_id === endpointId);
    const known = new Set(mine.map(({ event_id: id }) => id));
    const missing = events.filter(({ id, seq }) => seq > 1 && !known.has(id));
    expect(missing, 'events without a delivery').toEqual([]);
    const told = new Set(receiver.received.map((one) => eventOf(one).id));
    for (const row of mine) {
      const fine =
        row.state === 'delivered'
          ? told.has(row.event_id)
          : row.state === 'superseded' &&
            row.type === 'order_update' &&
            row.newer_state === 'delivered' &&
            (row.newer_seq ?? 0) > row.seq;
      expect(fine, JSON.stringify(row)).toBe(true);
    }
    const newest = new Map<string, number>();
    for (const one of receiver.received) {
      verifySignature(one);
      if (late.has(one)) continue;
      const { orderId, seq } = eventOf(one);
      expect(seq, `of ${orderId} after ${newest.get(orderId)}`).toBeGreaterThanOrEqual(
        newest.get(orderId) ?? 0,
      );
      newest.set(orderId, seq);
    }
    for (const { order_id: orderId, seq } of events)
      expect(newest.get(orderId) ?? 0, `the end of ${orderId}`).toBeGreaterThanOrEqual(seq);
  }
  const count = (state: string): number => rows.filter((row) => row.state === state).length;
  return {
    received: receivers.reduce((sum, { received }) => sum + received.length, 0),
    delivered: count('delivered'),
    superseded: count('superseded'),
  };
}
