import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Authentication } from '../../src/access/authentication.service.js';
import { loadConfig } from '../../src/config/config.js';
import { Database } from '../../src/database/database.js';
import { Notifications } from '../../src/database/notifications.js';
import { type PspSimulator, startPspSimulator } from '../../src/sandbox/psp/simulator.js';
import { startServer, type Server } from '../../src/server.js';
import { settingsChannel, SettingsService } from '../../src/settings/settings.service.js';
import { CheckoutSettings } from '../../src/checkout/checkout.settings.js';
import { StripeSettings } from '../../src/payments/providers/stripe/stripe.settings.js';
import { Agent } from '../support/agent.js';
import { DeafProxy } from '../support/deaf-proxy.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { freePort } from '../support/ports.js';
import { ProviderRelay } from '../support/provider-relay.js';
import { type Received, WebhookReceiver } from '../support/receiver.js';
import { startShop, type Shop } from '../support/shop.js';
import { StripeWebhooks } from '../support/stripe-webhooks.js';
import { withTimings } from '../support/timings.js';
import { until } from '../support/wait.js';
import { verifySignature } from '../support/webhooks.js';

/** What contract.md promises of every process. */
const promisedMs = 2_000;
/** Where notifications alone are to tell it: as often as can be asked in a second. */
const atOnce = 40;

interface InVain {
  ms: number;
  times: number;
}

const timings = { relayEveryMs: 100, deliverEveryMs: 50 };

describe('two servers and a worker on one database', () => {
  let shop: Shop;
  let others: Server[];
  let simulator: PspSimulator;
  let relay: ProviderRelay;
  /** Before the connection of the second server that listens. */
  let proxy: DeafProxy;
  let receiver: WebhookReceiver;
  let dataDir: string;
  let urls: string[];
  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    dataDir = await mkdtemp(join(tmpdir(), 'storekeeper-everywhere-'));
    simulator = await startPspSimulator({ port: await freePort(), dataDir });
    relay = await ProviderRelay.start(simulator.url);
    const bases = { STRIPE_API_BASE: relay.url, RAZORPAY_API_BASE: relay.url };
    shop = await startShop({ ROLE: 'api', ...bases }, { timings });
    proxy = await DeafProxy.start(shop.db.url);
    const ports = [await freePort(), await freePort()];
    urls = [shop.url, ...ports.map((port) => `http://127.0.0.1:${port}`)];
    others = await Promise.all([
      startBeside({ PORT: String(ports[0]), ROLE: 'api', DATABASE_DIRECT_URL: proxy.url }),
      startBeside({ PORT: String(ports[1]), ROLE: 'worker' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all(others.map((server) => server.stop()));
    await shop.close();
    await proxy.close();
    await relay.close();
    await simulator.close();
    await receiver.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const startBeside = (env: NodeJS.ProcessEnv): Promise<Server> =>
    startServer(loadConfig({ ...shop.env, ...env }));

  const change = (namespace: string, body: object): Promise<MerchantAnswer> =>
    merchant(shop, `/admin/settings/${namespace}`, { method: 'PATCH', body });
  const everyone = (): SettingsService[] =>
    [shop.server, ...others].map(({ app }) => app.get(SettingsService));
  const ttls = (): Promise<number[]> =>
    Promise.all(everyone().map(async (one) => (await one.get(CheckoutSettings)).sessionTtlMinutes));
  /**
   * Asks all the time until the answer is that a change is followed. Says when after the change (of now) it was asked in
   * vain for the last time, and how often it was: not how long it took, as the machine may have stood still.
   */
  const inVain = async (follows: () => Promise<boolean>, changedAt = performance.now()): Promise<InVain> => {
    const seen = { ms: 0, times: 0 };
    await until(async () => {
      // While the database stands still nobody can be told anything.
      await shop.db.query('SELECT 1');
      const askedAt = performance.now();
      const isFollowed = await follows();
      if (!isFollowed) Object.assign(seen, { ms: askedAt - changedAt, times: seen.times + 1 });
      return isFollowed;
    });
    return seen;
  };
  const untilAllKnow = (minutes: number): Promise<InVain> =>
    inVain(async () => (await ttls()).every((one) => one === minutes));
  /** Until the end of a test only notifications make anybody look at the database again. */
  const trustNotifications = (): void => {
    for (const { app } of [shop.server, ...others]) {
      onTestFinished(withTimings(app.get(SettingsService), { settingsCacheMs: 3_600_000 }));
      onTestFinished(withTimings(app.get(Authentication), { keyCacheMs: 3_600_000 }));
    }
  };
  const listeners = (): Promise<{ pid: number }[]> =>
    shop.db.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'storekeeper-listen'`,
    );
  const listening = (): Promise<unknown> => until(listeners, (seen) => seen.length === 3);
  /** As a change whose notification nobody gets. */
  const storeSilently = (values: object): Promise<unknown> =>
    shop.db.query(
      `INSERT INTO setting (namespace, version, "values", updated_at, updated_by) VALUES ('checkout', 1, $1, now(), 'test')
       ON CONFLICT (namespace) DO UPDATE SET version = setting.version + 1, "values" = excluded."values"`,
      [values],
    );

  it('follow a change at once, by its notification', async () => {
    await listening();
    trustNotifications();
    await ttls();
    expect((await change('checkout', { sessionTtlMinutes: 31 })).status).toBe(200);
    expect((await untilAllKnow(31)).times).toBeLessThan(atOnce);
  });

  it('follow it within two seconds when the notification is lost', async () => {
    await ttls();
    await storeSilently({ sessionTtlMinutes: 32 });
    expect((await untilAllKnow(32)).ms).toBeLessThan(promisedMs);
  });

  it('follow it within two seconds when their connection has just been broken, and connect again', async () => {
    await listening();
    await ttls();
    const broken = await shop.db.query<{ pid: number }>(
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'storekeeper-listen'`,
    );
    await change('checkout', { sessionTtlMinutes: 33 });
    expect((await untilAllKnow(33)).ms).toBeLessThan(promisedMs);
    await listening();
    const pids = (await listeners()).map(({ pid }) => pid);
    expect(broken.filter(({ pid }) => pids.includes(pid))).toEqual([]);
    trustNotifications();
    await ttls();
    await change('checkout', { sessionTtlMinutes: 34 });
    expect((await untilAllKnow(34)).times).toBeLessThan(atOnce);
  });

  it('use a rotated secret, and offer what it opens', async () => {
    const secretKey = `sk_test_${randomBytes(12).toString('hex')}`;
    await change('payments.stripe', { secretKey, merchantId: 'acct_rotated' });
    const known = await inVain(async () => {
      const seen = await Promise.all(everyone().map((one) => one.get(StripeSettings)));
      return seen.every((one) => one.secretKey === secretKey);
    });
    expect(known.ms).toBeLessThan(promisedMs);
    const { body } = await shop.agent.create();
    expect(body.capabilities.payment.handlers[0].config.merchant_id).toBe('acct_rotated');
  });

  describe('changed in all that can be changed', () => {
    /** Counts, so that none of the sessions and orders of one round are taken for those of another one. */
    let round = 0;
    const [first, second] = [0, 1] as const;

    /** Until whatever is asked of each of them goes by the change. */
    async function measured(
      made: () => Promise<MerchantAnswer>,
      seen: Record<string, () => Promise<boolean>>,
    ): Promise<Record<string, InVain>> {
      const { status, text } = await made();
      const changedAt = performance.now();
      if (status >= 300) throw new Error(text);
      const asked = Object.entries(seen).map(
        async ([process, follows]) => [process, await inVain(follows, changedAt)] as const,
      );
      return Object.fromEntries(await Promise.all(asked));
    }
    const agentAt = (index: number, key?: string): Agent => new Agent(urls[index] as string, key);
    const settingsOf = (index: number): SettingsService => everyone()[index] as SettingsService;

    async function aSetting(): Promise<Record<string, InVain>> {
      const minutes = 100 + round;
      const shown = async (index: number): Promise<boolean> => {
        const { body } = await agentAt(index).create();
        return (
          Date.parse(body.expires_at as string) - Date.parse(body.created_at as string) === minutes * 60_000
        );
      };
      return measured(() => change('checkout', { sessionTtlMinutes: minutes }), {
        api: () => shown(first),
        'other api': () => shown(second),
        worker: async () => (await settingsOf(2).get(CheckoutSettings)).sessionTtlMinutes === minutes,
      });
    }

    async function aRevokedKey(): Promise<Record<string, InVain>> {
      const made = await merchant(shop, '/admin/api-keys', { body: { name: 'x', scopes: ['admin:read'] } });
      const { id, key } = made.body as { id: string; key: string };
      const metrics = async (index: number): Promise<number> =>
        (await fetch(`${urls[index]}/metrics`, { headers: { Authorization: `Bearer ${key}` } })).status;
      expect(await Promise.all([0, 1, 2].map(metrics))).toEqual([200, 200, 200]);
      return measured(() => merchant(shop, `/admin/api-keys/${id}`, { method: 'DELETE' }), {
        api: async () => (await metrics(0)) === 401,
        'other api': async () => (await metrics(1)) === 401,
        worker: async () => (await metrics(2)) === 401,
      });
    }

    async function anEndpointSecret(): Promise<Record<string, InVain>> {
      const path = '/admin/webhook-endpoints';
      const url = `${receiver.url}/round-${round}`;
      const { body } = await merchant(shop, path, { body: { url, secret: 'the-secret-before-it-changed' } });
      const secret = `the-secret-of-round-${round}`;
      const signed = async (by: string): Promise<boolean> => {
        const before = receiver.received.length;
        await merchant(shop, `${path}/${body.id}/test`, { method: 'POST' });
        const arrived = await until(async () =>
          receiver.received.slice(before).find((one) => one.path === `/round-${round}`),
        );
        try {
          verifySignature(arrived as Received, by);
          return true;
        } catch {
          return false;
        }
      };
      expect(await signed('the-secret-before-it-changed')).toBe(true);
      return measured(() => merchant(shop, `${path}/${body.id}/rotate-secret`, { body: { secret } }), {
        worker: () => signed(secret),
      });
    }

    async function aProviderSecret(): Promise<Record<string, InVain>> {
      const secretKey = `sk_test_${randomBytes(12).toString('hex')}`;
      const webhookSecret = `whsec_${randomBytes(12).toString('hex')}`;
      const believed = async (index: number): Promise<boolean> =>
        (await new StripeWebhooks(urls[index] as string, webhookSecret).send()).status === 200;
      const charged = async (index: number): Promise<boolean> => {
        const agent = agentAt(index);
        const { body } = await agent.create({ line_items: [{ id: 'item_field_guide' }] });
        const before = relay.seen.length;
        expect((await agent.complete(body.id as string)).body.status).toBe('completed');
        const calls = relay.seen
          .slice(before)
          .filter(({ method, path }) => method === 'POST' && path === '/v1/payment_intents');
        return calls.some(({ authorization }) => authorization === `Bearer ${secretKey}`);
      };
      return measured(() => change('payments.stripe', { secretKey, webhookSecret }), {
        'api, webhook': () => believed(first),
        'other api, webhook': () => believed(second),
        'both, charge': async () => (await charged(first)) && (await charged(second)),
        worker: async () => (await settingsOf(2).get(StripeSettings)).secretKey === secretKey,
      });
    }

    async function anAgentsOption(): Promise<Record<string, InVain>> {
      const { body } = await merchant(shop, '/admin/api-keys', { body: { name: `agent ${round}` } });
      const { key, agent_id } = body as { key: string; agent_id: string };
      const asked = async (index: number): Promise<number> =>
        (await agentAt(index, key).get('cs_none')).status;
      expect([await asked(first), await asked(second)]).toEqual([404, 404]);
      const signing = { required: true, secret: 'a-signing-secret-for-it' };
      const options = { requestSigning: signing };
      return measured(
        () => merchant(shop, `/admin/agents/${agent_id}`, { method: 'PATCH', body: { options } }),
        {
          api: async () => (await asked(first)) === 401,
          'other api': async () => (await asked(second)) === 401,
        },
      );
    }

    const loseConnection = (): Promise<unknown> =>
      shop.db.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'storekeeper-listen'`,
      );

    const inTime = { ms: promisedMs, times: Infinity };
    const toldAtOnce = { ms: Infinity, times: atOnce };

    it.each<[string, InVain, () => unknown]>([
      ['while they hear of it', toldAtOnce, trustNotifications],
      ['when their connections have just been broken', inTime, loseConnection],
      ['when one of them has gone deaf without knowing', inTime, () => proxy.swallow()],
    ])('is followed by all of them within two seconds, %s', async (_, limit, disturb) => {
      onTestFinished(() => proxy.hear());
      for (const one of [aSetting, aRevokedKey, anEndpointSecret, aProviderSecret, anAgentsOption]) {
        round += 1;
        await listening();
        await ttls();
        await disturb();
        for (const [process, { ms, times }] of Object.entries(await one()))
          expect(
            [one.name, process, ms < limit.ms && times < limit.times],
            `${one.name}: ${process} did not know of it after ${ms} ms, asked ${times} times`,
          ).toEqual([one.name, process, true]);
      }
    });
  });

  it('count on no notification of a change that was rolled back', async () => {
    const client = new Client({ connectionString: shop.db.url });
    await client.connect();
    const heard: unknown[] = [];
    client.on('notification', ({ payload }) => heard.push(payload));
    await client.query(`LISTEN ${settingsChannel}`);
    expect((await change('checkout', { sessionTtlMinutes: -1 })).status).toBe(400);
    await change('checkout', { sessionTtlMinutes: 35 });
    await until(async () => heard.length);
    expect(heard).toEqual(['checkout']);
    await client.end();
  });

  it('tell each channel its own, once the transaction commits, and of every new connection', async () => {
    const notifications = new Notifications(shop.db.url);
    const db = shop.server.app.get(Database);
    const heard: [string, string | undefined][] = [];
    notifications.on('odd "name"', (payload) => heard.push(['odd', payload]));
    notifications.onApplicationBootstrap();
    await until(async () => heard.length === 1);
    let isHeard = false;
    notifications.on('later', (payload) => {
      if (payload === 'is it heard?') isHeard = true;
      else heard.push(['later', payload]);
    });
    await until(async () => {
      await db.transaction((tx) => notifications.notify(tx, 'later', 'is it heard?'));
      return isHeard;
    });
    await db.transaction(async (tx) => {
      await notifications.notify(tx, 'odd "name"', 'a');
      await notifications.notify(tx, 'later');
      await notifications.notify(tx, 'nobody', 'b');
    });
    await db
      .transaction(async (tx) => {
        await notifications.notify(tx, 'later', 'never');
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    await db.transaction((tx) => notifications.notify(tx, 'later', 'c'));
    await until(async () => heard.some(([, payload]) => payload === 'c'));
    expect(heard).toEqual([
      ['odd', undefined],
      ['odd', 'a'],
      ['later', ''],
      ['later', 'c'],
    ]);
    heard.length = 0;
    await shop.db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'storekeeper-listen' AND datname = current_database()`,
    );
    await until(async () => heard.length === 2);
    expect(heard.sort()).toEqual([
      ['later', undefined],
      ['odd', undefined],
    ]);
    await notifications.onApplicationShutdown();
    await listening();
  });

  it('of a server that cannot listen take nothing from its work', async () => {
    const url = new URL(shop.db.url);
    url.pathname = '/there_is_no_such_database';
    const notifications = new Notifications(url.href);
    notifications.on('x', () => expect.unreachable());
    notifications.onApplicationBootstrap();
    await shop.server.app.get(Database).transaction((tx) => notifications.notify(tx, 'x'));
    await notifications.onApplicationShutdown();
  });
});
