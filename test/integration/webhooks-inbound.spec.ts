import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ApiKeysService } from '../../src/access/api-keys.service.js';
import { type Applied, PaymentFactsService } from '../../src/checkout/payment-facts.service.js';
import { describeError } from '../../src/common/logging.js';
import { loadConfig } from '../../src/config/config.js';
import { ProviderUnavailable } from '../../src/payments/providers/payment-provider.js';
import type { OneAtATime } from '../../src/queue/one-at-a-time.js';
import { QueueService } from '../../src/queue/queue.service.js';
import { type Server, startServer } from '../../src/server.js';
import { RetentionSweep } from '../../src/retention/retention.sweep.js';
import { SecretBox } from '../../src/settings/secret-box.js';
import { InboxProcessor } from '../../src/webhooks/inbound/inbox.processor.js';
import { InboxStore } from '../../src/webhooks/inbound/inbox.store.js';
import type { Answer } from '../support/agent.js';
import { LockPatience } from '../support/lock-patience.js';
import { freePort } from '../support/ports.js';
import { redisIsInstalled, startRedis } from '../support/redis.js';
import { startShop, type Shop } from '../support/shop.js';
import { letIn, shutOut } from '../support/shut-out.js';
import { StripeWebhooks } from '../support/stripe-webhooks.js';
import { withTimings } from '../support/timings.js';
import { until } from '../support/wait.js';

type Look = (about: { payment: string }) => Promise<Applied>;

interface AdminOptions {
  method?: string;
  key?: string;
  headers?: Record<string, string>;
}

/** Never by itself: only what wakes the job makes it run. */
const never = 3_600_000;
const timings = { inboxEveryMs: never, settingsCacheMs: 50 };

/** Stands in for the look at the provider: each test says what it finds. */
function lookWith(server: Server, look: Look): { payments: string[] } {
  const payments: string[] = [];
  server.app.get(PaymentFactsService, { strict: false }).sync = (_, about) => {
    payments.push(about.payment);
    return look(about);
  };
  return { payments };
}

const opened = (): { promise: Promise<void>; open: () => void } => {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
};

describe('provider webhooks', () => {
  let shop: Shop;
  let stripe: StripeWebhooks;
  beforeAll(async () => {
    shop = await startShop({}, { timings });
    stripe = new StripeWebhooks(shop.url);
  });
  afterAll(() => shop.close());
  afterEach(async () => {
    // What one test leaves unfinished is not for the next one.
    await shop.db.query(
      `UPDATE webhook_event SET state = 'ignored', next_at = NULL WHERE state IN ('received', 'waiting')`,
    );
  });

  const look = (what: Look | Applied): { payments: string[] } =>
    lookWith(shop.server, typeof what === 'string' ? () => Promise.resolve(what) : what);
  const rowOf = async (payment: string): Promise<Record<string, unknown> | undefined> =>
    (await shop.db.query('SELECT * FROM webhook_event WHERE payment = $1 ORDER BY id', [payment]))[0];
  const settled = (payment: string, state: string): Promise<Record<string, unknown> | undefined> =>
    until(
      () => rowOf(payment),
      (row) => row?.state === state,
    );
  const process = (): Promise<void> => shop.server.app.get(InboxProcessor, { strict: false }).process();
  /** The runs of jobs in this process. */
  const runs = (): OneAtATime => shop.server.app.get(QueueService)['runs'];
  const dueIn = (time: string, payment: string): Promise<unknown> =>
    shop.db.query('UPDATE webhook_event SET next_at = now() + $2::interval WHERE payment = $1', [
      payment,
      time,
    ]);
  const dueNow = (payment: string): Promise<unknown> => dueIn('0 s', payment);
  const count = async (): Promise<number> =>
    (await shop.db.query<{ n: number }>('SELECT count(*)::int AS n FROM webhook_event'))[0]?.n ?? 0;
  const admin = async (
    path: string,
    { method = 'GET', key = 'admin_sandbox_key', headers }: AdminOptions = {},
  ): Promise<Answer> => {
    const response = await fetch(shop.url + path, {
      method,
      headers: { Authorization: `Bearer ${key}`, ...headers },
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      body: text.startsWith('{') ? (JSON.parse(text) as unknown) : undefined,
      headers: response.headers,
    };
  };
  const metric = async (name: string): Promise<number> => {
    const { text } = await admin('/metrics');
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  /** What a job has done is counted once it is written down. */
  const counted = (name: string, times: number): Promise<number> =>
    until(
      () => metric(name),
      (value) => value === times,
    );

  describe('coming in', () => {
    it('is stored, answered, and then acted on', async () => {
      const { payments } = look('applied');
      const { status, body } = await stripe.send(stripe.event({ id: 'evt_first', payment: 'pi_first' }));
      expect([status, body]).toEqual([200, { received: true }]);
      expect(await settled('pi_first', 'processed')).toMatchObject({
        event_id: 'evt_first',
        provider: 'stripe',
        result: 'applied',
        attempts: 1,
        next_at: null,
        lease_token: null,
      });
      expect(payments).toEqual(['pi_first']);
    });

    const now = (): number => Date.now() / 1000;
    const event = (): string => stripe.event();
    it.each<[string, string, () => Parameters<StripeWebhooks['send']>]>([
      [
        'has another body than the signed one',
        'signature',
        () => [event(), { signature: stripe.sign('{}') }],
      ],
      [
        'is signed with another secret',
        'signature',
        () => {
          const body = event();
          return [body, { signature: stripe.sign(body, { secret: 'whsec_other' }) }];
        },
      ],
      ['has no signature', 'signature', () => [event(), { signature: null }]],
      ['has a signature that is none', 'signature', () => [event(), { signature: 'v1=00,t=' }]],
      [
        'was signed too long ago',
        'stale',
        () => {
          const body = event();
          return [body, { signature: stripe.sign(body, { at: now() - 301 }) }];
        },
      ],
      [
        'was signed in the future',
        'stale',
        () => {
          const body = event();
          return [body, { signature: stripe.sign(body, { at: now() + 330 }) }];
        },
      ],
      ['is empty', 'empty', () => ['', { signature: stripe.sign('') }]],
      ['is no JSON', 'malformed', () => ['<xml/>', {}]],
      ['is JSON and no event', 'malformed', () => ['[]', {}]],
      ['has an id that is too long to keep', 'malformed', () => [stripe.event({ id: 'e'.repeat(300) }), {}]],
      ['is larger than 256 KB', 'too_large', () => [stripe.event({ email: 'x'.repeat(300_000) }), {}]],
    ])('is refused if it %s', async (_, reason, make) => {
      const counter = `webhook_inbound_rejected_total{provider="stripe",reason="${reason}"}`;
      const [rows, refused] = [await count(), await metric(counter)];
      const { status, body } = await stripe.send(...make());
      expect([status, body.type]).toEqual([400, 'invalid_request']);
      expect(Object.keys(body).sort()).toEqual(['code', 'message', 'type']);
      expect(await count()).toBe(rows);
      expect(await metric(counter)).toBe(refused + 1);
    });

    it('is verified as the bytes it is, whatever it claims to be and however it is written', async () => {
      look('applied');
      const body = stripe.event({ payment: 'pi_odd' }).replace('{', '{"livemode": 1, "livemode": 9e999,');
      expect((await stripe.send(body, { type: 'text/plain' })).status).toBe(200);
      await settled('pi_odd', 'processed');
    });

    it('may be signed with the secret before the current one, or with both', async () => {
      look('applied');
      const box = shop.server.app.get(SecretBox);
      const secret = (name: string, value: string): string => box.encrypt(value, `payments.stripe.${name}`);
      const set = (values: object): Promise<unknown> =>
        shop.db.query(
          `INSERT INTO setting (namespace, version, "values", updated_at, updated_by)
           VALUES ('payments.stripe', 1, $1, now(), 'test')
           ON CONFLICT (namespace) DO UPDATE SET "values" = excluded."values", version = setting.version + 1`,
          [JSON.stringify(values)],
        );
      const answers = async (signer: string, status: number): Promise<void> => {
        const other = new StripeWebhooks(shop.url, signer);
        await until(
          () => other.send(),
          (answer) => answer.status === status,
        );
      };
      const none = secret('webhookSecretPrevious', '');
      await set({ webhookSecret: secret('webhookSecret', 'whsec_new'), webhookSecretPrevious: none });
      await answers('whsec_sandbox', 400);
      await answers('whsec_new', 200);
      // The environment's stands in for one that was not set.
      await set({ webhookSecret: secret('webhookSecret', 'whsec_new') });
      await answers('whsec_sandbox', 200);
      await answers('whsec_new', 200);
      await set({
        webhookSecret: secret('webhookSecret', 'whsec_new'),
        webhookSecretPrevious: secret('webhookSecretPrevious', 'whsec_sandbox'),
      });
      await answers('whsec_sandbox', 200);
      await answers('whsec_new', 200);
      // Without one nothing can be believed; the provider shall come again.
      await set({ webhookSecret: secret('webhookSecret', '') });
      const unset = await until(
        () => stripe.send(),
        ({ status }) => status !== 200,
      );
      expect([unset.status, unset.body.code]).toEqual([503, 'service_unavailable']);
      expect(unset.headers.get('retry-after')).toMatch(/^\d+$/);
      await shop.db.query('DELETE FROM setting');
      await answers('whsec_sandbox', 200);
    });

    it('is for the providers of this shop only', async () => {
      const response = await fetch(`${shop.url}/webhooks/nobody`, { method: 'POST', body: '{}' });
      expect([response.status, await response.json()]).toMatchObject([404, { code: 'not_found' }]);
    });

    it('is one row, however often and at once it comes', async () => {
      onTestFinished(LockPatience.begin());
      const { payments } = look('applied');
      const before = await metric('webhook_inbound_duplicate_total{provider="stripe"}');
      const body = stripe.event({ payment: 'pi_many' });
      const answers = await Promise.all(Array.from({ length: 50 }, () => stripe.send(body)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const rows = await shop.db.query(`SELECT 1 FROM webhook_event WHERE payment = 'pi_many'`);
      expect(rows).toHaveLength(1);
      await settled('pi_many', 'processed');
      expect(payments).toEqual(['pi_many']);
      expect(await metric('webhook_inbound_duplicate_total{provider="stripe"}')).toBe(before + 49);
    });

    it('is kept and counted if nothing here knows its type', async () => {
      const { payments } = look('applied');
      await stripe.send(stripe.event({ id: 'evt_new_type', type: 'moon.landed' }));
      expect(
        await shop.db.query(`SELECT * FROM webhook_event WHERE event_id = 'evt_new_type'`),
      ).toMatchObject([{ state: 'ignored', result: 'unknown_type', known: false, next_at: null }]);
      expect(payments).toEqual([]);
      expect(await metric('webhook_inbound_unknown_total{provider="stripe",type="moon.landed"}')).toBe(1);
      expect(await metric('webhook_inbound_received_total{provider="stripe",type="moon.landed"}')).toBe(1);
    });

    it('gets a 503 while it cannot be stored, and is stored when it comes again', async () => {
      look('applied');
      const body = stripe.event({ payment: 'pi_again' });
      await shop.db.query('ALTER TABLE webhook_event RENAME TO hidden');
      const refused = await stripe.send(body);
      await shop.db.query('ALTER TABLE hidden RENAME TO webhook_event');
      expect([refused.status, refused.body.code]).toEqual([503, 'service_unavailable']);
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);

      await shutOut(shop.db, 'storekeeper');
      try {
        expect((await stripe.send(body)).status).toBe(503);
      } finally {
        await letIn(shop.db);
      }
      await until(
        () => stripe.send(body),
        ({ status }) => status === 200,
      );
      await until(
        async () => {
          await process();
          return rowOf('pi_again');
        },
        (row) => row?.state === 'processed',
      );
    });

    it('is encrypted at rest, and its body goes after 30 days; its id stays', async () => {
      look('applied');
      const body = stripe.event({ payment: 'pi_secret', email: 'secret@example.com' });
      await stripe.send(body);
      const row = await settled('pi_secret', 'processed');
      expect(JSON.stringify(row)).not.toContain('secret@example.com');
      expect(row?.summary).toMatchObject({ id: 'pi_secret', status: 'succeeded' });
      expect(shop.server.app.get(SecretBox).decrypt(String(row?.body), String(row?.id))).toBe(body);

      const age = (days: number): Promise<unknown> =>
        shop.db.query(
          `UPDATE webhook_event SET received_at = now() - $1 * interval '1 day' WHERE payment = 'pi_secret'`,
          [days],
        );
      const retention = shop.server.app.get(RetentionSweep, { strict: false });
      await age(29);
      await retention.sweep();
      expect((await rowOf('pi_secret'))?.body).not.toBeNull();
      await age(31);
      await retention.sweep();
      expect((await rowOf('pi_secret'))?.body).toBeNull();
      await stripe.send(body);
      expect(await shop.db.query(`SELECT 1 FROM webhook_event WHERE payment = 'pi_secret'`)).toHaveLength(1);
    });

    it('leaves neither body nor signature nor secret in a log', async () => {
      const lines: string[] = [];
      const collect = (...said: unknown[]): void => {
        const plain = (_: string, value: unknown): unknown =>
          value instanceof Error ? describeError(value) : value;
        lines.push(JSON.stringify(said, plain));
      };
      shop.server.app.useLogger({ log: collect, warn: collect, error: collect, debug: collect });
      look(() => Promise.reject(new ProviderUnavailable('no answer')));
      const body = stripe.event({ payment: 'pi_logged', email: 'private@example.com' });
      const signature = stripe.sign(body);
      await stripe.send(body, { signature });
      await stripe.send(body, { signature: signature.replace(/.$/, 'x') });
      // What the job has to say too, before it finds no table.
      await until(async () => lines.some((line) => line.includes('webhook.put_off')));
      await runs().idle();
      await shop.db.query('ALTER TABLE webhook_event RENAME TO hidden');
      await stripe.send(body.replace('evt_', 'evt_other'), {
        signature: stripe.sign(body.replace('evt_', 'evt_other')),
      });
      await shop.db.query('ALTER TABLE hidden RENAME TO webhook_event');
      await until(
        async () => lines.join('\n'),
        (text) => ['webhook.put_off', 'webhook.refused', 'webhook.not_stored'].every((e) => text.includes(e)),
      );
      shop.server.app.useLogger(false);
      const text = lines.join('\n');
      for (const private_ of ['private@example.com', signature.slice(-20), 'whsec_']) {
        expect(text).not.toContain(private_);
      }
    });
  });

  describe('being acted on', () => {
    it('is looked at once for all events about the same payment', async () => {
      const gate = opened();
      const { payments } = look(async ({ payment }) => {
        if (payment === 'pi_gate') await gate.promise;
        return 'applied';
      });
      await stripe.send(stripe.event({ payment: 'pi_gate' }));
      await until(
        async () => payments.length,
        (n) => n === 1,
      );
      for (let n = 0; n < 10; n++) await stripe.send(stripe.event({ payment: 'pi_same' }));
      gate.open();
      await until(
        () => shop.db.query(`SELECT 1 FROM webhook_event WHERE payment = 'pi_same' AND state = 'processed'`),
        (rows) => rows.length === 10,
      );
      expect(payments).toEqual(['pi_gate', 'pi_same']);
    });

    it('is not lost when it comes while the job runs, though no sweep follows', async () => {
      const gates = [opened(), opened()];
      const { payments } = look(async () => {
        await gates[payments.length - 1]?.promise;
        return 'applied';
      });
      const seen = (n: number): Promise<number> =>
        until(
          async () => payments.length,
          (length) => length === n,
        );
      await stripe.send(stripe.event({ payment: 'pi_during_1' }));
      await seen(1);
      await stripe.send(stripe.event({ payment: 'pi_during_2' }));
      gates[0]?.open();
      await seen(2);
      await stripe.send(stripe.event({ payment: 'pi_during_3' }));
      gates[1]?.open();
      await settled('pi_during_3', 'processed');
    });

    it('is not lost when its wake-up comes after the job has looked and before it ends', async () => {
      look('applied');
      // The sweep at the start is over.
      await stripe.send(stripe.event({ payment: 'pi_before_all' }));
      await settled('pi_before_all', 'processed');
      await runs().idle();
      const inbox = shop.server.app.get(InboxStore, { strict: false });
      const claim = inbox.claim.bind(inbox);
      const [looked, gate, woken] = [opened(), opened(), opened()];
      inbox.claim = async () => {
        inbox.claim = claim;
        looked.open();
        await gate.promise;
        return [];
      };
      await stripe.send(stripe.event({ payment: 'pi_before_look' }));
      await looked.promise;
      await shop.server.app.get(QueueService)['wakes'].idle();
      const here = runs();
      const run = here.run.bind(here);
      here.run = (...args) => {
        if (args[0] === 'webhooks.process') woken.open();
        return run(...args);
      };
      await stripe.send(stripe.event({ payment: 'pi_after_look' }));
      await woken.promise;
      here.run = run;
      gate.open();
      await settled('pi_after_look', 'processed');
    });

    it('is tried again when the provider cannot be asked, with growing waits', async () => {
      let failures = 3;
      look(() =>
        failures-- > 0 ? Promise.reject(new ProviderUnavailable('away')) : Promise.resolve('applied'),
      );
      const waits: number[] = [];
      let triedAt = Date.now();
      await stripe.send(stripe.event({ payment: 'pi_away' }));
      for (let attempts = 1; attempts <= 3; attempts++) {
        const row = await until(
          () => rowOf('pi_away'),
          (one) => one?.attempts === attempts && one.lease_token === null,
        );
        expect(row).toMatchObject({ state: 'received', last_error: 'ProviderUnavailable', result: null });
        waits.push(((row?.next_at as Date).getTime() - triedAt) / 1_000);
        await dueIn('1 h', 'pi_away');
        await process();
        expect((await rowOf('pi_away'))?.attempts).toBe(attempts);
        triedAt = Date.now();
        await dueNow('pi_away');
        void process();
      }
      expect(await settled('pi_away', 'processed')).toMatchObject({ attempts: 4, last_error: null });
      expect(waits[1]).toBeGreaterThan(3);
      expect(waits[2]).toBeGreaterThan(20);
    });

    it('is tried again after any other error, of which only the kind is kept', async () => {
      look(() => Promise.reject(new TypeError('cannot read ada@example.com')));
      await stripe.send(stripe.event({ payment: 'pi_bug' }));
      const row = await until(
        () => rowOf('pi_bug'),
        (one) => one?.last_error !== null,
      );
      expect(row).toMatchObject({ state: 'received', last_error: 'TypeError', attempts: 1 });
    });

    it('is given up after three days and twenty attempts, and not before both', async () => {
      look(() => Promise.reject(new ProviderUnavailable('away')));
      await stripe.send(stripe.event({ payment: 'pi_dead' }));
      const tried = async (attempts: number, tryUntil: string): Promise<unknown> => {
        await until(
          () => rowOf('pi_dead'),
          (one) => one?.lease_token === null && one.last_error !== null,
        );
        await shop.db.query(
          `UPDATE webhook_event SET attempts = $1, try_until = now() + $2::interval, next_at = now()
           WHERE payment = 'pi_dead'`,
          [attempts - 1, tryUntil],
        );
        await process();
        // By us or by the job, which may have been woken once more than it needed to be.
        const row = await until(
          () => rowOf('pi_dead'),
          (one) => one?.lease_token === null && one.attempts === attempts,
        );
        return row?.state;
      };
      expect(await tried(5, '-1 day')).toBe('received');
      expect(await tried(60, '1 hour')).toBe('received');
      expect(await tried(20, '-1 second')).toBe('failed');
      expect(await rowOf('pi_dead')).toMatchObject({ result: 'gave_up', next_at: null });
      await counted('webhook_inbound_processed_total{provider="stripe",result="gave_up"}', 1);
    });

    it('waits for what is not here yet, and is applied when it is', async () => {
      let here = false;
      look(() => Promise.resolve(here ? 'applied' : 'waiting'));
      await stripe.send(stripe.event({ payment: 'pi_early' }));
      expect(await settled('pi_early', 'waiting')).toMatchObject({ last_error: null, result: null });
      here = true;
      await dueNow('pi_early');
      await process();
      expect(await settled('pi_early', 'processed')).toMatchObject({ result: 'applied' });
    });

    it('that waited in vain is for a person', async () => {
      look('waiting');
      await stripe.send(stripe.event({ payment: 'pi_never' }));
      await settled('pi_never', 'waiting');
      await shop.db.query(
        `UPDATE webhook_event SET attempts = 70, try_until = now(), next_at = now() WHERE payment = 'pi_never'`,
      );
      await process();
      expect(await settled('pi_never', 'failed')).toMatchObject({ result: 'never_appeared' });
    });

    it("is ignored and counted if it is another program's", async () => {
      look('foreign');
      await stripe.send(stripe.event({ payment: 'pi_foreign' }));
      expect(await settled('pi_foreign', 'ignored')).toMatchObject({ result: 'foreign' });
      await counted('webhook_inbound_processed_total{provider="stripe",result="foreign"}', 1);
    });

    it('is taken over from a process that died, when its lease has run out', async () => {
      const { payments } = look('applied');
      const taken = (seconds: number): Promise<unknown> =>
        shop.db.query(
          `UPDATE webhook_event SET state = 'received', next_at = now(), lease_token = 'of the dead',
             lease_until = now() + $1 * interval '1 second' WHERE payment = 'pi_dying'`,
          [seconds],
        );
      await stripe.send(stripe.event({ payment: 'pi_dying' }));
      await settled('pi_dying', 'processed');
      await taken(60);
      await process();
      expect(payments).toHaveLength(1);
      await taken(-1);
      await process();
      expect(await settled('pi_dying', 'processed')).toMatchObject({ lease_token: null });
      expect(payments).toHaveLength(2);
    });

    it('is not changed by a process that has lost its lease', async () => {
      const gate = opened();
      const { payments } = look(async () => {
        await gate.promise;
        return 'foreign';
      });
      await stripe.send(stripe.event({ payment: 'pi_slow' }));
      await until(
        async () => payments.length,
        (n) => n === 1,
      );
      await shop.db.query(`UPDATE webhook_event SET lease_token = 'of another' WHERE payment = 'pi_slow'`);
      gate.open();
      await runs().idle();
      expect(await rowOf('pi_slow')).toMatchObject({ state: 'received', lease_token: 'of another' });
    });

    it('is put off if the look at the provider takes too long, and does not hold up the others', async () => {
      const processor = shop.server.app.get(InboxProcessor, { strict: false });
      onTestFinished(withTimings(processor, { inboxDeadlineMs: 1_500 }));
      look(({ payment }) =>
        payment === 'pi_hanging' ? new Promise(() => undefined) : Promise.resolve('applied'),
      );
      await stripe.send(stripe.event({ payment: 'pi_hanging' }));
      await stripe.send(stripe.event({ payment: 'pi_quick' }));
      await settled('pi_quick', 'processed');
      const row = await until(
        () => rowOf('pi_hanging'),
        (one) => one?.lease_token === null && one.attempts === 1,
      );
      expect(row).toMatchObject({ state: 'received', last_error: 'ProviderUnavailable' });
    });
  });

  describe('in the hands of the merchant', () => {
    it('are listed in pages, newest first, by provider, type and state', async () => {
      look('foreign');
      const ids: string[] = [];
      for (let n = 0; n < 3; n++) {
        ids.unshift(`evt_page_${n}`);
        await stripe.send(stripe.event({ id: `evt_page_${n}`, type: 'payment_intent.canceled' }));
      }
      await until(
        () =>
          shop.db.query(
            `SELECT 1 FROM webhook_event WHERE type = 'payment_intent.canceled' AND result = 'foreign'`,
          ),
        (rows) => rows.length === 3,
      );
      const path = '/admin/webhook-events?provider=stripe&type=payment_intent.canceled&state=ignored&limit=2';
      const first = await admin(path);
      const second = await admin(`${path}&cursor=${first.body.next_cursor}`);
      const found = [...first.body.data, ...second.body.data];
      expect(found.map(({ event_id }) => event_id)).toEqual(ids);
      expect(second.body.next_cursor).toBeNull();
      expect((await admin('/admin/webhook-events?provider=razorpay')).body.data).toEqual([]);

      const one = await admin(`/admin/webhook-events/${found[0].id}`);
      expect(one.body).toEqual(found[0]);
      expect(Object.keys(one.body).sort()).toEqual(
        [
          ...['id', 'provider', 'event_id', 'type', 'state', 'result', 'summary', 'attempts', 'last_error'],
          ...['received_at', 'processed_at', 'next_at'],
        ].sort(),
      );
      for (const bad of [
        'state=nope',
        'state=ignored&state=failed',
        'type=a&type=b',
        'limit=0',
        'cursor=x',
      ]) {
        expect((await admin(`/admin/webhook-events?${bad}`)).status, bad).toBe(400);
      }
      expect((await admin('/admin/webhook-events/whe_none')).status).toBe(404);
    });

    it('can be replayed, whatever became of them, and the audit log tells who did', async () => {
      const { payments } = look('foreign');
      await stripe.send(stripe.event({ payment: 'pi_replayed' }));
      const row = await settled('pi_replayed', 'ignored');
      look('applied');
      const { status, body } = await admin(`/admin/webhook-events/${String(row?.id)}/replay`, {
        method: 'POST',
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ id: row?.id, state: 'received', result: null, attempts: 0 });
      expect(await settled('pi_replayed', 'processed')).toMatchObject({ result: 'applied', attempts: 1 });
      expect(payments).toHaveLength(1);
      const audit = await shop.db.query('SELECT action, before FROM audit_entry WHERE subject = $1', [
        row?.id,
      ]);
      expect(audit).toMatchObject([
        { action: 'webhook_event.replayed', before: { state: 'ignored', result: 'foreign' } },
      ]);
    });

    it('are replayed once for one idempotency key, and as often as asked without one', async () => {
      look('applied');
      await stripe.send(stripe.event({ payment: 'pi_keyed' }));
      const row = await settled('pi_keyed', 'processed');
      const path = `/admin/webhook-events/${String(row?.id)}/replay`;
      const headers = { 'Idempotency-Key': randomUUID() };
      const first = await admin(path, { method: 'POST', headers });
      const again = await admin(path, { method: 'POST', headers });
      expect([again.status, again.text]).toEqual([200, first.text]);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      const audited = (): Promise<unknown[]> =>
        shop.db.query('SELECT 1 FROM audit_entry WHERE subject = $1', [row?.id]);
      expect(await audited()).toHaveLength(1);
      const unkeyed = [await admin(path, { method: 'POST' }), await admin(path, { method: 'POST' })];
      for (const answer of unkeyed) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toContain('application/json');
        expect(answer.headers.get('idempotent-replayed')).toBeNull();
      }
      expect(await audited()).toHaveLength(3);
      const claims = await shop.db.query('SELECT 1 FROM idempotency_claim WHERE path = $1', [path]);
      expect(claims).toHaveLength(1);
    });

    it('need a key of the merchant, and one that may write to be replayed', async () => {
      const reader = await shop.server.app
        .get(ApiKeysService)
        .create({ name: 'reader', scopes: ['admin:read'], actor: 'test' });
      const replay = `/admin/webhook-events/whe_${'0'.repeat(36)}/replay`;
      const status = async (path: string, key: string, method = 'GET'): Promise<number> =>
        (await admin(path, { key, method })).status;
      expect(await status('/admin/webhook-events', reader.key)).toBe(200);
      expect(await status('/metrics', reader.key)).toBe(200);
      expect(await status(replay, reader.key, 'POST')).toBe(403);
      expect(await status(replay, 'admin_sandbox_key', 'POST')).toBe(404);
      for (const path of ['/admin/webhook-events', '/metrics']) {
        expect(await status(path, 'agent_sandbox_key')).toBe(403);
        expect((await fetch(shop.url + path)).status).toBe(401);
      }
    });

    it('tell how old the oldest unfinished one is', async () => {
      look('waiting');
      await stripe.send(stripe.event({ payment: 'pi_old' }));
      await settled('pi_old', 'waiting');
      await shop.db.query(
        `UPDATE webhook_event SET received_at = now() - interval '1 hour' WHERE payment = 'pi_old'`,
      );
      const age = await metric('webhook_inbound_oldest_unprocessed_seconds{state="waiting"}');
      expect(age).toBeGreaterThanOrEqual(3_600);
      expect(age).toBeLessThan(3_700);
      expect(await metric('webhook_inbound_oldest_unprocessed_seconds{state="received"}')).toBe(0);
    });
  });

  it('go from the sandbox provider to this server, which tells it so when it starts', async () => {
    const { webhooks } = (await (await fetch(`${shop.simulator.url}/_sim/webhooks`)).json()) as {
      webhooks: { provider: string; url: string; secrets: string[] }[];
    };
    expect(webhooks).toMatchObject([
      { provider: 'stripe', url: `${shop.url}/webhooks/stripe`, secrets: ['whsec_sandbox'] },
      { provider: 'razorpay', url: `${shop.url}/webhooks/razorpay`, secrets: ['rzp_whsec_sandbox'] },
    ]);
  });
});

describe.each([
  { queue: 'PostgreSQL', installed: true },
  { queue: 'Redis', installed: redisIsInstalled },
])('provider webhooks with the queue on $queue', ({ queue, installed }) => {
  it.skipIf(!installed)(
    'are received by an api and acted on by a worker, which has no such route',
    async () => {
      const redis = queue === 'Redis' ? await startRedis() : undefined;
      const env = redis ? { REDIS_URL: redis.url } : {};
      const api = await startShop({ ...env, ROLE: 'api' }, { timings });
      const port = await freePort();
      const worker = await startServer(
        loadConfig({ ...api.env, PORT: String(port), ROLE: 'worker', STRIPE_API_BASE: api.simulator.url }),
      );
      try {
        const { payments } = lookWith(worker, () => Promise.resolve('applied'));
        const stripe = new StripeWebhooks(api.url);
        for (let n = 0; n < 20; n++) {
          await stripe.send(stripe.event({ payment: `pi_${n}` }));
          await until(
            () => api.db.query(`SELECT 1 FROM webhook_event WHERE state = 'processed'`),
            (rows) => rows.length === n + 1,
          );
        }
        expect(payments).toHaveLength(20);
        const atWorker = new StripeWebhooks(`http://127.0.0.1:${port}`);
        expect((await atWorker.send()).status).toBe(404);
        // Counted after it is written down.
        const headers = { Authorization: 'Bearer admin_sandbox_key' };
        await until(
          async () => (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text(),
          (text) => text.includes('webhook_inbound_processed_total{provider="stripe",result="applied"} 20'),
        );
      } finally {
        await worker.stop();
        await api.close();
        await redis?.kill();
      }
    },
  );
});
