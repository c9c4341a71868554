import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { Database } from '../../src/database/database.js';
import { Notifications } from '../../src/database/notifications.js';
import { startServer, type Server } from '../../src/server.js';
import { settingsChannel, SettingsService } from '../../src/settings/settings.service.js';
import { CheckoutSettings } from '../../src/checkout/checkout.settings.js';
import { StripeSettings } from '../../src/payments/providers/stripe/stripe.settings.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { freePort } from '../support/ports.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

/** What contract.md promises of every process. */
const promisedMs = 2_000;

describe('two servers and a worker on one database', () => {
  let shop: Shop;
  let others: Server[];
  beforeAll(async () => {
    shop = await startShop();
    others = await Promise.all([startBeside('api'), startBeside('worker')]);
  });
  afterAll(async () => {
    await Promise.all(others.map((server) => server.stop()));
    await shop.close();
  });

  async function startBeside(role: string): Promise<Server> {
    const port = String(await freePort());
    const env = { ...shop.env, PORT: port, ROLE: role, STRIPE_API_BASE: shop.simulator.url };
    return startServer(loadConfig(env));
  }

  const change = (namespace: string, body: object): Promise<MerchantAnswer> =>
    merchant(shop, `/admin/settings/${namespace}`, { method: 'PATCH', body });
  const everyone = (): SettingsService[] =>
    [shop.server, ...others].map(({ app }) => app.get(SettingsService));
  const ttls = (): Promise<number[]> =>
    Promise.all(everyone().map(async (one) => (await one.get(CheckoutSettings)).sessionTtlMinutes));
  /** How long until all of them, asked all the time, go by the new value. */
  const followed = async (minutes: number): Promise<number> => {
    const startedAt = performance.now();
    await until(ttls, (seen) => seen.every((one) => one === minutes), promisedMs + 500);
    return performance.now() - startedAt;
  };
  const listeners = (): Promise<{ pid: number }[]> =>
    shop.db.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'storekeeper-listen'`,
    );
  const listening = (): Promise<unknown> => until(listeners, (seen) => seen.length === 3, 10_000);
  /** As a change whose notification nobody gets. */
  const storeSilently = (values: object): Promise<unknown> =>
    shop.db.query(
      `INSERT INTO setting (namespace, version, "values", updated_at, updated_by) VALUES ('checkout', 1, $1, now(), 'test')
       ON CONFLICT (namespace) DO UPDATE SET version = setting.version + 1, "values" = excluded."values"`,
      [values],
    );

  it('follow a change at once, by its notification', async () => {
    await listening();
    await ttls();
    expect((await change('checkout', { sessionTtlMinutes: 31 })).status).toBe(200);
    expect(await followed(31)).toBeLessThan(1_000);
  });

  it('follow it within two seconds when the notification is lost', async () => {
    await ttls();
    await storeSilently({ sessionTtlMinutes: 32 });
    expect(await followed(32)).toBeLessThan(promisedMs + 250);
  });

  it('follow it within two seconds when their connection has just been broken, and connect again', async () => {
    await listening();
    await ttls();
    const broken = await shop.db.query<{ pid: number }>(
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'storekeeper-listen'`,
    );
    await change('checkout', { sessionTtlMinutes: 33 });
    expect(await followed(33)).toBeLessThan(promisedMs + 250);
    await listening();
    const pids = (await listeners()).map(({ pid }) => pid);
    expect(broken.filter(({ pid }) => pids.includes(pid))).toEqual([]);
    await ttls();
    await change('checkout', { sessionTtlMinutes: 34 });
    expect(await followed(34)).toBeLessThan(1_000);
  });

  it('use a rotated secret, and offer what it opens', async () => {
    const secretKey = `sk_test_${randomBytes(12).toString('hex')}`;
    await change('payments.stripe', { secretKey, merchantId: 'acct_rotated' });
    await until(
      () => Promise.all(everyone().map((one) => one.get(StripeSettings))),
      (seen) => seen.every((one) => one.secretKey === secretKey),
      promisedMs,
    );
    const { body } = await shop.agent.create();
    expect(body.capabilities.payment.handlers[0].config.merchant_id).toBe('acct_rotated');
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
    notifications.on('later', (payload) => heard.push(['later', payload]));
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
