import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { signingSecretContext } from '../../src/access/agents/agent-options.js';
import { encryptedColumns } from '../../src/cli/encrypted-columns.js';
import { KeyRotation, type Rotation } from '../../src/cli/key-rotation.js';
import { loadConfig } from '../../src/config/config.js';
import { Database } from '../../src/database/database.js';
import { StripeSettings } from '../../src/payments/providers/stripe/stripe.settings.js';
import { SecretBox } from '../../src/settings/secret-box.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { LockPatience } from '../support/lock-patience.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { startShop, type Shop } from '../support/shop.js';
import { StripeWebhooks } from '../support/stripe-webhooks.js';
import { until } from '../support/wait.js';

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const oldKey = { SETTINGS_ENCRYPTION_KEY: key(1) };
const both = { SETTINGS_ENCRYPTION_KEY: key(2), SETTINGS_ENCRYPTION_KEY_PREVIOUS: key(1) };
const newKey = { SETTINGS_ENCRYPTION_KEY: key(2) };
const timings = {
  providerTimeoutMs: 300,
  completeAnswerMs: 500,
  chargeDeadlineMs: 700,
  attemptLeaseMs: 800,
  reconcileAfterMs: 3_000,
  reconcileEveryMs: 200,
  inboxEveryMs: 300,
};
const filler = 250;

describe('a rotated master key', () => {
  let shop: Shop;
  let pending: string;
  beforeAll(async () => {
    shop = await startShop(oldKey, { timings });
    await fillEveryPlace();
    await shop.restart(both);
  });
  afterAll(() => shop.close());

  const change = (body: object): Promise<MerchantAnswer> =>
    merchant(shop, '/admin/settings/payments.stripe', { method: 'PATCH', body });
  const box = (env: NodeJS.ProcessEnv): SecretBox => new SecretBox(loadConfig({ ...shop.env, ...env }));
  const rotation = (
    interrupted = new AbortController().signal,
    progress?: (place: string) => void,
  ): KeyRotation =>
    new KeyRotation(shop.server.app.get(Database), box(both), encryptedColumns, interrupted, progress);
  const rotatedIn = ({ columns }: Rotation, place: string): number | undefined =>
    columns.find((column) => column.place === place)?.rotated;

  async function fillEveryPlace(): Promise<void> {
    await change({ webhookSecret: 'whsec_first', secretKey: 'sk_test_rotation' });
    await change({ webhookSecret: 'whsec_second', webhookSecretPrevious: 'whsec_first' });
    await shop.db.query('UPDATE agent SET signing_secret = $2 WHERE id = $1', await signingSecret());
    await new StripeWebhooks(shop.url, 'whsec_second').send();
    await shop.db.query(
      `INSERT INTO webhook_event (id, provider, event_id, type, known, state, summary, body, attempts, try_until, received_at)
       SELECT id, 'stripe', id, 'x', false, 'processed', '{}', body, 0, now(), now()
       FROM unnest($1::text[], $2::text[]) AS t (id, body)`,
      bodies(),
    );
    // More versions than are looked at in one go, and the last of them has the secret.
    await shop.db.query(
      `INSERT INTO setting_version (namespace, version, "values", changed, updated_at, updated_by)
       SELECT 'payments.razorpay', n, CASE n WHEN 150 THEN jsonb_build_object('keySecret', $1::text) ELSE '{}' END,
              '{}', now(), 'test'
       FROM generate_series(1, 150) AS n`,
      [box(oldKey).encrypt('rzp_secret', 'payments.razorpay.keySecret')],
    );
    const [endpoint] = await shop.db.query<{ id: string }>('SELECT id FROM webhook_endpoint');
    await shop.db.query(
      `UPDATE webhook_endpoint SET next_secret = $2, next_secret_at = now() + interval '1 day' WHERE id = $1`,
      [endpoint!.id, box(oldKey).encrypt('signs next', endpoint!.id)],
    );
    await shop.simulator.webhookMode({ mode: 'drop' });
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1_000 }, action: 'execute_then_hang' });
    const { body } = await shop.agent.create();
    pending = body.id as string;
    expect((await shop.agent.complete(pending)).status).toBe(503);
    await until(
      () => shop.db.query(`SELECT 1 FROM payment_attempt WHERE state = 'unknown'`),
      (unknown) => unknown.length === 1,
    );
    await leasePending('1 hour');
  }

  /** So long nobody asks what became of the payment, and its credential is kept. */
  const leasePending = (time: string | null): Promise<unknown> =>
    shop.db.query('UPDATE payment_attempt SET lease_until = now() + $2::interval WHERE subject_id = $1', [
      pending,
      time,
    ]);

  async function signingSecret(): Promise<string[]> {
    const [agent] = await shop.db.query<{ id: string }>('SELECT id FROM agent LIMIT 1');
    return [agent!.id, box(oldKey).encrypt('signs', signingSecretContext(agent!.id))];
  }

  function bodies(): string[][] {
    const ids = Array.from({ length: filler }, (_, n) => `whe_filler${String(n).padStart(4, '0')}`);
    return [ids, ids.map((id) => box(oldKey).encrypt(`body of ${id}`, id))];
  }

  /** Every column in which something looks like a ciphertext that does not begin with the current key's id. */
  async function placesUnder(prefix: string): Promise<string[]> {
    const columns = await shop.db.query<{ table: string; column: string }>(
      `SELECT table_name AS table, column_name AS column FROM information_schema.columns JOIN information_schema.tables
         USING (table_schema, table_name)
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type IN ('text', 'jsonb', 'ARRAY')`,
    );
    const found: string[] = [];
    for (const { table, column } of columns) {
      const rows = await shop.db.query(
        `SELECT 1 FROM "${table}" WHERE "${column}"::text ~ ('(^|")' || $1 || '[.][A-Za-z0-9_-]{38}') LIMIT 1`,
        [prefix.slice(0, -1)],
      );
      if (rows.length > 0) found.push(`${table}.${column}`);
    }
    return found.sort();
  }

  it('has everything to do that was ever encrypted, and knows all of it', async () => {
    const places = encryptedColumns.map(({ table, column }) => `${table}.${column}`);
    expect(await placesUnder(box(oldKey).currentPrefix)).toEqual(places.sort());
  });

  it('goes on where it was interrupted', async () => {
    const interruption = new AbortController();
    const first = await rotation(interruption.signal, (place) => {
      if (place === 'webhook_event.body') interruption.abort();
    }).run();
    expect(first.complete).toBe(false);
    const done = rotatedIn(first, 'webhook_event.body') ?? 0;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(filler);
    const second = await rotation().run();
    expect(second.complete).toBe(true);
    expect(done + (rotatedIn(second, 'webhook_event.body') ?? 0)).toBe(filler + 1);
    expect(await placesUnder(box(oldKey).currentPrefix)).toEqual([]);
    expect(second.columns.flatMap(({ unreadable }) => unreadable)).toEqual([]);
    expect((await rotation().run()).columns.map(({ rotated }) => rotated)).toEqual(
      encryptedColumns.map(() => 0),
    );
  });

  const carryOldSecret = (): Promise<unknown> =>
    shop.db.query(
      `UPDATE setting SET "values" = "values" || jsonb_build_object('secretKey', $1::text)
       WHERE namespace = 'payments.stripe'`,
      [box(oldKey).encrypt('sk_test_carried', 'payments.stripe.secretKey')],
    );
  const stripe = async () => (await merchant(shop, '/admin/settings/payments.stripe')).body;

  it('takes back no change that is made between its look at a row and its writing of it', async () => {
    await carryOldSecret();
    const real = shop.server.app.get(Database);
    let changes = 0;
    const racing = Object.create(real, {
      query: {
        value: async (sql: string, parameters: unknown[]) => {
          if (sql.startsWith('UPDATE') && changes++ === 0) await change({ merchantId: 'acct_between' });
          return real.query(sql, parameters);
        },
      },
    }) as Database;
    const { signal } = new AbortController();
    const { complete } = await new KeyRotation(racing, box(both), encryptedColumns, signal).run();
    expect([complete, changes > 1]).toEqual([true, true]);
    expect((await stripe()).values.merchantId).toBe('acct_between');
    expect(await placesUnder(box(oldKey).currentPrefix)).toEqual([]);
  });

  it('leaves no old ciphertext behind, however much is changed meanwhile', async () => {
    onTestFinished(LockPatience.begin());
    const { version } = await stripe();
    for (let round = 0; round < 3; round++) {
      await carryOldSecret();
      const changes = Array.from({ length: 6 }, (_, n) => change({ merchantId: `acct_${round}_${n}` }));
      const [{ complete }] = await Promise.all([rotation().run(), ...changes]);
      expect(complete).toBe(true);
      expect((await Promise.all(changes)).map(({ status }) => status)).toEqual(changes.map(() => 200));
      expect(await placesUnder(box(oldKey).currentPrefix)).toEqual([]);
    }
    const after = await stripe();
    expect([after.version, after.values.secretKey.set, after.problems]).toEqual([
      version + 18,
      true,
      undefined,
    ]);
  });

  it('names what nobody can read, and leaves it as it is', async () => {
    const stray = box({ SETTINGS_ENCRYPTION_KEY: key(9) }).encrypt('x', 'whe_stray');
    const moved = box(oldKey).encrypt('x', 'whe_other');
    await shop.db.query(
      `INSERT INTO webhook_event (id, provider, event_id, type, known, state, summary, body, attempts, try_until, received_at)
       SELECT id, 'stripe', id, 'x', false, 'processed', '{}', body, 0, now(), now()
       FROM unnest($1::text[], $2::text[]) AS t (id, body)`,
      [
        ['whe_moved', 'whe_stray'],
        [moved, stray],
      ],
    );
    const { complete, columns } = await rotation().run();
    expect(complete).toBe(true);
    expect(columns.find(({ place }) => place === 'webhook_event.body')).toMatchObject({
      rotated: 0,
      unreadable: ['whe_moved', 'whe_stray'],
    });
    const left = await shop.db.query(
      `SELECT body FROM webhook_event WHERE id IN ('whe_moved', 'whe_stray') ORDER BY id`,
    );
    expect(left).toEqual([{ body: moved }, { body: stray }]);
    await shop.db.query(`DELETE FROM webhook_event WHERE id IN ('whe_moved', 'whe_stray')`);
  });

  it('is all that is needed afterwards', async () => {
    await shop.simulator.clearFaults();
    await shop.restart(newKey);
    await leasePending(null);
    await until(
      () => shop.agent.get(pending),
      ({ body }) => body.status === 'completed',
    );
    expect(await shop.simulator.ledger(pending)).toHaveLength(1);
    expect((await new StripeWebhooks(shop.url, 'whsec_second').send()).status).toBe(200);
    expect(await shop.server.app.get(SettingsService).get(StripeSettings)).toMatchObject({
      secretKey: 'sk_test_carried',
      webhookSecretPrevious: 'whsec_first',
    });
    const back = await merchant(shop, '/admin/settings/payments.stripe/rollback', { body: { version: 1 } });
    expect(back.status).toBe(200);
    expect(await shop.server.app.get(SettingsService).get(StripeSettings)).toMatchObject({
      secretKey: 'sk_test_rotation',
      webhookSecret: 'whsec_first',
    });
    const { body } = (
      await shop.db.query<{ body: string }>(`SELECT body FROM webhook_event WHERE id = 'whe_filler0249'`)
    )[0]!;
    expect(box(newKey).decrypt(body, 'whe_filler0249')).toBe('body of whe_filler0249');
  });
});
