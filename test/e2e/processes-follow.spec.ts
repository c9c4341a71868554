import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent } from '../support/agent.js';
import { merchant } from '../support/merchant.js';
import { freePort } from '../support/ports.js';
import { createKillableShop, type KillableShop } from '../support/process.js';
import { type Received, WebhookReceiver } from '../support/receiver.js';
import { until } from '../support/wait.js';
import { eventOf, verifySignature } from '../support/webhooks.js';

/** What contract.md promises of every process. */
const promisedMs = 2_000;

describe('two API processes and a worker on one database', () => {
  let shop: KillableShop;
  let receiver: WebhookReceiver;
  let urls: string[];
  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    shop = await createKillableShop({ relayEveryMs: 100, deliverEveryMs: 50 });
    const [other, worker] = [await freePort(), await freePort()];
    urls = [shop.agent.url, `http://127.0.0.1:${other}`];
    await shop.start({ env: { ROLE: 'api' } });
    await Promise.all([
      shop.start({ env: { ROLE: 'api', PORT: String(other) } }),
      shop.start({ env: { ROLE: 'worker', PORT: String(worker) } }),
    ]);
    await merchant({ url: urls[0]! }, '/admin/webhook-endpoints', {
      body: { url: `${receiver.url}/hook`, secret: 'the-secret-before-it-changed' },
    });
  });
  afterAll(async () => {
    await shop.close();
    await receiver.close();
  });

  const admin = (path: string, sent: object) => merchant({ url: urls[0]! }, path, sent);
  const listeners = (): Promise<{ pid: number }[]> =>
    shop.db.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'storekeeper-listen'`,
    );
  const loseConnections = async (): Promise<void> => {
    for (const { pid } of await listeners()) await shop.db.query('SELECT pg_terminate_backend($1)', [pid]);
  };
  /** Nobody who asked later than promised was told what had been before; how long a process stood still does not count. */
  const within = async (asked: () => Promise<boolean>): Promise<void> => {
    const startedAt = performance.now();
    await until(async () => {
      const askedAt = performance.now();
      const follows = await asked();
      if (!follows) expect(askedAt - startedAt).toBeLessThan(promisedMs);
      return follows;
    });
  };

  it.each<[string, number, () => Promise<void>]>([
    ['hear of a change', 1, () => Promise.resolve()],
    ['have just lost the connection by which they hear', 2, loseConnections],
  ])('follow within two seconds when they %s', async (_, round, disturb) => {
    const minutes = 40 + round;
    await until(listeners, (found) => found.length === 3);
    const { body: made } = await admin('/admin/api-keys', { body: { name: `round ${round}` } });
    const agents = urls.map((url) => new Agent(url, made.key as string));
    // Whatever they remember, they remember now.
    for (const agent of agents) expect((await agent.create()).status).toBe(201);
    await disturb();
    await admin('/admin/settings/checkout', { method: 'PATCH', body: { sessionTtlMinutes: minutes } });
    await within(async () => {
      const shown = await Promise.all(urls.map((url) => new Agent(url).create()));
      return shown.every(
        ({ body }) =>
          Date.parse(body.expires_at as string) - Date.parse(body.created_at as string) === minutes * 60_000,
      );
    });

    await until(listeners, (found) => found.length === 3);
    await disturb();
    expect((await admin(`/admin/api-keys/${made.id}`, { method: 'DELETE' })).status).toBe(204);
    await within(async () => {
      const answers = await Promise.all(agents.map((agent) => agent.get('cs_none')));
      return answers.every(({ status }) => status === 401);
    });

    await until(listeners, (found) => found.length === 3);
    const { body: endpoints } = await admin('/admin/webhook-endpoints', {});
    const mine = (endpoints.data as { id: string; url: string }[]).find(({ url }) => url.endsWith('/hook'));
    const secret = `the-secret-of-round-${round}-and-no-other`;
    await disturb();
    const rotated = await admin(`/admin/webhook-endpoints/${mine!.id}/rotate-secret`, { body: { secret } });
    expect(rotated.status).toBe(200);
    await within(async () => {
      const agent = new Agent(urls[1]!);
      const { body: session } = await agent.create({ line_items: [{ id: 'item_field_guide' }] });
      const { body: done } = await agent.complete(session.id as string);
      expect(done.status).toBe('completed');
      // Sent by the worker: no other process delivers.
      const arrived = await until(async () =>
        receiver.received.find((one) => eventOf(one).orderId === done.order.id),
      );
      try {
        verifySignature(arrived as Received, secret);
        return true;
      } catch {
        return false;
      }
    });
  });
});
