import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SecretBox } from '../../src/settings/secret-box.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { StripeSettings } from '../../src/payments/providers/stripe/stripe.settings.js';
import { firstSweeps } from '../support/first-sweeps.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { startShop, type Shop } from '../support/shop.js';
import { StripeWebhooks } from '../support/stripe-webhooks.js';

const canary = (name: string): string => `canary_${name}_${randomBytes(8).toString('hex')}`;
const planted: Record<string, string> = {};
const plant = (name: string, prefix = ''): string => {
  planted[name] ??= canary(name);
  return `${prefix}${planted[name]}_9876`;
};

describe('the secrets of the payment providers', () => {
  let shop: Shop;
  const answers: string[] = [];
  const logged: string[] = [];
  async function startWatched(timings: object = {}): Promise<Shop> {
    const secrets = {
      STRIPE_SECRET_KEY: plant('environment', 'sk_test_'),
      STRIPE_WEBHOOK_SECRET: plant('environment_webhook'),
      RAZORPAY_KEY_SECRET: plant('environment_razorpay'),
    };
    const started = await startShop(secrets, { timings });
    // Errors whole, with all that hangs on them.
    const collect = (...said: unknown[]): number =>
      logged.push(inspect(said, { depth: 12, showHidden: true }));
    started.server.app.useLogger({
      log: collect,
      warn: collect,
      error: collect,
      debug: collect,
      verbose: collect,
    });
    return started;
  }
  beforeAll(async () => {
    shop = await startWatched();
  });
  afterAll(async () => {
    shop.server.app.useLogger(false);
    await shop.close();
  });
  afterEach(() => shop.simulator.clearFaults());

  const call = async (path: string, more: object = {}, at = shop): Promise<MerchantAnswer> => {
    const answer = await merchant(at, `/admin/${path}`, more);
    answers.push(answer.text, JSON.stringify([...answer.headers]));
    return answer;
  };
  const change = (namespace: string, body: object, more: object = {}): Promise<MerchantAnswer> =>
    call(`settings/${namespace}`, { method: 'PATCH', body, ...more });
  const verify = async (code: string, at = shop): Promise<{ ok: boolean; problems: string[] }> =>
    (await call(`payment-providers/${code}/verify`, { method: 'POST' }, at)).body;

  it('work, once they are set, and only then', async () => {
    const webhooks = new StripeWebhooks(shop.url, plant('webhook'));
    expect((await webhooks.send()).status).toBe(400);
    const set = await change('payments.stripe', {
      secretKey: plant('stripe', 'sk_test_'),
      webhookSecret: plant('webhook'),
      webhookSecretPrevious: 'short',
    });
    expect(set.body.values).toMatchObject({
      secretKey: { set: true, last4: '9876' },
      webhookSecret: { set: true, last4: '9876' },
      webhookSecretPrevious: { set: true, last4: null },
    });
    expect((await webhooks.send()).status).toBe(200);
    const used = await shop.server.app.get(SettingsService).get(StripeSettings);
    expect(used.secretKey).toBe(plant('stripe', 'sk_test_'));
    const none = await change('payments.stripe', { webhookSecret: '', webhookSecretPrevious: null });
    expect(none.body).toMatchObject({
      values: { webhookSecret: { set: false } },
      sources: { webhookSecret: 'stored', webhookSecretPrevious: 'default' },
    });
    expect((await webhooks.send()).status).toBe(503);
    await call('settings/payments.stripe/rollback', { body: { version: 1 } });
    expect((await webhooks.send()).status).toBe(200);
  });

  it('count as changed whenever they are set: nobody can try a guess', async () => {
    const guess = { webhookSecret: plant('webhook') };
    await change('payments.stripe', guess);
    const tried = await change('payments.stripe?dry_run=true', guess);
    expect(tried.body.changes).toHaveLength(1);
    const { version } = (await change('payments.stripe', guess)).body;
    const [latest] = (await call('settings/payments.stripe/history')).body.data;
    expect(latest).toMatchObject({ version, changes: [{ member: 'webhookSecret' }] });
  });

  describe('of webhooks, changed', () => {
    const stripe = (body: object, query = ''): Promise<MerchantAnswer> =>
      change(`payments.stripe${query}`, body);
    const believed = async (...names: string[]): Promise<number[]> =>
      Promise.all(names.map(async (name) => (await new StripeWebhooks(shop.url, plant(name)).send()).status));
    beforeEach(() => call('settings/payments.stripe/rollback', { body: { version: 0 } }));

    it('leave the one before in use, until a change names it', async () => {
      await stripe({ webhookSecret: plant('first') });
      // The environment's stays where it is.
      expect(await believed('environment_webhook', 'first', 'second')).toEqual([200, 200, 400]);
      const tried = await stripe({ webhookSecret: plant('second') }, '?dry_run=true');
      const { body } = await stripe({ webhookSecret: plant('second') });
      expect(await believed('environment_webhook', 'first', 'second')).toEqual([400, 200, 200]);
      const shown = { set: true, last4: '9876' };
      expect(body).toMatchObject({
        values: { webhookSecretPrevious: shown },
        sources: { webhookSecretPrevious: 'stored' },
      });
      const changes = [
        { member: 'webhookSecret', before: shown, after: shown },
        { member: 'webhookSecretPrevious', before: shown, after: shown },
      ];
      expect(tried.body.changes).toEqual(changes);
      expect((await call('settings/payments.stripe/history')).body.data[0].changes).toEqual(changes);
      // The same once more is no changeover.
      await stripe({ webhookSecret: plant('second') });
      expect(await believed('first', 'second')).toEqual([200, 200]);
      await stripe({ webhookSecret: plant('third'), webhookSecretPrevious: '' });
      expect(await believed('environment_webhook', 'first', 'second', 'third')).toEqual([400, 400, 400, 200]);
    });

    it('back to the environment’s leave it too; switched off, none', async () => {
      await stripe({ webhookSecret: plant('first') });
      const { version } = (await stripe({ webhookSecret: plant('second') })).body;
      await stripe({ webhookSecret: null });
      expect(await believed('environment_webhook', 'first', 'second')).toEqual([200, 400, 200]);
      await call('settings/payments.stripe/rollback', { body: { version } });
      expect(await believed('environment_webhook', 'first', 'second')).toEqual([400, 200, 200]);
      await stripe({ webhookSecret: '', webhookSecretPrevious: null });
      expect(await believed('environment_webhook', 'first', 'second')).toEqual([503, 503, 503]);
    });

    it('are refused with what is wrong with them, and nothing is moved', async () => {
      await stripe({ webhookSecret: plant('first') });
      for (const webhookSecret of [5, 'with space', ['x'], {}]) {
        const refused = await stripe({ webhookSecret });
        expect([refused.status, refused.body.param]).toEqual([400, '$.webhookSecret']);
      }
      expect((await call('settings/payments.stripe')).body.sources.webhookSecretPrevious).toBe('environment');
    });

    it('at Razorpay as well', async () => {
      await change('payments.razorpay', { webhookSecret: plant('first') });
      const { body } = await change('payments.razorpay', { webhookSecret: plant('second') });
      expect(body.sources).toMatchObject({ webhookSecret: 'stored', webhookSecretPrevious: 'stored' });
      await call('settings/payments.razorpay/rollback', { body: { version: 0 } });
    });
  });

  describe('tried out', () => {
    it('are fine, or it is said in words what is not', async () => {
      expect(await verify('stripe')).toEqual({ code: 'stripe', ok: true, problems: [] });
      expect(await verify('razorpay')).toEqual({ code: 'razorpay', ok: true, problems: [] });
      expect((await call('payment-providers/nobody/verify', { method: 'POST' })).status).toBe(404);
      const { data } = (await call('payment-providers')).body;
      expect(data).toMatchObject([
        { code: 'stripe', currencies: ['usd'], offered: ['usd'] },
        { code: 'razorpay', currencies: ['inr'], offered: ['inr'], capabilities: { payment_links: true } },
      ]);
    });

    it.each([
      ['stripe', { secretKey: plant('refused', 'sk_bogus_') }, /refuses the secret key/, ['usd']],
      ['stripe', { webhookSecret: '' }, /webhookSecret is not set/, ['usd']],
      ['stripe', { merchantId: '' }, /merchantId is not set/, []],
      ['stripe', { secretKey: '' }, /secretKey is not set/, []],
      ['razorpay', { keyId: 'rzp_bogus', keySecret: plant('refused_razorpay') }, /refuses the key/, ['inr']],
      ['razorpay', { webhookSecret: '' }, /webhookSecret is not set/, ['inr']],
      ['razorpay', { keySecret: '' }, /keySecret is not set/, []],
    ])('%s: %j', async (code, body, words, offered) => {
      expect((await change(`payments.${code}`, body)).status).toBe(200);
      const { ok, problems } = await verify(code);
      expect([ok, problems]).toEqual([false, [expect.stringMatching(words)]]);
      expect((await call('payment-providers')).body.data).toContainEqual(
        expect.objectContaining({ code, offered }),
      );
      await change(`payments.${code}`, Object.fromEntries(Object.keys(body).map((name) => [name, null])));
      expect(await verify(code)).toMatchObject({ ok: true });
    });

    it('as they are stored, not as this process remembers them', async () => {
      await change('payments.stripe', { secretKey: plant('remembered', 'sk_test_') });
      expect(await verify('stripe')).toMatchObject({ ok: true });
      const secretKey = shop.server.app
        .get(SecretBox)
        .encrypt(plant('elsewhere', 'sk_bogus_'), 'payments.stripe.secretKey');
      await shop.db.query(
        `UPDATE setting SET version = version + 1, "values" = "values" || jsonb_build_object('secretKey', $1::text)
         WHERE namespace = 'payments.stripe'`,
        [secretKey],
      );
      expect(await verify('stripe')).toMatchObject({ ok: false });
      await change('payments.stripe', { secretKey: null });
    });

    it('at a provider that is out of order in any way', async () => {
      const impatient = await startWatched({ providerTimeoutMs: 400 });
      onTestFinished(() => impatient.close());
      // The first comparison asks the providers too.
      await firstSweeps(impatient);
      for (const provider of ['stripe', 'razorpay'])
        for (const fault of [
          { action: 'reset' },
          { action: 'refuse' },
          { action: 'execute_then_hang' },
          { action: 'execute_then_html_502' },
          { action: 'execute_then_truncate_body' },
          { action: 'bad_json' },
          { action: 'status', status: 500 },
          { action: 'status', status: 429 },
          { action: 'status', status: 403 },
        ]) {
          await impatient.simulator.inject({ match: { provider, method: 'GET', times: 1 }, ...fault });
          const { ok, problems } = await verify(provider, impatient);
          expect([provider, fault, ok, problems]).toEqual([
            provider,
            fault,
            false,
            [expect.stringMatching(/^[A-Z].{20,}\.$/)],
          ]);
          await impatient.simulator.clearFaults();
        }
    });
  });

  it('are nowhere to be read: not in an answer, a log, the documentation or the database', async () => {
    const members: Record<string, string[]> = {};
    for (const { namespace, values } of (await call('settings')).body.data) {
      const secrets = Object.entries<{ set?: boolean } | null>(values).filter(
        ([, value]) => value?.set !== undefined,
      );
      if (secrets.length > 0) members[namespace] = secrets.map(([name]) => name);
    }
    expect(members).toEqual({
      'payments.razorpay': ['keySecret', 'webhookSecret', 'webhookSecretPrevious'],
      'payments.stripe': ['secretKey', 'webhookSecret', 'webhookSecretPrevious'],
    });
    for (const [namespace, names] of Object.entries(members)) {
      for (const name of names) {
        const value = plant(`${namespace}_${name}`);
        const key = { key: `set-${name}` };
        expect((await change(namespace, { [name]: value }, key)).status).toBe(200);
        await change(namespace, { [name]: value }, key);
        await change(`${namespace}?dry_run=true`, { [name]: `${value}x` });
        await change(namespace, { [name]: value }, { headers: { 'If-Match': '0' } });
        // In every wrong way.
        for (const wrong of [
          `${value} `,
          [value],
          { [name]: value },
          { set: true, last4: value },
          `${value}é`,
        ]) {
          expect((await change(namespace, { [name]: wrong })).status).toBe(400);
          await change(`${namespace}?dry_run=true`, { [name]: wrong });
        }
        await change(namespace, { [`${name}s`]: value });
        await change(namespace, { merchantId: 5, savedTokens: value, [name]: value });
        await call(`settings/${namespace}`, { method: 'PATCH', body: `{"${name}":"${value}"` });
      }
      await call(`settings/${namespace}/history?limit=100`);
      await call(`settings/${namespace}/rollback`, { body: { version: 1 } });
      await call(`settings/${namespace}/rollback?dry_run=true`, { body: { version: 0 } });
      await call(`settings/${namespace}`);
    }
    await verify('stripe');
    await call('settings/schema');
    await shop.agent.create();
    answers.push(
      await (await fetch(`${shop.url}/docs/json`)).text(),
      await (await fetch(`${shop.url}/metrics`)).text(),
    );
    const tables = await shop.db.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    const rows = await Promise.all(
      tables.map(async ({ name }) => {
        const [table] = await shop.db.query<{ text: string }>(
          `SELECT json_agg(t)::text AS text FROM ${name} t`,
        );
        return [name, table?.text ?? ''] as const;
      }),
    );
    const everywhere = [['answers', answers.join('\n')], ['logs', logged.join('\n')], ...rows] as const;
    expect(logged.length).toBeGreaterThan(50);
    expect(rows.filter(([, text]) => text.includes('payments.stripe')).length).toBeGreaterThan(2);
    expect(Object.keys(planted).length).toBeGreaterThanOrEqual(13);
    const found = Object.entries(planted).flatMap(([name, value]) =>
      everywhere.filter(([, text]) => text.includes(value)).map(([where]) => `${name} in ${where}`),
    );
    expect(found).toEqual([]);
  });
});
