import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { maximumImportBytes } from '../../src/catalog/products/import-body.js';
import { maximumLineBytes, maximumLines } from '../../src/catalog/products/product-import.service.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { Catalogue, item, product } from '../support/catalogue.js';
import { LockPatience } from '../support/lock-patience.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

interface LineReport {
  line: number;
  id: string | null;
  result: string;
  error?: { code: string; message: string; param?: string };
}

async function openFiles(): Promise<string[]> {
  const folder = '/proc/self/fd';
  const open = await readdir(folder).catch(() => []);
  return Promise.all(open.map((name) => readlink(join(folder, name)).catch(() => '')));
}

describe('an import of products', () => {
  let shop: Shop;
  let catalogue: Catalogue;
  beforeAll(async () => {
    shop = await startShop({}, { timings: { settingsCacheMs: 1 } });
    catalogue = new Catalogue(shop);
    await catalogue.create(
      product('bottle', { items: [item('bottle_s'), item('bottle_m', { inventory: { on_hand: 8 } })] }),
    );
  });
  afterAll(() => shop.close());

  const send = (
    body: string | Uint8Array,
    { query = '', ...options }: { query?: string; key?: string; headers?: Record<string, string> } = {},
  ): Promise<MerchantAnswer> => merchant(shop, `/admin/products/import${query}`, { body, ...options });
  const ndjson = { Authorization: 'Bearer admin_sandbox_key', 'Content-Type': 'application/x-ndjson' };
  const lines = (...products: unknown[]): string =>
    products.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('');
  const results = ({ body }: MerchantAnswer): string[] =>
    (body.lines as LineReport[]).map(({ line, result, error }) =>
      [line, result, error?.code, error?.param].filter((part) => part !== undefined).join(' '),
    );
  const many = (name: string, count: number, more: object = {}): string =>
    lines(...Array.from({ length: count }, (_, n) => product(`${name}_${String(n).padStart(5, '0')}`, more)));

  it('tells of every line what became of it, and takes in what is right', async () => {
    const text = lines(
      `\uFEFF${JSON.stringify(product('imp_1'))}\r`,
      '',
      product('imp_2', { items: [item('imp_2')] }),
      '{"id": "prod_imp_3", "name": ',
      '   ',
      product('imp_4', { items: [item('imp_4', { prices: { usd: 1.5 } })] }),
      product('imp_5', { items: [item('imp_1_s')] }),
      { ...product('imp_6'), id: undefined },
      product('imp_7', { items: [item('imp_7', { id: undefined })] }),
      '[]',
      'null',
      `{"id": "prod_imp_8", "id": "prod_imp_9", "name": "x", "items": []}`,
      product('imp_2', { items: [item('imp_2')] }),
      product('imp_2', { items: [item('imp_2', { prices: { usd: 1 } })], name: 'Second' }),
      product('bottle', { name: 'Bottle, imported' }),
    ).trimEnd();
    const answer = await send(text);
    expect(answer.status).toBe(200);
    expect(results(answer)).toEqual([
      '1 created',
      '3 created',
      '4 failed invalid_json $',
      '6 failed invalid $.items[0].prices.usd',
      '7 failed item_exists $.items[0].id',
      '8 failed missing $.id',
      '9 failed missing $.items[0].id',
      '10 failed invalid_type $',
      '11 failed invalid_type $',
      '12 failed invalid_json $',
      '13 unchanged',
      '14 updated',
      '15 updated',
    ]);
    expect(answer.body).toMatchObject({ created: 2, updated: 2, unchanged: 1, failed: 8, dry_run: false });
    expect(answer.body.lines[3].id).toBe('prod_imp_4');
    expect(await catalogue.get('prod_imp_2')).toMatchObject({
      name: 'Second',
      items: [{ prices: { usd: 1 } }],
    });
    // A line says how many are on hand, whatever there was before.
    expect((await catalogue.get('prod_bottle')).items).toMatchObject([
      { stock: { on_hand: 10 } },
      { stock: { on_hand: 10 } },
    ]);
    const [movement] = (await merchant(shop, '/admin/items/item_bottle_m/movements')).body.data;
    expect(movement).toMatchObject({ reason: 'import', change: 2, on_hand: 10 });
    for (const n of [3, 4, 5, 6, 7, 8, 9]) {
      expect((await catalogue.find(`prod_imp_${n}`)).status).toBe(404);
    }
  });

  it('replaces a product whole: items not named are gone, stock not named stays', async () => {
    await send(lines(product('whole')));
    await send(
      lines({
        id: 'prod_whole',
        name: 'Whole',
        items: [{ id: 'item_whole_m', name: 'M', prices: { eur: 5 } }],
      }),
    );
    expect(await catalogue.get('prod_whole')).toMatchObject({ description: '', category: '', images: [] });
    expect((await catalogue.get('prod_whole')).items).toMatchObject([
      { id: 'item_whole_m', prices: { eur: 5 }, variant_options: [], stock: { on_hand: 10 } },
    ]);
  });

  it('repeated changes nothing', async () => {
    const text = many('again', 20);
    expect((await send(text)).body).toMatchObject({ created: 20 });
    const before = await shop.db.query('SELECT count(*)::int AS n FROM audit_entry');
    expect((await send(text)).body).toMatchObject({ created: 0, updated: 0, unchanged: 20, failed: 0 });
    expect(await shop.db.query('SELECT count(*)::int AS n FROM audit_entry')).toEqual(before);
  });

  it('says in a dry run what would happen, and writes nothing', async () => {
    const state = () =>
      shop.db.query(
        `SELECT (SELECT count(*) FROM product) AS products, (SELECT count(*) FROM inventory_movement) AS movements,
                (SELECT count(*) FROM audit_entry) AS entries, (SELECT max(updated_at) FROM product) AS changed`,
      );
    const before = await state();
    const text = lines(
      product('dry_1'),
      product('whole', { name: 'x' }),
      product('dry_2', { items: [item('bottle_s')] }),
    );
    const answer = await send(text, { query: '?dry_run=true' });
    expect(results(answer)).toEqual(['1 created', '2 updated', '3 failed item_exists $.items[0].id']);
    expect(answer.body.dry_run).toBe(true);
    expect(await state()).toEqual(before);
  });

  it('does not count below what checkouts hold', async () => {
    const { body: session } = await shop.agent.create({
      line_items: [{ id: 'item_whole_m' }],
      currency: 'usd',
    });
    expect(session.code).toBe('invalid');
    await send(lines(product('held')));
    const { body: holding } = await shop.agent.create({
      line_items: [{ id: 'item_held_s', quantity: 4 }],
      capabilities: { interventions: { supported: ['3ds'] } },
    });
    await shop.agent.complete(holding.id as string, 'tok_threeDSecure2Required');
    const answer = await send(
      lines(product('held', { name: 'Not so', items: [item('held_s', { inventory: { on_hand: 3 } })] })),
    );
    expect(results(answer)).toEqual(['1 failed below_reserved $.items[0].inventory.on_hand']);
    // Nothing of the line is in, its name neither.
    expect((await catalogue.get('prod_held')).name).toBe('Product held');
    await shop.agent.cancel(holding.id as string);
  });

  it('is answered the same for one key, and refused for other bytes or other wishes', async () => {
    const text = lines(product('keyed'));
    const key = randomUUID();
    const first = await send(text, { key });
    await catalogue.change('prod_keyed', { name: 'Changed since' });
    const again = await send(text, { key });
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await catalogue.get('prod_keyed')).name).toBe('Changed since');
    expect((await send(`${text}\n`, { key })).body.code).toBe('idempotency_conflict');
    expect((await send(text, { key, query: '?dry_run=true' })).body.code).toBe('idempotency_conflict');
  });

  it.each([
    ['?report=some', '$.report'],
    ['?dry_run=1', '$.dry_run'],
  ])('does not take %s', async (query, param) => {
    expect(await send(lines(product('query')), { query })).toMatchObject({ status: 400, body: { param } });
  });

  it('wants JSON Lines, a key that may change, and bytes that are not compressed', async () => {
    const text = lines(product('refused'));
    expect((await send(text, { headers: { 'Content-Type': 'application/json' } })).status).toBe(415);
    expect((await send(text, { headers: { 'Content-Encoding': 'gzip' } })).status).toBe(415);
    expect((await send(text, { headers: { Authorization: 'Bearer nobody' } })).status).toBe(401);
    expect((await send(text, { headers: { Authorization: 'Bearer agent_sandbox_key' } })).status).toBe(403);
    expect((await send(text, { headers: { 'Content-Type': 'text/plain; charset=utf-8' } })).status).toBe(200);
    expect((await send('')).body).toMatchObject({ created: 0, failed: 0, lines: [] });
  });

  it('bears garbage of every size, and reads on behind it', async () => {
    const long = `{"id": "prod_long", "name": "${'x'.repeat(maximumLineBytes)}"}`;
    const bytes = Buffer.concat([
      Buffer.from(`${long}\n${'['.repeat(5_000)}\n`),
      Buffer.from([0xff, 0xfe, 0x7b, 0x0a]),
      Buffer.from(lines(`{"id": "prod_nul", "name": "a\\u0000b"}`, product('behind'))),
    ]);
    const answer = await send(bytes);
    expect(results(answer)).toEqual([
      '1 failed line_too_long $',
      '2 failed invalid_json $',
      '3 failed invalid_json $',
      '4 failed invalid_json $',
      '5 created',
    ]);
    expect(JSON.stringify(answer.body).length).toBeLessThan(3_000);
  });

  it('refuses more bytes and more lines than it takes before it begins', async () => {
    const tooMuch = await send(new Uint8Array(maximumImportBytes + 1).fill(0x20));
    expect(tooMuch).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
    const pieces = new Uint8Array(1024 * 1024).fill(0x20);
    const unannounced = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let n = 0; n <= 50; n++) controller.enqueue(pieces);
        controller.close();
      },
    });
    const { status } = await fetch(`${shop.url}/admin/products/import`, {
      method: 'POST',
      body: unannounced,
      duplex: 'half',
      headers: ndjson,
    });
    expect(status).toBe(413);
    const tooMany = await send(lines(product('too_many')) + '\n'.repeat(maximumLines));
    expect(tooMany).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
    expect((await catalogue.find('prod_too_many')).status).toBe(404);
  });

  it('lists of a long text the lines that failed, or all of them if told to', async () => {
    const text = `${'{}\n'.repeat(2)}${many('long', 3)}${'\n'.repeat(1_000)}`;
    const answer = await send(text);
    expect(results(answer)).toEqual(['1 failed missing $.name', '2 failed missing $.name']);
    expect(answer.body).toMatchObject({ created: 3, report: 'failures' });
    expect((await send(text, { query: '?report=all' })).body.lines).toHaveLength(5);
    expect(
      (await send(lines('{}', product('long_00000')), { query: '?report=failures' })).body.lines,
    ).toHaveLength(1);
  });

  it('while the shop sells loses no sale', async () => {
    onTestFinished(LockPatience.begin());
    await send(lines(product('busy', { items: [item('busy', { inventory: { on_hand: 500 } })] })));
    const text = lines(
      ...Array.from({ length: 60 }, (_, n) =>
        product('busy', { name: `Busy ${n}`, items: [item('busy', { inventory: undefined })] }),
      ),
    );
    const [imported, sold] = await Promise.all([
      send(text),
      Promise.all(
        Array.from({ length: 30 }, async () => {
          const { body } = await shop.agent.create({ line_items: [{ id: 'item_busy' }] });
          return (await shop.agent.complete(body.id as string)).body.status as string;
        }),
      ),
    ]);
    expect(imported.body).toMatchObject({ failed: 0, updated: 60 });
    expect(new Set(sold)).toEqual(new Set(['completed']));
    expect(await catalogue.stock('item_busy')).toMatchObject({ on_hand: 470, reserved: 0 });
    expect((await merchant(shop, '/admin/inventory/check')).body.ok).toBe(true);
  });

  it('two at once of the same products end with whole products', async () => {
    onTestFinished(LockPatience.begin());
    const [a, b] = ['a', 'b'].map((name) =>
      lines(
        ...Array.from({ length: 30 }, (_, n) =>
          product(`both_${n}`, { name, items: [item(`both_${n}_${name}`)] }),
        ),
      ),
    ) as [string, string];
    const answers = await Promise.all([send(a), send(b)]);
    expect(answers.map(({ body }) => body.failed as number)).toEqual([0, 0]);
    for (let n = 0; n < 30; n++) {
      const { name, items } = await catalogue.get(`prod_both_${n}`);
      expect(items.map(({ id }: { id: string }) => id)).toEqual([`item_both_${n}_${name}`]);
    }
  });

  describe('that is cut off', () => {
    /** Stops the import where it has written a line and has not committed it, until it is let go. */
    async function stopInLine(
      n: number,
    ): Promise<{ reached: Promise<void>; go: () => void; restore: () => void }> {
      const audit = shop.server.app.get(AuditService);
      const original = audit.append.bind(audit);
      let count = 0;
      let reach = (): void => undefined;
      let go = (): void => undefined;
      const reached = new Promise<void>((resolve) => (reach = resolve));
      const gate = new Promise<void>((resolve) => (go = resolve));
      audit.append = async (tx, event) => {
        await original(tx, event);
        if (++count < n) return;
        reach();
        await gate;
      };
      return { reached, go: () => go(), restore: () => (audit.append = original) };
    }

    it('in the middle of a line has the lines before it and nothing of that one, and the same request ends it', async () => {
      const text = many('cut', 12);
      const key = randomUUID();
      const stopped = await stopInLine(8);
      const sending = send(text, { key });
      await stopped.reached;
      await shop.db.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'idle in transaction' AND application_name = 'storekeeper'`,
      );
      stopped.go();
      expect(await sending).toMatchObject({ status: 503, body: { code: 'service_unavailable' } });
      stopped.restore();
      const whole = await shop.db.query<{
        id: string;
        items: number;
        prices: number;
        stock: number;
        audit: number;
      }>(
        `SELECT p.id, count(DISTINCT i.id)::int AS items, count(r.currency)::int AS prices,
                count(DISTINCT s.item_id)::int AS stock, count(DISTINCT a.id)::int AS audit
         FROM product p LEFT JOIN item i ON i.product_id = p.id LEFT JOIN item_price r ON r.item_id = i.id
         LEFT JOIN inventory s ON s.item_id = i.id AND s.on_hand = 10 LEFT JOIN audit_entry a ON a.subject = p.id
         WHERE p.id LIKE 'prod_cut_%' GROUP BY p.id ORDER BY p.id`,
      );
      expect(whole).toEqual(
        Array.from({ length: 7 }, (_, n) => ({
          id: `prod_cut_${String(n).padStart(5, '0')}`,
          items: 2,
          prices: 4,
          stock: 2,
          audit: 1,
        })),
      );
      const answer = await send(text, { key });
      expect(answer.body).toMatchObject({ unchanged: 7, created: 5, failed: 0 });
    });

    it('while it is sent has nothing, and its key is still free', async () => {
      const text = many('half', 50);
      const half = Buffer.from(text.slice(0, text.length / 2));
      const key = randomUUID();
      const abort = new AbortController();
      const arrived = new Promise<[IncomingMessage, ServerResponse]>((resolve) =>
        shop.server.app
          .getHttpServer()
          // A webhook of what was sold before may come in as well.
          .on('request', (...both: [IncomingMessage, ServerResponse]) => {
            if (both[0].headers['idempotency-key'] === key) resolve(both);
          }),
      );
      const sending = fetch(`${shop.url}/admin/products/import`, {
        method: 'POST',
        body: new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(half) }),
        duplex: 'half',
        signal: abort.signal,
        headers: { ...ndjson, 'Idempotency-Key': key },
      });
      const [{ socket }, response] = await arrived;
      await until(
        () => Promise.resolve(socket.bytesRead),
        (bytes) => bytes > half.length,
      );
      const over = new Promise((resolve) => response.once('close', resolve));
      abort.abort();
      await expect(sending).rejects.toThrow();
      await over;
      expect((await send(text, { key })).body).toMatchObject({ created: 50, unchanged: 0 });
    });

    it('by a run that took its key over stops at the next line', async () => {
      const text = many('fenced', 6);
      const key = randomUUID();
      const stopped = await stopInLine(3);
      const sending = send(text, { key });
      await stopped.reached;
      // As after a pause longer than its lease.
      await shop.db.query(`UPDATE idempotency_claim SET lease_token = 'another' WHERE key = $1`, [key]);
      stopped.go();
      expect(await sending).toMatchObject({ status: 409, body: { code: 'idempotency_in_flight' } });
      stopped.restore();
      expect((await merchant(shop, '/admin/products?q=prod_fenced')).body.data).toHaveLength(2);
    });
  });

  it('larger than any other body is taken in, and leaves no file behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'storekeeper-spool-'));
    vi.stubEnv('TMPDIR', folder);
    const answer = await send(many('bulk', 200, { description: 'x'.repeat(2_000) }));
    vi.unstubAllEnvs();
    expect(await readdir(folder)).toEqual([]);
    // Nor one without a name that is never closed; where the system tells what a process has open.
    await until(
      () => openFiles(),
      (open) => !open.some((path) => path.startsWith(folder)),
    );
    expect(answer.body).toMatchObject({ created: 200, failed: 0 });
    await rm(folder, { recursive: true });
  });
});
