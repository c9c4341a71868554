import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NestLogger } from '../../src/common/logging.js';
import { variables } from '../../src/config/variables.js';
import { type PspSimulator, startPspSimulator } from '../../src/sandbox/psp/simulator.js';
import { SettingsRegistry } from '../../src/settings/settings.registry.js';
import { Agent, caAddress, payWith } from '../support/agent.js';
import { Canaries } from '../support/canaries.js';
import { MailServer } from '../support/mail-server.js';
import { freePort } from '../support/ports.js';
import { bodyOf, ProviderRelay } from '../support/provider-relay.js';
import { mumbaiAddress, orderOf, proofOf, savedToken } from '../support/razorpay.js';
import { redisIsInstalled, startRedis, type TestRedis } from '../support/redis.js';
import { startShop, type Shop } from '../support/shop.js';
import { SimulatorClient } from '../support/simulator.js';
import { StripeWebhooks } from '../support/stripe-webhooks.js';
import { until } from '../support/wait.js';

const canaries = new Canaries();
const plant = canaries.plant.bind(canaries);
const keep = canaries.keep.bind(canaries);
/** What the merchant has put into the address of an endpoint is shown with it. */
const inAddresses = new Canaries();

/** Every variable of the environment that is a secret or has one in it, but for those of the databases (see e2e). */
const inEnvironment = [
  'ADMIN_API_KEY',
  'AGENT_API_KEY',
  'RAZORPAY_KEY_SECRET',
  'RAZORPAY_WEBHOOK_SECRET',
  'RAZORPAY_WEBHOOK_SECRET_PREVIOUS',
  'REDIS_URL',
  'SETTINGS_ENCRYPTION_KEY',
  'SETTINGS_ENCRYPTION_KEY_PREVIOUS',
  'SMTP_URL',
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_WEBHOOK_SECRET_PREVIOUS',
];
const elsewhere = ['DATABASE_URL', 'DATABASE_DIRECT_URL'];
/** Their names only sound so. */
const noSecrets = ['PUBLIC_URL', 'RAZORPAY_KEY_ID'];

/** Members of requests that hold a secret, as the documentation names them; each is planted below. */
const inRequests = ['payment_token', 'secret', 'signature', 'three_ds_cryptogram', 'token'];
/** A licence key is what the buyer has bought. */
const noSecretMembers = ['idempotency_key', 'license_key', 'publicKey', 'signature_header', 'version'];

const masterKey = (name: string): string => keep(name, randomBytes(32).toString('base64'), '');

const timings = {
  operationsEveryMs: 200,
  inboxEveryMs: 200,
  relayEveryMs: 100,
  deliverEveryMs: 100,
  deliverSecondMs: 5,
  emailsEveryMs: 100,
  emailSecondMs: 5,
  reconcileAfterMs: 300,
  reconcileEveryMs: 200,
  settingsCacheMs: 20,
};

interface Told {
  status: number;
  text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema?: { example?: unknown } }[];
  requestBody?: unknown;
}

/** Ids of things that are not under the list that the path begins with. */
const idsFrom: Record<string, string> = {
  '/checkout_sessions/': '/admin/checkout-sessions',
  '/acp/orders/': '/admin/orders',
  '/orders/': '/admin/orders',
};

describe('no secret', () => {
  let shop: Shop;
  let agent: Agent;
  let redis: TestRedis | undefined;
  let mail: MailServer;
  let simulator: PspSimulator;
  let dataDir: string;
  let relay: ProviderRelay;
  let echo: Server;
  let adminKey: string;
  let document: { paths: Record<string, Record<string, Operation>> };
  /** Where something was told, and what. */
  const outputs: { where: string; text: string }[] = [];
  const tell = (where: string, text: string): unknown => outputs.push({ where, text });
  const leaks = (of: (where: string) => boolean): string[] => [
    ...new Set(
      outputs
        .filter(({ where }) => of(where))
        .flatMap(({ where, text }) => canaries.foundIn(text).map((name) => `${name} in ${where}`)),
    ),
  ];
  const kind =
    (name: string): ((where: string) => boolean) =>
    (where) =>
      where.startsWith(`${name}: `);

  async function call(
    method: string,
    path: string,
    body?: unknown,
    {
      key = adminKey,
      headers = {},
      once = false,
    }: { key?: string; headers?: Record<string, string>; once?: boolean } = {},
  ): Promise<Told> {
    const response = await fetch(`${shop.url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const shown = once && response.ok ? '' : text;
    tell(`answer: ${method} ${path} ${response.status}`, `${shown} ${JSON.stringify([...response.headers])}`);
    const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, text, body: isJson && text !== '' ? JSON.parse(text) : undefined };
  }
  const post = (path: string, body: unknown, more: object = {}): Promise<Told> =>
    call('POST', path, body, more);
  /** With a key, and once more: what shows a secret once shows it to who asks again, and keeps it sealed. */
  const twice = async (path: string, body: unknown, once = true): Promise<Told> => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await post(path, body, { headers, once });
    const second = await post(path, body, { headers, once });
    expect([first.status < 300, second.text]).toEqual([true, first.text]);
    return first;
  };
  const refused = async (answer: Promise<Told>): Promise<void> => {
    expect((await answer).status).toBeGreaterThanOrEqual(400);
  };

  beforeAll(async () => {
    vi.spyOn(NestLogger.prototype as unknown as { write: () => void }, 'write').mockImplementation(
      // Before any redaction, errors whole, with all that hangs on them.
      (...said: unknown[]) =>
        void tell(
          'log: a line',
          inspect(said, { depth: 12, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity }),
        ),
    );
    mail = await MailServer.start();
    echo = createServer((request, response) => {
      void bodyOf(request).then((body) =>
        response.writeHead(500).end(`${JSON.stringify(request.headers)} ${body}`),
      );
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    redis = redisIsInstalled ? await startRedis() : undefined;
    dataDir = await mkdtemp(join(tmpdir(), 'storekeeper-canary-'));
    simulator = await startPspSimulator({ port: await freePort(), dataDir });
    relay = await ProviderRelay.start(simulator.url);
    adminKey = plant('ADMIN_API_KEY', 'admin_12');
    const environment = {
      ADMIN_API_KEY: adminKey,
      AGENT_API_KEY: plant('AGENT_API_KEY', 'agent_12'),
      STRIPE_SECRET_KEY: plant('STRIPE_SECRET_KEY', 'sk_test_'),
      STRIPE_WEBHOOK_SECRET: plant('STRIPE_WEBHOOK_SECRET'),
      STRIPE_WEBHOOK_SECRET_PREVIOUS: plant('STRIPE_WEBHOOK_SECRET_PREVIOUS'),
      RAZORPAY_KEY_SECRET: plant('RAZORPAY_KEY_SECRET'),
      RAZORPAY_WEBHOOK_SECRET: plant('RAZORPAY_WEBHOOK_SECRET'),
      RAZORPAY_WEBHOOK_SECRET_PREVIOUS: plant('RAZORPAY_WEBHOOK_SECRET_PREVIOUS'),
      SETTINGS_ENCRYPTION_KEY: masterKey('SETTINGS_ENCRYPTION_KEY'),
      SETTINGS_ENCRYPTION_KEY_PREVIOUS: masterKey('SETTINGS_ENCRYPTION_KEY_PREVIOUS'),
      SMTP_URL: mail.url.replace('//', `//mailer:${plant('SMTP_URL')}@`),
      ...(redis && { REDIS_URL: redis.url.replace('//', `//:${plant('REDIS_URL')}@`) }),
    };
    shop = await startShop(
      { ...environment, STRIPE_API_BASE: relay.url, RAZORPAY_API_BASE: relay.url },
      { timings },
    );
    shop.simulator = new SimulatorClient(simulator.url);
    agent = new Agent(shop.url, plant('AGENT_API_KEY'));
    document = (await call('GET', '/docs/json')).body;

    await settings();
    await providers();
    await keys();
    await endpoints();
    await agents();
    await payments();
    await inboundWebhooks();
    await badRequests();
    await everyGet();
    await everythingKept();
  });
  afterAll(async () => {
    await shop.close();
    vi.restoreAllMocks();
    await relay.close();
    await simulator.close();
    await mail.close();
    echo.close();
    await redis?.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** The form that some keys must have. */
  const formOf: Record<string, string> = { 'payments.stripe.secretKey': 'sk_test_' };

  async function settings(): Promise<void> {
    for (const { namespace, secrets = [] } of shop.server.app.get(SettingsRegistry).all()) {
      const path = `/admin/settings/${namespace}`;
      for (const member of secrets) {
        const name = `${namespace}.${member}`;
        const fresh = (what = ''): string => plant(name + what, formOf[name]);
        const headers = { 'Idempotency-Key': `set-${name}` };
        const patch = (body: unknown, more: object = {}, query = ''): Promise<Told> =>
          call('PATCH', path + query, body, more);
        expect((await patch({ [member]: fresh(' at first') })).status).toBe(200);
        expect((await patch({ [member]: fresh() }, { headers })).status).toBe(200);
        await patch({ [member]: fresh() }, { headers });
        await patch({ [member]: fresh(' tried') }, {}, '?dry_run=true');
        await refused(patch({ [member]: fresh(' too late') }, { headers: { 'If-Match': '0' } }));
        await refused(patch({ [member]: fresh(' elsewhere') }, {}, '/nothing'));
        const wrong = fresh(' wrong');
        for (const value of [
          `${wrong} `,
          `${wrong}é`,
          [wrong],
          { [member]: wrong },
          { set: true, last4: wrong },
        ]) {
          await refused(patch({ [member]: value }));
          await patch({ [member]: value }, {}, '?dry_run=true');
        }
        await refused(patch({ [`${member}s`]: wrong, sessionTtlMinutes: wrong }));
        await refused(patch(`{"${member}":"${wrong}"`));
        await refused(patch(JSON.stringify(wrong)));
        await refused(
          call('PATCH', '/admin/settings/checkout', { [member]: wrong, links: wrong, currencies: [wrong] }),
        );
      }
      if (secrets.length === 0) continue;
      const { version } = (await call('GET', path)).body as { version: number };
      await post(`${path}/rollback?dry_run=true`, { version: 1 });
      await post(`${path}/rollback`, { version: 1 });
      await post(`${path}/rollback`, { version });
    }
  }

  async function providers(): Promise<void> {
    for (const gossips of [false, true]) {
      relay.gossips = gossips;
      for (const code of ['stripe', 'razorpay'])
        for (let n = 0; n < (gossips ? 4 : 1); n++) {
          const { body } = await post(`/admin/payment-providers/${code}/verify`, {});
          expect(body.ok).toBe(!gossips);
        }
    }
    relay.gossips = false;
  }

  async function keys(): Promise<void> {
    const shown = (name: string, { body }: Told): { id: string; key: string } => {
      keep(name, body.key as string, (body.key as string).slice(0, 8));
      return body as { id: string; key: string };
    };
    const path = '/admin/api-keys';
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const made = shown('API key', await twice(path, { name: 'made', scopes: ['admin:read'], expires_at }));
    const next = shown(
      'API key, rotated',
      await twice(`${path}/${made.id}/rotate`, { overlap_seconds: 600 }),
    );
    const last = shown('API key, rotated again', await twice(`${path}/${next.id}/rotate`, {}));
    const revoked = shown('API key, revoked', await twice(path, { name: 'revoked', scopes: ['admin'] }));
    const ended = shown('API key, expired', await twice(path, { name: 'expired', expires_at }));
    await call('DELETE', `${path}/${revoked.id}`);
    await shop.db.query('UPDATE api_key SET expires_at = now() WHERE id = $1', [ended.id]);
    for (const { key } of [made, next, last, revoked, ended]) {
      await call('GET', '/admin/orders', undefined, { key });
      await call('PATCH', '/admin/settings/checkout', { sessionTtlMinutes: 5 }, { key });
      await refused(call('GET', `/admin/orders?key=${key}&limit=${key}`));
      await refused(call('GET', '/admin/orders', undefined, { headers: { Authorization: `Basic ${key}` } }));
    }
    await refused(
      call('GET', '/admin/orders', undefined, { key: plant('a key that nobody has', 'stk_1234') }),
    );
    await refused(post(path, { name: [plant('API key, refused')], key: plant('API key, refused') }));
  }

  async function endpoints(): Promise<void> {
    const path = '/admin/webhook-endpoints';
    const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}/hook`;
    const withToken = `${url}?token=${inAddresses.plant('token')}`;
    const given = await twice(path, { url: withToken, secret: plant('endpoint secret, given') });
    const made = await twice(path, { url, profile: 'openai' });
    keep('endpoint secret, made', made.body.secret as string, 'whsec_');
    const { id } = given.body as { id: string };
    for (const profile of ['classic', 'acp-2025-09-29'])
      await twice(path, { url, profile, secret: plant(`endpoint secret, ${profile}`) });
    const rotated = await twice(`${path}/${made.body.id}/rotate-secret`, { overlap_seconds: 600 });
    keep('endpoint secret, rotated', rotated.body.secret as string, 'whsec_');
    await twice(`${path}/${id}/rotate-secret`, {
      secret: plant('endpoint secret, next'),
      overlap_seconds: 600,
    });
    const wrong = plant('endpoint secret, wrong');
    await refused(call('PATCH', `${path}/${id}`, { secret: wrong }));
    for (const secret of [[wrong], { secret: wrong }, `${wrong} `, `${wrong}é`, wrong.repeat(9)]) {
      await refused(post(path, { url, secret }));
      await refused(post(`${path}/${id}/rotate-secret`, { secret }));
    }
    await refused(post(path, { url: `https://me:${wrong}@shop.example/`, secret: wrong }));
    await refused(post(path, { url: 'http://10.0.0.1/', secret: wrong }));
    await refused(post(`${path}/${id}/rotate-secret`, { secret: wrong, overlap_seconds: wrong }));
    for (const endpoint of [id, made.body.id as string]) {
      await twice(`${path}/${endpoint}/test`, {}, false);
      await twice(`${path}/${endpoint}/preview`, {}, false);
    }
  }

  async function agents(): Promise<void> {
    const path = '/admin/agents';
    const signing = (secret: unknown): object => ({
      options: { requestSigning: { secret, required: true } },
    });
    const { body } = await twice(path, { name: 'signs', ...signing(plant('signing secret')) }, false);
    const one = `${path}/${body.id}`;
    expect((await call('PATCH', one, signing(plant('signing secret, changed')))).status).toBe(200);
    const wrong = plant('signing secret, wrong');
    for (const secret of [[wrong], { secret: wrong }, `${wrong} `, wrong.repeat(9)]) {
      await refused(call('PATCH', one, signing(secret)));
      await refused(post(path, { name: 'x', ...signing(secret) }));
    }
    const publicKey = `-----BEGIN PRIVATE KEY-----\n${wrong}\n-----END PRIVATE KEY-----`;
    await refused(call('PATCH', one, { options: { requestSigning: { algorithm: 'ed25519', publicKey } } }));
    const { body: made } = await post(
      '/admin/api-keys',
      { name: 'signs', agent_id: body.id },
      { once: true },
    );
    keep('API key of an agent that signs', made.key as string, (made.key as string).slice(0, 8));
    const forged = { Signature: plant('a forged signature'), Timestamp: new Date().toISOString() };
    const headers = { 'API-Version': '2026-04-17', 'Idempotency-Key': randomUUID(), ...forged };
    await refused(post('/checkout_sessions', {}, { key: made.key, headers }));
    const saved = { provider: 'razorpay', customer_id: 'cust_1', token: plant('saved token', 'token_') };
    await twice(`${one}/saved-tokens`, saved, false);
    const bad = plant('saved token, wrong');
    for (const token of [bad, [bad], `token_${bad}!`])
      await refused(post(`${one}/saved-tokens`, { ...saved, token }));
  }

  const pay = async (id: string, body: object, headers: object = {}): Promise<Told> =>
    post(`/checkout_sessions/${id}/complete`, body, {
      key: plant('AGENT_API_KEY'),
      headers: { 'API-Version': '2026-04-17', 'Idempotency-Key': randomUUID(), ...headers },
    });
  const session = async (more: object = {}): Promise<string> => {
    const buyer = { first_name: 'Ada', email: 'ada@buyer.example' };
    return (await agent.create({ buyer, ...more })).body.id as string;
  };
  const granted = async (name: string, amount = 5371): Promise<string> => {
    const form = new URLSearchParams({
      payment_method: 'pm_card_visa',
      'usage_limits[currency]': 'usd',
      'usage_limits[max_amount]': String(amount),
      'usage_limits[expires_at]': String(Math.floor(Date.now() / 1000) + 600),
    });
    const response = await fetch(`${simulator.url}/v1/test_helpers/shared_payment/granted_tokens`, {
      method: 'POST',
      headers: { Authorization: 'Bearer sk_test_agent', 'Stripe-Version': '2026-04-22.preview' },
      body: form,
    });
    return keep(name, ((await response.json()) as { id: string }).id, 'spt_', { whole: true });
  };

  async function payments(): Promise<void> {
    await stripePayments();
    await razorpayPayments();
    await guidePayments();
    // An order has been told to every endpoint, and each has told what it got.
    await until(
      () =>
        shop.db
          .query(`SELECT DISTINCT endpoint_id FROM webhook_attempt AS a JOIN webhook_delivery AS d ON d.id = a.delivery_id
           WHERE response_excerpt IS NOT NULL`),
      (seen) => seen.length >= 4,
    );
    await until(
      () => shop.db.query('SELECT 1 FROM email_message WHERE attempts > 0'),
      (seen) => seen.length > 0,
    );
  }

  async function stripePayments(): Promise<void> {
    const paid = await session();
    await pay(paid, payWith(plant('card token that Stripe does not know', 'spt_')));
    const token = await granted('shared payment token');
    const key = { 'Idempotency-Key': 'paid' };
    expect((await pay(paid, payWith(token), key)).body.status).toBe('completed');
    expect((await pay(paid, payWith(token), key)).body.status).toBe('completed');
    await refused(pay(paid, payWith(plant('another token under the same key')), key));
    const number = canaries.plantDigits('card number');
    const cvc = canaries.plantDigits('card security code');
    const credential = { type: 'spt', token: plant('card token in a refused request'), number, cvc };
    for (const wrong of [
      { handler_id: 'nobody', instrument: { type: 'card', credential } },
      { handler_id: 'card_tokenized', instrument: { type: number, credential } },
      {
        handler_id: 'card_tokenized',
        instrument: { type: 'card', credential: { ...credential, type: cvc } },
      },
      {
        handler_id: 'card_tokenized',
        instrument: { type: 'card', credential: { ...credential, token: [number] } },
      },
      { handler_id: 'card_tokenized', instrument: { type: 'card', credential: number } },
      { handler_id: 'card_tokenized', instrument: { type: 'card', number, cvc } },
      { number, cvc },
      number,
    ])
      await refused(pay(await session(), { payment_data: wrong }));
    await refused(pay(await session(), { number, payment_data: { ...payWith('x'), token: number } }));

    const asked = await session({ capabilities: { interventions: { supported: ['3ds'] } } });
    await pay(asked, payWith('tok_threeDSecure2Required'));
    const proof = (outcome: string): object => ({
      outcome,
      outcome_details: {
        three_ds_cryptogram: plant('3-D Secure cryptogram'),
        electronic_commerce_indicator: '05',
        transaction_id: randomUUID(),
        version: '2.2.0',
      },
    });
    await refused(pay(asked, { ...payWith('tok_threeDSecure2Required'), authentication_result: proof('x') }));
    const three = { ...payWith('tok_threeDSecure2Required'), authentication_result: proof('authenticated') };
    expect((await pay(asked, three)).body.status).toBe('completed');

    const unlucky = await session();
    relay.gossips = true;
    for (let n = 0; n < 4; n++)
      await pay(unlucky, payWith(await granted(`shared payment token, provider answers nonsense ${n}`)));
    relay.gossips = false;
    const lost = await granted('shared payment token, outcome unknown');
    await shop.simulator.inject({ match: { provider: 'stripe', times: 2 }, action: 'execute_then_html_502' });
    await pay(unlucky, payWith(lost));
    await shop.simulator.clearFaults();
    await until(
      () => agent.get(unlucky),
      ({ body }) => body.status !== 'complete_in_progress',
    );
  }

  async function razorpayPayments(): Promise<void> {
    const inRupees = { currency: 'inr', fulfillment_details: { address: mumbaiAddress } };
    const created = await agent.create(inRupees);
    const id = created.body.id as string;
    const orderId = orderOf(created.body) as string;
    const triple = (await shop.simulator.post('/_sim/razorpay/checkout', {
      order_id: orderId,
      method: 'upi',
      vpa: 'success@razorpay',
    })) as Parameters<typeof proofOf>[0];
    const forged = createHmac('sha256', 'x').update(randomUUID()).digest('hex');
    await refused(
      pay(id, proofOf({ ...triple, razorpay_signature: keep('payment signature, forged', forged, '') })),
    );
    await refused(pay(id, savedToken(plant('saved token that nobody registered', 'token_'))));
    keep('payment signature', triple.razorpay_signature, '');
    expect((await pay(id, proofOf(triple))).body.status).toBe('completed');
    const { body: open } = await agent.create(inRupees);
    const token = plant('saved token, provider answers nonsense', 'token_');
    relay.gossips = true;
    for (let n = 0; n < 4; n++) {
      await agent.create(inRupees);
      await pay(open.id as string, savedToken(token));
    }
    await gossipAboutOrders();
    relay.gossips = false;
  }

  /** Every call that a merchant, a webhook or a sweep makes a provider answer. */
  async function gossipAboutOrders(): Promise<void> {
    const listed = async (path: string): Promise<{ id: string; reference: string }[]> =>
      (await call('GET', path)).body.data as { id: string; reference: string }[];
    for (const { id } of await listed('/admin/orders'))
      await post(`/admin/orders/${id}/refunds`, { amount: 100, reason: 'other' });
    for (const { id, reference } of await listed('/admin/payments')) {
      await post(`/admin/payments/${id}/reconcile`, {});
      await post(`/admin/payments/${id}/capture`, {});
      const webhooks = new StripeWebhooks(shop.url, plant('payments.stripe.webhookSecret'));
      await webhooks.send(webhooks.event({ payment: reference, type: 'charge.refunded' }));
    }
    // Each of them was tried.
    await until(
      () => shop.db.query<{ n: number }>(`SELECT count(*)::int AS n FROM payment_operation WHERE tries > 0`),
      ([seen]) => (seen?.n ?? 0) >= 2,
    );
  }

  async function guidePayments(): Promise<void> {
    const { name, line_one: street, city, state, country, postal_code: zip } = caAddress;
    const shipping_address = { name, street, city, state, country, zip };
    const as = { key: plant('AGENT_API_KEY') };
    const body = { product_id: 'prod_merino_tee', shipping_address, idempotency_key: 'guide' };
    const { body: made } = await post('/acp/checkout/create', body, as);
    const complete = (payment_token: unknown): Promise<Told> =>
      post(
        `/acp/checkout/${made.checkout_id}/complete`,
        { payment_token, idempotency_key: randomUUID() },
        as,
      );
    const wrong = plant('payment token of the guide, refused');
    for (const token of [[wrong], { token: wrong }, { type: wrong, token: wrong }, `${wrong} `, wrong])
      await refused(complete(token));
    expect((await complete(await granted('payment token of the guide'))).body.status).toBe('confirmed');
  }

  async function inboundWebhooks(): Promise<void> {
    const { webhookSecret } = { webhookSecret: plant('payments.stripe.webhookSecret') };
    const webhooks = new StripeWebhooks(shop.url, webhookSecret);
    const text = webhooks
      .event()
      .replace(
        '"object": "payment_intent"',
        `"client_secret": "${plant('client secret of a payment intent', 'pi_1_secret_')}", "object": "payment_intent"`,
      );
    const answers = [
      await webhooks.send(text),
      await webhooks.send(text, { signature: `t=1,v1=${plant('a forged webhook signature')}` }),
      await webhooks.send(`${text}{`),
      await new StripeWebhooks(shop.url, plant('a webhook secret that is not ours')).send(text),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 400, 400]);
    for (const { status, body } of answers)
      tell(`answer: POST /webhooks/stripe ${status}`, JSON.stringify(body));
  }

  /** Every request that has a body, in the ways in which none is right. */
  async function badRequests(): Promise<void> {
    const wrong = plant('in a request that is refused');
    // The receiver of the sandbox is there to show what came, from whomever.
    const kept = '/sandbox/agent/webhooks';
    for (const { method, path } of operations().filter(
      ({ path: at, operation }) => operation.requestBody !== undefined && at !== kept,
    )) {
      const at = path.replace(/{namespace}/, 'payments.stripe').replace(/{\w+}/g, 'nothing');
      const key = /^\/(admin|metrics)/.test(at) ? adminKey : plant('AGENT_API_KEY');
      const headers = { 'API-Version': '2026-04-17' };
      for (const body of [
        `{"secret":"${wrong}"`,
        `{"a":"${wrong}","a":"${wrong}"}`,
        JSON.stringify(wrong),
        [wrong],
        { secret: wrong, token: wrong, [`${method}Secret`]: [wrong] },
      ]) {
        const idempotency = { 'Idempotency-Key': randomUUID() };
        const { status } = await call(method.toUpperCase(), at, body, {
          key,
          headers: { ...headers, ...idempotency },
        });
        expect([path, status >= 400 && status < 500]).toEqual([path, true]);
      }
    }
  }

  const operations = (): { method: string; path: string; operation: Operation }[] =>
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
    );

  const uncovered: string[] = [];
  async function everyGet(): Promise<void> {
    const reads = operations().filter(({ method }) => method === 'get');
    for (const { path, operation } of reads) {
      const answers: number[] = [];
      for (const at of await addressesOf(path, operation)) answers.push(await read(at));
      if (!answers.some((status) => status < 400)) uncovered.push(path);
    }
    // What the documentation itself does not list.
    for (const at of [
      '/docs',
      '/docs/json',
      '/docs/yaml',
      '/docs/swagger-ui-init.js',
      '/metrics',
      '/health/live',
      '/health/ready',
    ])
      expect([at, await read(at)]).toEqual([at, 200]);
  }

  async function read(at: string): Promise<number> {
    const key = /^\/(admin|metrics|docs)/.test(at) ? adminKey : plant('AGENT_API_KEY');
    const headers = { 'API-Version': '2026-04-17' };
    // A check of health may have waited for a machine that stood still.
    const { status, text } = await until(
      () => call('GET', at, undefined, { key, headers }),
      (answer) => answer.status !== 503,
    );
    tell(`read: ${at}`, text);
    return status;
  }

  /** Every address of a route: with each real thing in it that there is. */
  async function addressesOf(path: string, { parameters = [] }: Operation): Promise<string[]> {
    const query = parameters
      .filter((parameter) => parameter.in === 'query' && parameter.required)
      .map(
        ({ name, schema }) =>
          `${name}=${encodeURIComponent(String((schema?.example as string | undefined) ?? 'ada@buyer.example'))}`,
      );
    if (parameters.some(({ name }) => name === 'limit')) query.push('limit=100');
    const search = query.length > 0 ? `?${query.join('&')}` : '';
    const [before = '', after] = path.split(/{\w+}/);
    if (after === undefined) return [path + search];
    return (await idsUnder(before)).map((id) => `${before}${encodeURIComponent(id)}${after}${search}`);
  }

  async function idsUnder(parent: string): Promise<string[]> {
    if (parent === '/admin/items/') {
      const { data } = (await call('GET', '/admin/products')).body as { data: { items: { id: string }[] }[] };
      return data.flatMap(({ items }) => items.map(({ id }) => id)).slice(0, 3);
    }
    const list = idsFrom[parent] ?? parent.replace(/\/$/, '');
    const { body } = await call('GET', `${list}${list === '/admin/settings' ? '' : '?limit=100'}`);
    const rows = (body?.data ?? []) as Record<string, string>[];
    return rows.map((row) => row.id ?? row.namespace ?? row.code ?? '');
  }

  async function everythingKept(): Promise<void> {
    const tables = await shop.db.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of tables) {
      const [table] = await shop.db.query<{ text: string | null }>(
        `SELECT json_agg(t)::text AS text FROM ${name} t`,
      );
      tell(`table: ${name}`, table?.text ?? '');
    }
    const kept = String(shop.env.DATA_DIR);
    for (const name of await readdir(kept, { recursive: true })) {
      const text = await readFile(join(kept, name), 'latin1').catch(() => '');
      tell(`file: ${name}`, text);
    }
    if (redis)
      for (const [name, text] of await redisEntries(redis.url)) tell(`redis: ${name}`, `${name} ${text}`);
  }

  it('is forgotten here: a new one of the settings, the environment or a request has to be planted', () => {
    const sounds = /KEY|SECRET|PASS|TOKEN|URL/;
    const known = [...inEnvironment, ...elsewhere, ...noSecrets].sort();
    expect(
      Object.keys(variables)
        .filter((name) => sounds.test(name))
        .sort(),
    ).toEqual(known);
    for (const name of inEnvironment)
      if (redis ?? name !== 'REDIS_URL') expect(canaries.names).toContain(name);
    const members = new Set<string>();
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties } = node as { properties?: object };
      for (const name of Object.keys(properties ?? {})) members.add(name);
      Object.values(node).forEach(walk);
    };
    const schemas = (document as unknown as { components: { schemas: Record<string, object> } }).components
      .schemas;
    for (const [name, schema] of Object.entries(schemas)) if (/Dto$/.test(name)) walk(schema);
    for (const { operation } of operations()) walk(operation.requestBody);
    const found = [...members]
      .filter((name) => /key|secret|pass|token|signature|cvc|crypto|version$/i.test(name))
      .sort();
    expect(found).toEqual([...inRequests, ...noSecretMembers].sort());
    const names = canaries.names.join();
    for (const { namespace, secrets = [] } of shop.server.app.get(SettingsRegistry).all())
      for (const member of secrets) expect(names).toContain(`${namespace}.${member}`);
  });

  it('can be read by a GET, and every GET of the documentation was read', () => {
    expect(uncovered).toEqual([]);
    expect(leaks(kind('read'))).toEqual([]);
  });

  it('comes back in an answer or an error', () => {
    expect(outputs.filter(({ where }) => /^answer: .* 4\d\d$/.test(where)).length).toBeGreaterThan(200);
    expect(leaks(kind('answer'))).toEqual([]);
  });

  it('is in a log, on any level', () => {
    expect(outputs.filter(({ where }) => kind('log')(where)).length).toBeGreaterThan(300);
    expect(leaks(kind('log'))).toEqual([]);
  });

  it('is in the database in clear: not in the history, the audit log or anything else', () => {
    const rows = (name: string): string =>
      outputs.find(({ where }) => where === `table: ${name}`)?.text ?? '';
    for (const name of [
      'audit_entry',
      'setting_version',
      'webhook_attempt',
      'idempotency_claim',
      'payment_attempt',
    ])
      expect(rows(`public.${name}`).length, name).toBeGreaterThan(100);
    expect(leaks(kind('table'))).toEqual([]);
  });

  it('is in a file of the data directory', () => {
    expect(outputs.map(({ where }) => where)).toContain('file: webhooks.log');
    expect(leaks(kind('file'))).toEqual([]);
  });

  it.skipIf(!redisIsInstalled)('is in Redis', () => {
    expect(outputs.filter(({ where }) => kind('redis')(where)).length).toBeGreaterThan(10);
    expect(leaks(kind('redis'))).toEqual([]);
  });

  it('in the address of an endpoint is shown anywhere but with the endpoint', () => {
    const places = outputs
      .filter(({ text }) => inAddresses.foundIn(text).length > 0)
      .map(({ where }) => where);
    expect(places.length).toBeGreaterThan(2);
    const others = places.filter(
      // Replies are kept as they were answered.
      (where) =>
        !/ \/admin\/webhook-endpoints|^table: public\.(webhook_endpoint|idempotency_claim)$|:reply:/.test(
          where,
        ),
    );
    expect(others).toEqual([]);
  });

  it('was left out of the search', () => {
    const count = (name: string): number => outputs.filter(({ where }) => kind(name)(where)).length;
    const kinds = ['answer', 'read', 'log', 'table', 'file', 'redis'].map((name) => `${count(name)} ${name}`);
    console.info(`canaries: ${canaries.size} secrets x ${outputs.length} outputs (${kinds.join(', ')})`);
    expect(canaries.size).toBeGreaterThan(60);
    // The search itself finds what is there, in every form of it.
    const secret = plant('ADMIN_API_KEY');
    for (const told of [
      secret,
      Buffer.from(secret).toString('hex'),
      Buffer.from(`x:${secret}:y`).toString('base64'),
    ])
      expect(canaries.foundIn(`before ${told} after`)).toEqual(['ADMIN_API_KEY']);
  });
});

async function redisEntries(url: string): Promise<[string, string][]> {
  const client = new Redis(url);
  const entries: [string, string][] = [];
  for (const key of await client.keys('*'))
    entries.push([key, JSON.stringify(await redisValue(client, key))]);
  client.disconnect();
  return entries;
}

async function redisValue(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case 'string':
      return client.get(key);
    case 'hash':
      return client.hgetall(key);
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return client.smembers(key);
    case 'zset':
      return client.zrange(key, 0, -1, 'WITHSCORES');
    case 'stream':
      return client.xrange(key, '-', '+');
    case 'none':
      // Gone since it was listed.
      return null;
    default:
      throw new Error(`${key} is of a type that this test cannot read`);
  }
}
