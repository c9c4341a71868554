import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { describeError, NestLogger } from '../../src/common/logging.js';
import { Database } from '../../src/database/database.js';
import { ReplayCache } from '../../src/idempotency/replay-cache.js';
import { ChargingService } from '../../src/payments/charging.service.js';
import { OperationsService } from '../../src/payments/operations.service.js';
import { EraseSubjectService } from '../../src/privacy/erase-subject.service.js';
import { Gate } from '../support/gate.js';
import { LockPatience } from '../support/lock-patience.js';
import { MailServer, type ReceivedMail } from '../support/mail-server.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { OrderDesk } from '../support/orders.js';
import { Person, type Purchase, traces } from '../support/person.js';
import { type Reply, WebhookReceiver } from '../support/receiver.js';
import { redisIsInstalled, startRedis, type TestRedis, waitForRedis } from '../support/redis.js';
import { RowLock } from '../support/row-lock.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';
import { addEndpoint, sandboxAgentId } from '../support/webhooks.js';

const timings = {
  deliverSecondMs: 1,
  deliverEveryMs: 50,
  relayEveryMs: 100,
  emailsEveryMs: 100,
  emailSecondMs: 5,
  settingsCacheMs: 20,
};

interface Email {
  id: string;
  state: string;
  last_error: string | null;
  lease_token: string | null;
}

let shop: Shop;
let redis: TestRedis | undefined;
let mail: MailServer;
let receiver: WebhookReceiver;
let person: Person;
let persons = 0;
/** With locks and with Redis, on a machine that may stand still. */
let endPatience: () => void;
const logged: string[] = [];

beforeAll(async () => {
  for (const level of ['log', 'warn', 'error', 'debug', 'verbose', 'fatal'] as const)
    vi.spyOn(NestLogger.prototype, level).mockImplementation((...said: unknown[]) => {
      logged.push(
        JSON.stringify(said, (_, value: unknown) => (value instanceof Error ? describeError(value) : value)),
      );
    });
  redis = redisIsInstalled ? await startRedis() : undefined;
  mail = await MailServer.start();
  shop = await startShop({ ...(redis && { REDIS_URL: redis.url }), SMTP_URL: mail.url }, { timings });
  receiver = await WebhookReceiver.start();
  await shop.db.query('UPDATE webhook_endpoint SET enabled = false');
  await addEndpoint(shop, { url: `${receiver.url}/hook`, agent_id: await sandboxAgentId(shop) });
  bePatient();
});
afterAll(async () => {
  endPatience();
  await shop.close();
  await receiver.close();
  await mail.close();
  await redis?.kill();
  vi.restoreAllMocks();
});
beforeEach(() => {
  person = new Person(shop, `canary${(persons += 1)}x`);
  receiver.reply = () => ({ status: 200 });
  mail.onMessage = () => null;
});

function bePatient(): void {
  const ends = [LockPatience.begin(), ...(redis ? [waitForRedis(shop)] : [])];
  endPatience = () => ends.forEach((end) => end());
}
/** For the rest of a test the shop waits no longer than it does in life. */
function beImpatient(): void {
  endPatience();
  onTestFinished(bePatient);
}

const erase = (email = person.email): Promise<MerchantAnswer> =>
  merchant(shop, '/admin/privacy/erase', { body: { email } });
const left = (mark = person.mark): Promise<Record<string, number>> => traces(shop, mark, redis?.url);

/** Everybody was told all there is to tell of orders. */
const told = (): Promise<unknown> =>
  until(
    () =>
      shop.db.query(`SELECT id FROM outbox_event WHERE relayed_at IS NULL
        UNION ALL SELECT id FROM webhook_delivery WHERE state = 'pending'
        UNION ALL SELECT id FROM email_message WHERE state = 'pending'`),
    (waiting) => waiting.length === 0,
  );

const emailOf = async ({ orderId }: Purchase): Promise<Email | undefined> => {
  const sql = 'SELECT id, state, last_error, lease_token FROM email_message WHERE order_id = $1';
  return (await shop.db.query<Email>(sql, [orderId]))[0];
};
const mailsTo = ({ email }: Person): ReceivedMail[] =>
  mail.received.filter(({ to }) => to.some((address) => address.toLowerCase() === email));

/** What somebody is to do later, and the moment at which it has to be done. */
function held<T>(): { open: (value: T) => void; value: Promise<T> } {
  let open: (value: T) => void = () => undefined;
  const value = new Promise<T>((resolve) => (open = resolve));
  return { open, value };
}

describe('erasing while', () => {
  it('a payment is under way is refused, naming the session, and nothing is erased', async () => {
    await person.buy();
    await told();
    const paying = await person.open();
    const charging = Gate.before(shop.server.app.get(ChargingService), 'act');
    const completing = shop.agent.complete(paying);
    await charging.reached;
    const before = await left();
    const refused = await erase();
    expect(refused).toMatchObject({ status: 409, body: { code: 'payment_under_way' } });
    expect(refused.text).toContain(paying);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await left()).toEqual(before);
    charging.open();
    expect((await completing).body.status).toBe('completed');
    expect(await erase()).toMatchObject({ status: 200, body: { erased: { shop_order: 2 } } });
    expect(await left()).toEqual({});
  });

  it('a refund is being sent is refused: it must be sent again as it was', async () => {
    const bought = await person.buy();
    const sending = Gate.before(shop.server.app.get(OperationsService), 'act');
    const refunding = new OrderDesk(shop, bought.orderId).refund({
      amount: 100,
      reason: person.say('refund'),
    });
    await sending.reached;
    expect((await erase()).status).toBe(409);
    sending.open();
    expect((await refunding).status).toBe(201);
    expect((await erase()).status).toBe(200);
    expect(await left()).toEqual({});
  });

  it('an update that has read the session is about to write it: nothing comes back with it', async () => {
    const sessionId = await person.open();
    const lock = await RowLock.take(shop, 'SELECT 1 FROM checkout_session WHERE id = $1 FOR UPDATE', [
      sessionId,
    ]);
    const erasing = erase();
    await lock.waiting(1);
    const updating = shop.agent.update(sessionId, { line_items: [{ id: 'item_merino_tee', quantity: 3 }] });
    await lock.waiting(2);
    await lock.release();
    expect((await erasing).status).toBe(200);
    const updated = await updating;
    expect(updated).toMatchObject({ status: 200, body: { status: 'not_ready_for_payment' } });
    expect(updated.body.line_items[0].quantity).toBe(3);
    expect(await left()).toEqual({});
  });

  it('a complete is about to begin: it charges nothing for a parcel to nowhere', async () => {
    const sessionId = await person.open();
    const lock = await RowLock.take(shop, 'SELECT 1 FROM checkout_session WHERE id = $1 FOR UPDATE', [
      sessionId,
    ]);
    const erasing = erase();
    await lock.waiting(1);
    const completing = shop.agent.complete(sessionId);
    await lock.waiting(2);
    await lock.release();
    expect((await erasing).status).toBe(200);
    expect((await completing).body.status).not.toBe('completed');
    expect(await shop.simulator.ledger(sessionId)).toEqual([]);
    expect(await left()).toEqual({});
  });

  it('a relay turns its events into webhooks: none tells of the person', async () => {
    const bought = await person.buy();
    await told();
    const lock = await RowLock.take(shop, 'SELECT 1 FROM webhook_endpoint FOR UPDATE');
    const shipping = person.shipAndRefund(bought);
    await lock.waiting(1);
    await shipping;
    const erasing = erase();
    await lock.waiting(2);
    await lock.release();
    expect((await erasing).status).toBe(200);
    await told();
    expect(await left()).toEqual({});
  });

  it('lost webhooks are enqueued again: none tells of the person', async () => {
    const bought = await person.buy();
    await person.shipAndRefund(bought);
    await told();
    const late = await addEndpoint(shop, { url: `${receiver.url}/late` });
    // An insert of a delivery that the recovery would make too: it waits there, with the bodies made.
    const lock = await RowLock.take(
      shop,
      `INSERT INTO webhook_delivery (id, endpoint_id, event_id, seq, type, profile, request_id, body_id, state, attempts,
         occurred_at, created_at)
       SELECT 'whd_rival', $1, id, seq, type, 'acp-2026-04-17', id, id, 'canceled', 0, now(), now()
       FROM outbox_event WHERE order_id = $2 AND seq = 5`,
      [late, bought.orderId],
    );
    const recovering = merchant(shop, `/admin/webhook-endpoints/${late}/recover`, {
      body: { since: '2020-01-01T00:00:00Z' },
    });
    await lock.waiting(1);
    const erasing = erase();
    await lock.waiting(2);
    await lock.release();
    expect((await recovering).status).toBe(200);
    await merchant(shop, `/admin/webhook-endpoints/${late}`, { method: 'DELETE' });
    expect((await erasing).status).toBe(200);
    expect(await left()).toEqual({});
  });

  it('a webhook is on its way: what is answered to it is not kept, and the delivery goes on', async () => {
    const bought = await person.buy();
    await told();
    const answer = held<Reply>();
    const mark = person.mark;
    receiver.reply = ({ body }) => (body.includes(mark) ? answer.value : { status: 200 });
    const { length } = receiver.received;
    const parcel = { tracking_number: person.say('tracking') };
    const desk = new OrderDesk(shop, bought.orderId);
    await desk.fulfill({ ...parcel, line_items: [{ id: await desk.line(), quantity: 1 }] });
    await until(
      () => Promise.resolve(receiver.received.slice(length)),
      (received) => received.some(({ body }) => body.includes(mark)),
    );
    expect((await erase()).status).toBe(200);
    answer.open({ status: 200, body: person.say('tracking') });
    await told();
    const excerpts = await shop.db.query<{ response_excerpt: string | null }>(
      `SELECT response_excerpt FROM webhook_attempt
       WHERE delivery_id IN (SELECT id FROM webhook_delivery WHERE order_id = $1) AND status IS NOT NULL`,
      [bought.orderId],
    );
    expect(excerpts.length).toBeGreaterThan(1);
    expect(await left()).toEqual({});
  });

  it('a confirmation is being sent: it is sent once', async () => {
    const answer = held<null>();
    mail.onMessage = () => answer.value;
    const bought = await person.buy();
    await until(
      () => emailOf(bought),
      (email) => typeof email?.lease_token === 'string',
    );
    expect(await erase()).toMatchObject({ status: 200, body: { erased: { email_message: 1 } } });
    answer.open(null);
    await until(() => Promise.resolve(mailsTo(person).length > 0));
    await told();
    expect(mailsTo(person)).toHaveLength(1);
    expect((await emailOf(bought))?.state).toBe('skipped');
    expect(await left()).toEqual({});
  });

  it('a confirmation waits for its next attempt: it is not sent, even if somebody wants it to be', async () => {
    mail.onMessage = () => ({ code: 451 });
    const bought = await person.buy();
    // None is under way, and the next one is far off.
    await until(
      () =>
        shop.db.query(
          `UPDATE email_message SET next_at = now() + interval '1 h'
           WHERE order_id = $1 AND last_error IS NOT NULL AND lease_token IS NULL RETURNING id`,
          [bought.orderId],
        ),
      (waiting) => waiting.length === 1,
    );
    expect((await erase()).status).toBe(200);
    mail.onMessage = () => null;
    const skipped = await emailOf(bought);
    expect(skipped).toMatchObject({ state: 'skipped', last_error: 'erased' });
    await merchant(shop, `/admin/emails/${skipped?.id}/resend`, { body: {} });
    await until(
      () => emailOf(bought),
      (email) => email?.last_error === 'no_address',
    );
    expect(mailsTo(person)).toEqual([]);
  });

  it('provider webhooks come in: no body stays', async () => {
    const bought = await person.buy();
    const [attempt] = await shop.db.query<{ reference: string }>(
      'SELECT reference FROM payment_attempt WHERE subject_id = $1',
      [bought.sessionId],
    );
    const telling = Array.from({ length: 10 }, () =>
      person.tellByProvider(attempt!.reference, { again: true }),
    );
    const [erasing] = await Promise.all([erase(), ...telling]);
    expect(erasing.status).toBe(200);
    expect(await left()).toEqual({});
  });

  it('it is erased already, several times at once: each is answered, and all of it is gone', async () => {
    for (let i = 0; i < 3; i += 1) await person.buy();
    const answers = await Promise.all([erase(), erase(), erase(), erase()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await left()).toEqual({});
    expect(logged.filter((line) => line.includes('40P01'))).toEqual([]);
  });

  it('its orders live on: nothing waits in a circle', async () => {
    const bought = await Promise.all(Array.from({ length: 3 }, () => person.buy()));
    const desks = bought.map(({ orderId }) => new OrderDesk(shop, orderId));
    let answered = 0;
    receiver.reply = () => ({ status: (answered += 1) % 3 === 0 ? 500 : 200 });
    const living = desks.map(async (desk) => {
      await desk.adjust({ type: 'credit', amount: 100 });
      const parcel = await desk.send(0, 1, 'shipped');
      await desk.event(parcel, 'in_transit');
      await desk.refund({ amount: 100 });
      await desk.event(parcel, 'delivered');
    });
    const erasing = Array.from({ length: 4 }, () => until(erase, ({ status }) => status === 200));
    await Promise.all([...living, ...erasing]);
    await told();
    expect(await left()).toEqual({});
  });

  it('a reply is stored that was not there when it was looked for: it is found in time', async () => {
    const sessionId = await person.open();
    const lock = await RowLock.take(shop, 'SELECT 1 FROM checkout_session WHERE id = $1 FOR UPDATE', [
      sessionId,
    ]);
    const erasing = erase();
    await lock.waiting(1);
    await shop.db.query(
      `INSERT INTO idempotency_claim (id, agent_id, path, key, fingerprint, state, status, body, created_at, expires_at)
       SELECT 'idm_late', agent_id, '/checkout_sessions/' || id, 'late', 'f', 'done', 200,
         jsonb_build_object('id', id, 'buyer', content->'buyer')::text, now(), now() + interval '1 day'
       FROM checkout_session WHERE id = $1`,
      [sessionId],
    );
    await lock.release();
    expect((await erasing).status).toBe(200);
    expect(await left()).toEqual({});
  });

  it('the merchant cancels the order: the answer that was rendered before is not kept', async () => {
    const bought = await person.buy();
    await shop.db.query(
      `INSERT INTO idempotency_claim (id, agent_id, path, key, fingerprint, state, lease_token, lease_until, created_at, expires_at)
       SELECT 'idm_running', id, '/admin/orders/' || $1 || '/cancel', 'k', 'f', 'running', 'token', now() + interval '1 min',
         now(), now() + interval '1 day' FROM agent WHERE bootstrap_name = 'admin'`,
      [bought.orderId],
    );
    expect((await erase()).status).toBe(200);
    expect(
      await shop.db.query(`SELECT state, lease_token FROM idempotency_claim WHERE id = 'idm_running'`),
    ).toEqual([{ state: 'retryable', lease_token: null }]);
  });

  it('a copy is being made: it does not outlive the erasure', async () => {
    await person.open();
    // Where an audit entry is appended: the copy is made by then, and not yet stored.
    const lock = await RowLock.take(shop, 'SELECT pg_advisory_xact_lock(7305122402)');
    const copying = merchant(shop, '/admin/privacy/export', {
      body: { email: person.email },
      key: person.mark,
    });
    await lock.waiting(1);
    const erasing = erase();
    await lock.waiting(2);
    await lock.release();
    expect((await copying).text).toContain(person.say('street'));
    expect((await erasing).status).toBe(200);
    expect(await left()).toEqual({});
  });

  it.skipIf(!redisIsInstalled)('a request is about to put its reply into Redis: it is kept out', async () => {
    const cache = shop.server.app.get(ReplayCache, { strict: false });
    const identity = { agentId: 'a', path: '/p', key: person.mark, fingerprint: 'f' };
    const reply = { status: 200, body: person.mark } as Parameters<ReplayCache['remember']>[1];
    await cache.remember(identity, reply, 600_000);
    expect(await cache.find(identity)).toMatchObject({ kind: 'replay' });
    expect(await cache.forget(identity, 600_000)).toBe(true);
    await cache.remember(identity, reply, 600_000);
    expect(await cache.find(identity)).toBeUndefined();
    expect(await left()).toEqual({});
  });

  it.skipIf(!redisIsInstalled)('Redis does not answer is not possible, and is once it does', async () => {
    await person.open();
    beImpatient();
    redis?.freeze();
    const refused = await erase().finally(() => redis?.thaw());
    expect(refused).toMatchObject({ status: 503, body: { code: 'service_unavailable' } });
    await until(erase, ({ status }) => status === 200);
    expect(await left()).toEqual({});
  });
});

describe('an erasure that was interrupted', () => {
  it('is finished by the same request', async () => {
    const [first, last] = [await person.open(), await person.open()];
    beImpatient();
    const lock = await RowLock.take(shop, 'SELECT 1 FROM checkout_session WHERE id = $1 FOR UPDATE', [last], {
      patient: false,
    });
    expect((await erase()).status).toBe(503);
    await lock.release();
    const [done] = await shop.db.query(
      "SELECT content->>'buyer' AS buyer FROM checkout_session WHERE id = $1",
      [first],
    );
    expect(done).toEqual({ buyer: null });
    expect(Object.keys(await left())).toContain('checkout_session');
    expect(await erase()).toMatchObject({ status: 200, body: { erased: { checkout_session: 1 } } });
    expect(await left()).toEqual({});
  });
});

describe('an order whose session is gone', () => {
  it('is found by its own e-mails, and erased', async () => {
    const bought = await person.buy();
    await shop.db.query('DELETE FROM checkout_session WHERE id = $1', [bought.sessionId]);
    await shop.db.query(`UPDATE shop_order SET destination = destination - 'email' WHERE id = $1`, [
      bought.orderId,
    ]);
    expect(await erase()).toMatchObject({
      status: 200,
      body: { erased: { checkout_session: 0, shop_order: 1 } },
    });
    expect(await left()).toEqual({});
  });

  it('can be erased by itself, by whoever has a transaction', async () => {
    const bought = await person.buy();
    await person.shipAndRefund(bought);
    await told();
    await shop.db.query('DELETE FROM idempotency_claim');
    const erasing = shop.server.app.get(EraseSubjectService, { strict: false });
    const erased = await shop.server.app.get(Database).transaction((tx) => erasing.erase(tx, bought));
    expect(erased).toMatchObject({ checkout_session: 1, shop_order: 1, order_fulfillment: 1 });
    const { idempotency_claim: _, redis: __, ...rest } = await left();
    expect(rest).toEqual({});
  });
});

describe('a gift', () => {
  it('belongs to who pays and to who receives; each sees only what is theirs', async () => {
    const giver = new Person(shop, `${person.mark}giver`);
    const gift = {
      buyer: giver.buyer,
      fulfillment_details: { ...person.destination, email: `got-${person.email}` },
    };
    const { body } = await shop.agent.create(gift);
    // Another one is left in the cart.
    await shop.agent.create(gift);
    await shop.agent.complete(body.id as string);
    const seen = await merchant(shop, '/admin/privacy/export', { body: { email: `GOT-${person.email}` } });
    expect(seen.body.orders).toHaveLength(1);
    expect(seen.text).toContain(person.say('street'));
    expect(seen.text).not.toContain(giver.say('last'));
    const [paid] = await shop.db.query<{ reference: string }>(
      'SELECT reference FROM payment_attempt WHERE subject_id = $1',
      [body.id],
    );
    await giver.tellByProvider(paid!.reference, { again: true });
    const got = await merchant(shop, '/admin/privacy/export', { body: { email: `got-${person.email}` } });
    expect(got.body).toMatchObject({ orders: [{}], payments: [], payment_operations: [] });
    expect(got.text).not.toContain(giver.say('receipt'));
    const gave = await merchant(shop, '/admin/privacy/export', { body: { email: giver.email } });
    expect(gave.body.payments).toHaveLength(1);
    expect(gave.text).toContain(giver.say('receipt'));
    expect((await erase(`got-${person.email}`)).body.erased).toMatchObject({
      checkout_session: 2,
      shop_order: 1,
    });
    expect(await left(person.mark)).toEqual({});
  });
});

describe('an e-mail that is a part of another one', () => {
  it('is another person’s, who is neither shown nor erased', async () => {
    const other = new Person(shop, `jo${person.mark}`);
    await person.open();
    await other.open();
    await other.tellByProvider(`pi_of${other.mark}`);
    const copy = await merchant(shop, '/admin/privacy/export', { body: { email: person.email } });
    expect(copy.body).toMatchObject({ provider_webhooks: [], stored_replies: [{}] });
    expect(copy.text).not.toContain(other.mark);
    const before = await left(other.mark);
    expect(before).toMatchObject({ webhook_event: 3, idempotency_claim: 1 });
    expect((await erase()).body.erased).toMatchObject({ webhook_event: 0, idempotency_claim: 1 });
    expect(await left(other.mark)).toEqual(before);
  });
});

describe('a key that is made of the e-mail', () => {
  it('goes when its request is to be sent again, and when it is the erasure’s own', async () => {
    await person.open();
    await shop.db.query(
      `INSERT INTO idempotency_claim (id, agent_id, path, key, fingerprint, state, created_at, expires_at)
       SELECT 'idm_again', id, '/checkout_sessions', 'for ' || $1, 'f', 'retryable', now(), now() + interval '1 day'
       FROM agent WHERE bootstrap_name = 'admin'`,
      [person.email],
    );
    const erased = await merchant(shop, '/admin/privacy/erase', {
      body: { email: person.email },
      key: `erase ${person.email}`,
    });
    expect(erased).toMatchObject({ status: 200, body: { erased: { idempotency_claim: 2 } } });
    expect(await left()).toEqual({});
  });
});

describe('among many replies', () => {
  it('those of a person are found, wherever they stand', async () => {
    const fill = (from: string): Promise<unknown> =>
      shop.db.query(
        `INSERT INTO idempotency_claim (id, agent_id, path, key, fingerprint, state, status, body, created_at, expires_at)
         SELECT $1 || n, agent.id, '/checkout_sessions', $1 || n, 'f', 'done', 200, '{}', now(), now() + interval '1 day'
         FROM agent, generate_series(1, 2500) AS n WHERE bootstrap_name = 'admin'`,
        [from],
      );
    await person.open();
    await Promise.all([fill('idm_000'), fill('idm_zzz')]);
    expect((await erase()).body.erased).toMatchObject({ idempotency_claim: 1 });
    expect(await left()).toEqual({});
    await shop.db.query(`DELETE FROM idempotency_claim WHERE key LIKE 'idm_%'`);
  });
});

describe('the requests', () => {
  it.each([
    '',
    'nobody',
    'a@b',
    '"a b"@example.com',
    `${'x'.repeat(400)}@example.com`,
    null,
    7,
    ['a@b.example'],
  ])('refuse %j without quoting it', async (email) => {
    for (const path of ['export', 'erase']) {
      const { status, text, body } = await merchant(shop, `/admin/privacy/${path}`, { body: { email } });
      expect([status, body.param]).toEqual([400, '$.email']);
      if (typeof email === 'string' && email.length > 2) expect(text).not.toContain(email);
    }
  });

  it('are not for agents, nor for those who may only read', async () => {
    const made = await merchant(shop, '/admin/api-keys', {
      body: { name: 'reader', scopes: ['admin:read'] },
    });
    for (const apiKey of ['agent_sandbox_key', made.body.key as string])
      for (const path of ['export', 'erase', 'erase?dry_run=true'])
        expect(
          (await merchant(shop, `/admin/privacy/${path}`, { body: { email: person.email }, apiKey })).status,
        ).toBe(403);
  });

  it('find by index', async () => {
    const client = new pg.Client({ connectionString: shop.db.url });
    await client.connect();
    // Of a handful of rows all are read, once PostgreSQL has counted them.
    await client.query('SET enable_seqscan = off');
    const { rows } = await client.query(
      `EXPLAIN SELECT id FROM checkout_session WHERE lower(content #>> '{buyer,email}') = 'x'
       UNION SELECT id FROM checkout_session WHERE lower(content #>> '{fulfillment,email}') = 'x'
       UNION SELECT session_id FROM shop_order WHERE lower(destination->>'email') = 'x'`,
    );
    await client.end();
    expect(JSON.stringify(rows)).toMatch(
      /buyer_email_idx.*recipient_email_idx.*shop_order_recipient_email_idx/s,
    );
  });

  it('have never waited in a circle', async () => {
    const sql = 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()';
    expect(await shop.db.query(sql)).toEqual([{ deadlocks: 0 }]);
  });

  it('have told no log who it was about', () => {
    expect(logged.length).toBeGreaterThan(10);
    expect(logged.filter((line) => /canary/i.test(line))).toEqual([]);
  });
});
