import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  erasedTables,
  nothingErased,
  personalColumns,
  type TableColumns,
} from '../../src/privacy/personal-columns.js';
import { LockPatience } from '../support/lock-patience.js';
import { MailServer } from '../support/mail-server.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { OrderDesk } from '../support/orders.js';
import { Person, type Purchase, traces } from '../support/person.js';
import { WebhookReceiver } from '../support/receiver.js';
import { netOf } from '../support/purchases.js';
import { createInRupees, savedToken } from '../support/razorpay.js';
import { redisIsInstalled, startRedis, type TestRedis, waitForRedis } from '../support/redis.js';
import { type Shop, startShop } from '../support/shop.js';
import { StripeWebhooks } from '../support/stripe-webhooks.js';
import { until } from '../support/wait.js';
import { addEndpoint } from '../support/webhooks.js';

const timings = {
  deliverSecondMs: 1,
  deliverEveryMs: 50,
  relayEveryMs: 100,
  emailsEveryMs: 100,
  emailSecondMs: 5,
  settingsCacheMs: 20,
};

let shop: Shop;
let redis: TestRedis | undefined;
let mail: MailServer;
let echo: WebhookReceiver;

beforeAll(() => LockPatience.begin());
beforeAll(async () => {
  redis = redisIsInstalled ? await startRedis() : undefined;
  mail = await MailServer.start();
  shop = await startShop({ ...(redis && { REDIS_URL: redis.url }), SMTP_URL: mail.url }, { timings });
  if (redis) waitForRedis(shop);
  echo = await WebhookReceiver.start();
  // Quotes what it was told of a person.
  echo.reply = ({ body }) => ({ status: 200, body: /canary[\w-]+/.exec(body)?.[0] });
  for (const profile of ['acp-2026-04-17', 'acp-2025-09-29', 'openai', 'classic'])
    await addEndpoint(shop, { url: `${echo.url}/${profile}`, profile });
});
afterAll(async () => {
  await shop.close();
  await echo.close();
  await mail.close();
  await redis?.kill();
});

const erase = (
  email: string,
  { key, query = '' }: { key?: string; query?: string } = {},
): Promise<MerchantAnswer> =>
  merchant(shop, `/admin/privacy/erase${query}`, { body: { email }, ...(key && { key }) });
const copyOf = (email: string, key?: string): Promise<MerchantAnswer> =>
  merchant(shop, '/admin/privacy/export', { body: { email }, ...(key && { key }) });
const tracesOf = (mark: string): Promise<Record<string, number>> => traces(shop, mark, redis?.url);

/** Everything that anybody could tell, relay, send or look at now has been. */
const calm = (): Promise<unknown> =>
  until(
    async () => [
      ...(await shop.simulator.events({ state: 'pending' })),
      ...(await shop.db.query(`SELECT id FROM outbox_event WHERE relayed_at IS NULL
        UNION ALL SELECT id FROM webhook_delivery WHERE state = 'pending'
        UNION ALL SELECT id FROM email_message WHERE state = 'pending'
        UNION ALL SELECT id FROM payment_operation WHERE state NOT IN ('succeeded', 'failed')
        UNION ALL SELECT id FROM webhook_event WHERE state = 'received'`)),
    ],
    (waiting) => waiting.length === 0,
  );

async function referenceOf({ sessionId }: Purchase): Promise<string> {
  const [row] = await shop.db.query<{ reference: string }>(
    `SELECT reference FROM payment_attempt WHERE subject_id = $1 AND state = 'captured'`,
    [sessionId],
  );
  return row!.reference;
}

/** One of each: sold with 3-D Secure and shipped, canceled, downloaded, by the other wire, left, declined, called off. */
async function liveThrough(person: Person, name: string) {
  const sold = await person.buyWithProof({
    create: `${name}-create`,
    // Some agents make their keys of what they know.
    update: `update for ${person.email}`,
    complete: `${name}-complete`,
  });
  await person.shipAndRefund(sold);
  const canceled = await person.buy();
  await person.cancel(canceled, `${name}-cancel`);
  const downloaded = await person.buy('item_field_guide');
  await person.download(downloaded);
  const byGuide = await person.buyByGuide();
  const left = await person.open();
  const declined = await person.open();
  await shop.agent.complete(declined, 'tok_chargeDeclined');
  const calledOff = await person.open();
  await shop.agent.cancel(calledOff, {
    intent_trace: {
      reason_code: person.say('reason'),
      trace_summary: person.say('summary'),
      metadata: { why: person.say('why') },
    },
  });
  await person.tellByProvider(await referenceOf(sold));
  const [endpoint] = await shop.db.query<{ id: string }>(
    'SELECT id FROM webhook_endpoint ORDER BY id LIMIT 1',
  );
  await merchant(shop, `/admin/webhook-endpoints/${endpoint?.id}/preview`, {
    body: { order_id: sold.orderId },
    key: `${name}-preview`,
  });
  await copyOf(person.email, `${name}-export`);
  await calm();
  // What providers may say of a card and a decline, which the simulated ones do not.
  await shop.db.query(
    `UPDATE payment_attempt SET instrument = jsonb_build_object('method', $2::text) WHERE subject_id = $1`,
    [sold.sessionId, person.say('card')],
  );
  await shop.db.query(
    `UPDATE payment_attempt SET failure = jsonb_set(failure, '{message}', to_jsonb($2::text)) WHERE subject_id = $1`,
    [declined, person.say('decline')],
  );
  await shop.db.query(
    `UPDATE checkout_session SET content = jsonb_set(content, '{notice,text}', to_jsonb($2::text)) WHERE id = $1`,
    [declined, person.say('notice')],
  );
  return { sold, canceled, downloaded, byGuide, left, declined, calledOff };
}

/** All rows that are not the person's, to the byte. */
async function rowsWith(mark: string): Promise<string[]> {
  const all: string[] = [];
  for (const table of erasedTables) {
    const rows = await shop.db.query<{ text: string }>(
      `SELECT t::text AS text FROM ${table} AS t WHERE t::text ILIKE '%${mark}%' ORDER BY id`,
    );
    all.push(...rows.map(({ text }) => `${table} ${text}`));
  }
  return all;
}

describe('every column', () => {
  it('that can hold words is on the list of what is personal, and nothing else is', async () => {
    const columns = await shop.db.query<{ table: string; column: string }>(
      `SELECT table_name AS table, column_name AS column FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name <> 'migration'
         AND data_type IN ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying', 'character', 'inet')
       ORDER BY 1, 2`,
    );
    const listed = Object.entries<TableColumns>(personalColumns).flatMap(([table, { erased = [], kept }]) =>
      [...erased, ...kept].map((column) => `${table}.${column}`),
    );
    expect(listed.toSorted()).toEqual(columns.map(({ table, column }) => `${table}.${column}`).toSorted());
  });
});

describe('a person who has filled in everything', () => {
  let ada: Person;
  let lived: Awaited<ReturnType<typeof liveThrough>>;
  let bobBefore: string[];
  let bobTraces: Record<string, number>;
  let amountsBefore: unknown;
  let dryRun: MerchantAnswer;
  let erased: MerchantAnswer;
  /** As somebody copied it. */
  let typed: string;

  const places = [
    ...['checkout_session', 'idempotency_claim', 'order_adjustment', 'order_fulfillment'],
    ...['order_fulfillment_event', 'outbox_event', 'payment_attempt', 'payment_operation'],
    ...['sandbox_agent_webhook', 'shop_order', 'webhook_attempt', 'webhook_body', 'webhook_event'],
  ];

  /** What bookkeeping needs. */
  const amounts = (): Promise<unknown> =>
    shop.db.query(
      `SELECT o.id, o.number, o.merchant_status, o.total, o.totals, o.currency, o.created_at, s.total AS session_total,
         s.state, s.updated_at, s.expires_at, s.content->'lines' AS lines, s.content->'quote'->'totals' AS session_totals,
         (SELECT json_agg(l ORDER BY l.id) FROM order_line AS l WHERE l.order_id = o.id) AS order_lines,
         (SELECT json_agg(json_build_array(a.id, a.type, a.status, a.amount, a.occurred_at) ORDER BY a.id)
          FROM order_adjustment AS a WHERE a.order_id = o.id) AS adjustments,
         (SELECT json_agg(json_build_array(p.id, p.state, p.amount, p.reference, p.updated_at) ORDER BY p.id)
          FROM payment_attempt AS p WHERE p.subject_id = s.id) AS payments,
         (SELECT json_agg(i ORDER BY i.item_id) FROM inventory AS i) AS stock
       FROM checkout_session AS s LEFT JOIN shop_order AS o ON o.session_id = s.id ORDER BY s.id`,
    );

  beforeAll(async () => {
    ada = new Person(shop, 'canaryada');
    typed = ` ${ada.email.toUpperCase()}\n`;
    const bob = new Person(shop, 'canarybob');
    await liveThrough(bob, 'bob');
    lived = await liveThrough(ada, 'ada');
  });

  it('is found in every place where something is kept of them, and in no other', async () => {
    const found = await tracesOf(ada.mark);
    expect(Object.keys(found).filter((place) => place !== 'redis')).toEqual(places);
    if (redis) expect(found.redis).toBeGreaterThan(10);
    expect(mail.mailsTo(ada.email).length).toBeGreaterThan(0);
  });

  it('gets a copy of it, without secrets and without anybody else', async () => {
    const { status, body, text } = await copyOf(ada.email.toUpperCase());
    expect(status).toBe(200);
    expect(body).toMatchObject({ email: ada.email });
    const counts = Object.fromEntries(
      Object.entries(body as Record<string, unknown[]>).flatMap(([name, list]) =>
        Array.isArray(list) ? [[name, list.length]] : [],
      ),
    );
    expect(counts).toMatchObject({
      sessions: 7,
      orders: 4,
      fulfillments: 2,
      provider_webhooks: expect.any(Number),
    });
    for (const said of [
      'street',
      'affiliate-note',
      'summary',
      'tracking',
      'license',
      'road',
      'receipt',
      'payer',
    ])
      expect(text).toContain(ada.say(said));
    expect(body.order_events[0].snapshot).toMatchObject({ type: 'order' });
    expect(body.stored_replies.some(({ body: reply }: { body: object }) => 'line_items' in reply)).toBe(true);
    expect(text).not.toContain('canarybob');
    expect(text).not.toMatch(/lease_token|"credential"|whsec|sk_test|Bearer/);
  });

  it('is shown what would be erased, and nothing is', async () => {
    const before = await tracesOf(ada.mark);
    dryRun = await erase(typed, { query: '?dry_run=true', key: 'try' });
    expect(dryRun.status).toBe(200);
    expect(dryRun.body).toMatchObject({
      dry_run: true,
      unfinished_orders: expect.arrayContaining([lived.sold.orderId]),
    });
    expect(await tracesOf(ada.mark)).toEqual(before);
    expect((await erase(ada.email, { query: '?dry_run=maybe' })).status).toBe(400);
  });

  it('is nowhere any more once that is asked for, and nobody else has changed', async () => {
    await calm();
    bobBefore = await rowsWith('canarybob');
    bobTraces = await tracesOf('canarybob');
    amountsBefore = await amounts();
    // The key of the dry run is free: what it said was of that moment.
    erased = await erase(typed, { key: 'try' });
    expect(erased.status).toBe(200);
    expect(await tracesOf(ada.mark)).toEqual({});
    expect(await rowsWith('canarybob')).toEqual(bobBefore);
    expect(await tracesOf('canarybob')).toEqual(bobTraces);
    expect(await amounts()).toEqual(amountsBefore);
  });

  it('is told what was erased, as the dry run had said, and where else to ask', () => {
    expect(erased.body.erased).toEqual(dryRun.body.erased);
    expect(Object.keys(erased.body.erased as object)).toEqual(erasedTables);
    expect(erased.body).toMatchObject({
      erased: { checkout_session: 7, shop_order: 4 },
      unfinished_orders: [lived.sold.orderId, lived.byGuide.orderId].sort(),
    });
    const providers = (erased.body.at_providers as { provider: string }[]).map(({ provider }) => provider);
    expect(new Set(providers)).toEqual(new Set(['stripe', 'razorpay']));
  });

  it('leaves an audit trail that does not name them', async () => {
    const entries = await shop.db.query<{ action: string; subject: string }>(
      `SELECT action, subject FROM audit_entry WHERE action LIKE 'person.%' ORDER BY position`,
    );
    const actions = new Set(entries.map(({ action }) => action));
    expect(actions).toEqual(new Set(['person.exported', 'person.erased']));
    expect(entries.every(({ subject }) => /^person_[0-9a-f]{64}$/.test(subject))).toBe(true);
  });

  it('can be erased again, which erases nothing', async () => {
    const again = await erase(ada.email);
    expect(again.body).toEqual({ erased: nothingErased(), unfinished_orders: [], at_providers: [] });
    const { body } = await copyOf(ada.email, 'ada-export');
    expect(body).toMatchObject({ sessions: [], orders: [], stored_replies: [], provider_webhooks: [] });
  });

  it('leaves sessions that their agent can read, and replies that can be asked for again', async () => {
    for (const id of [
      lived.sold.sessionId,
      lived.canceled.sessionId,
      lived.left,
      lived.declined,
      lived.calledOff,
    ]) {
      const { status, body } = await shop.agent.get(id);
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('buyer');
    }
    expect((await shop.agent.get(lived.left)).body.status).toBe('not_ready_for_payment');
    const replay = await shop.agent.create(ada.everything(), { key: 'ada-create' });
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(replay.body.id).toBe(lived.sold.sessionId);
    expect(replay.text).not.toContain(ada.mark);
    const canceled = await ada.cancel(lived.canceled, 'ada-cancel');
    expect(canceled).toMatchObject({ status: 200, body: { id: lived.canceled.orderId, status: 'canceled' } });
  });

  it('leaves orders that the merchant can read and go on with', async () => {
    const { orderId } = lived.sold;
    const paths = [`/orders/${orderId}`, `/admin/orders.csv?q=${orderId}`];
    for (const path of paths) {
      const page = await fetch(`${shop.url}${path}`, {
        headers: { Authorization: 'Bearer admin_sandbox_key' },
      });
      expect(page.status).toBe(200);
      expect((await page.text()).toLowerCase()).not.toContain(ada.mark);
    }
    const desk = new OrderDesk(shop, orderId);
    echo.received.length = 0;
    const { status } = await desk.refund({ reason: 'damaged' });
    expect(status).toBe(201);
    await desk.told();
    await calm();
    expect(new Set(echo.received.map(({ path }) => path)).size).toBe(4);
    expect(await tracesOf(ada.mark)).toEqual({});
    const { payment } = await desk.look();
    expect(payment?.refunded).toBe(payment?.captured);
    expect((await new OrderDesk(shop, lived.byGuide.orderId).cancel()).status).toBe(200);
  });

  it('stays erased when the provider tells of the payment again', async () => {
    const reference = await referenceOf(lived.sold);
    const bodies = (): Promise<{ body: string | null }[]> =>
      shop.db.query('SELECT body FROM webhook_event WHERE payment = $1', [reference]);
    const before = await bodies();
    await ada.tellByProvider(reference, { again: true });
    expect(await bodies()).toHaveLength(before.length + 1);
    expect((await bodies()).every(({ body }) => body === null)).toBe(true);
    // Also by events that are about nothing we look at.
    const stripe = new StripeWebhooks(shop.url);
    for (const type of ['charge.updated', 'charge.of_tomorrow'])
      await stripe.send(stripe.event({ payment: reference, type, email: ada.say('receipt') }));
    expect(await tracesOf(ada.mark)).toEqual({});
  });

  it('stays erased when money comes after all: it goes back, and no card is kept', async () => {
    const eve = new Person(shop, 'canaryeve');
    const { body } = await createInRupees(shop, { buyer: eve.buyer });
    await shop.agent.complete(body.id as string, savedToken('token_simDeclined'));
    await calm();
    const attempt = async (): Promise<{ reference: string; state: string; instrument: unknown }> =>
      (
        await shop.db.query<{ reference: string; state: string; instrument: unknown }>(
          'SELECT reference, state, instrument FROM payment_attempt WHERE subject_id = $1',
          [body.id],
        )
      )[0]!;
    expect((await erase(eve.email)).status).toBe(200);
    const { reference } = await attempt();
    await shop.simulator.post(`/_sim/razorpay/payments/${reference}/capture`, {});
    await until(attempt, ({ state }) => state === 'surplus');
    await until(
      () => netOf(shop, body.id as string),
      (net) => net === 0,
    );
    expect((await attempt()).instrument).toBeNull();
  });
});
