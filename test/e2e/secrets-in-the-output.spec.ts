import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent } from '../support/agent.js';
import { Canaries } from '../support/canaries.js';
import { MailServer } from '../support/mail-server.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { freePort } from '../support/ports.js';
import { createKillableShop, type KillableShop, type Program, runProgram } from '../support/process.js';
import { redisIsInstalled, startRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/wait.js';

const canaries = new Canaries();
const plant = canaries.plant.bind(canaries);
const withPassword = (url: string, password: string): string => {
  const parsed = new URL(url);
  parsed.username ||= 'user';
  parsed.password = password;
  return parsed.href;
};
const nowhere = (scheme: string, name: string): string => `${scheme}://user:${plant(name)}@127.0.0.1:1/shop`;

describe('what a process prints', () => {
  let shop: KillableShop;
  let redis: TestRedis | undefined;
  let mail: MailServer;
  let server: Program;
  let agent: Agent;
  beforeAll(async () => {
    redis = redisIsInstalled ? await startRedis() : undefined;
    mail = await MailServer.start();
    shop = await createKillableShop({ emailsEveryMs: 100, expireEveryMs: 100 });
    agent = new Agent(String(shop.agent.url), plant('AGENT_API_KEY', 'agent_12'));
    // Of the server of these tests; one that somebody else provides may have a short one.
    const { password } = new URL(shop.db.url);
    if (password.length >= 20) canaries.keep('DATABASE_URL', password, '');
    server = await shop.start({
      env: {
        LOG_LEVEL: 'trace',
        ...(redis && { REDIS_URL: redis.url.replace('//', `//:${plant('REDIS_URL')}@`) }),
        SMTP_URL: withPassword(mail.url, plant('SMTP_URL')),
        AGENT_API_KEY: plant('AGENT_API_KEY'),
        ADMIN_API_KEY: plant('ADMIN_API_KEY', 'admin_12'),
        STRIPE_SECRET_KEY: plant('STRIPE_SECRET_KEY', 'sk_test_'),
        STRIPE_WEBHOOK_SECRET: plant('STRIPE_WEBHOOK_SECRET'),
        RAZORPAY_KEY_SECRET: plant('RAZORPAY_KEY_SECRET'),
        RAZORPAY_WEBHOOK_SECRET: plant('RAZORPAY_WEBHOOK_SECRET'),
        SETTINGS_ENCRYPTION_KEY: canaries.keep(
          'SETTINGS_ENCRYPTION_KEY',
          randomBytes(32).toString('base64'),
          '',
        ),
      },
    });
  });
  afterAll(async () => {
    await shop.close();
    await mail.close();
    await redis?.kill();
  });

  it('holds no secret while all goes well, nor while nothing does', async () => {
    const { body } = await agent.create({ buyer: { first_name: 'Ada', email: 'ada@buyer.example' } });
    expect((await agent.complete(body.id as string)).body.status).toBe('completed');
    await useSecrets();
    await until(async () => server.output().includes('email.'));
    await mail.close();
    await redis?.kill();
    await shop.db
      .query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      )
      .catch(() => undefined);
    await until(async () => server.output().includes('notifications.disconnected'));
    server.child.kill('SIGKILL');
    await server.exited;
    expect(server.output().split('\n').length).toBeGreaterThan(100);
    expect(canaries.foundIn(server.output())).toEqual([]);
  });

  /** Each in a way that is right and in one that is wrong. */
  async function useSecrets(): Promise<void> {
    const admin = (path: string, more: object): Promise<MerchantAnswer> =>
      merchant({ url: agent.url }, `/admin/${path}`, { apiKey: plant('ADMIN_API_KEY'), ...more });
    for (const [namespace, member] of [
      ['payments.stripe', 'webhookSecret'],
      ['payments.razorpay', 'keySecret'],
    ] as const) {
      const secret = plant(`${namespace}.${member}`);
      for (const body of [{ [member]: secret }, { [member]: [secret] }, { [member]: `${secret} ` }])
        await admin(`settings/${namespace}`, { method: 'PATCH', body });
    }
    const { body: key } = await admin('api-keys', { body: { name: 'made' } });
    canaries.keep('API key', key.key as string, (key.key as string).slice(0, 8));
    const made = { url: 'http://127.0.0.1:1/hook', secret: plant('endpoint secret') };
    const { body: endpoint } = await admin('webhook-endpoints', { body: made });
    for (const action of ['test', 'preview', 'rotate-secret'])
      await admin(`webhook-endpoints/${endpoint.id}/${action}`, { method: 'POST' });
    await admin('webhook-endpoints', {
      body: { ...made, url: `https://me:${plant('password')}@x.example/` },
    });
    const requestSigning = { required: true, secret: plant('signing secret') };
    await admin('agents', { body: { name: 'signs', options: { requestSigning } } });
    const { body: session } = await agent.create();
    await agent.complete(session.id as string, plant('card token', 'spt_'));
    await merchant({ url: agent.url }, '/admin/orders', { apiKey: plant('a key that nobody has') });
  }

  it('holds no secret when it cannot start, whatever is wrong', async () => {
    const wrong: Record<string, NodeJS.ProcessEnv> = {
      'no database is there': { DATABASE_URL: nowhere('postgres', 'database that is away') },
      'there is no such database': { DATABASE_URL: shop.db.url.replace(/\w+$/, 'no_such_one') },
      'the password is wrong': { DATABASE_URL: withPassword(shop.db.url, plant('wrong password')) },
      'a direct address leads nowhere': {
        DATABASE_URL: shop.db.url,
        DATABASE_DIRECT_URL: nowhere('postgres', 'direct address'),
      },
      'the environment is wrong in every way': {
        DATABASE_URL: nowhere('mysql', 'not PostgreSQL'),
        REDIS_URL: nowhere('postgres', 'not Redis'),
        SMTP_URL: `smtp://user:${plant('mail server')}%@127.0.0.1:25/path`,
        AGENT_API_KEY: `${plant('agent key')} é`,
        ADMIN_API_KEY: `${plant('admin key')} é`,
        STRIPE_SECRET_KEY: plant('live Stripe key', 'sk_live_'),
        RAZORPAY_KEY_ID: plant('live Razorpay key', 'rzp_live_'),
        RAZORPAY_KEY_SECRET: `${plant('Razorpay secret')} é`,
        SETTINGS_ENCRYPTION_KEY: plant('encryption key'),
        SETTINGS_ENCRYPTION_KEY_PREVIOUS: plant('previous encryption key'),
      },
      'production has the keys of a test': {
        NODE_ENV: 'production',
        DATABASE_URL: shop.db.url,
        ADMIN_API_KEY: canaries.keep('short admin key', randomBytes(10).toString('hex'), ''),
        STRIPE_SECRET_KEY: plant('test Stripe key', 'sk_test_'),
        STRIPE_API_BASE: 'http://127.0.0.1:1',
        RAZORPAY_KEY_ID: plant('test Razorpay key', 'rzp_test_'),
      },
    };
    const ended = Object.entries(wrong).map(async ([name, env]) => {
      const started = runProgram(['dist/src/main.js'], {
        PORT: String(await freePort()),
        SANDBOX_PSP_PORT: String(await freePort()),
        DATA_DIR: String(shop.env.DATA_DIR),
        LOG_LEVEL: 'trace',
        ...env,
      });
      return [name, await started.exited, /\w{3}/.test(started.output()), canaries.foundIn(started.output())];
    });
    expect(await Promise.all(ended)).toEqual(Object.keys(wrong).map((name) => [name, 1, true, []]));
  });
});
