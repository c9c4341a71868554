import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Head } from '../../src/audit/audit-chain.js';
import { type ChainReport, checkChain } from '../../src/audit/audit-check.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { AuditStore } from '../../src/audit/audit.store.js';
import { hashed } from '../../src/audit/hashed.js';
import { entryOfLine } from '../../src/audit/audit.view.js';
import { Database } from '../../src/database/database.js';
import { LockPatience } from '../support/lock-patience.js';
import { merchant } from '../support/merchant.js';
import { type Shop, startShop } from '../support/shop.js';

interface Listed {
  id: string;
  position: number;
  at: string;
  actor: string;
  actor_name?: string;
  action: string;
  subject: string;
  request_id: string | null;
  before: unknown;
  after: unknown;
  hash: string;
}

let shop: Shop;
let db: Database;
let audit: AuditService;
beforeAll(async () => {
  shop = await startShop();
  db = shop.server.app.get(Database);
  audit = shop.server.app.get(AuditService);
});
afterAll(() => shop.close());

const append = (event: object = {}): Promise<void> =>
  db.transaction((tx) =>
    audit.append(tx, { actor: 'test', action: 'order.canceled', subject: 'ord_1', ...event }),
  );
const verify = (expected?: Head): Promise<ChainReport> => checkChain(new AuditStore(db).chain(), expected);
const headNow = async (): Promise<Head> => (await verify()).head!;

async function list(query: Record<string, string> = {}): Promise<Listed[]> {
  const path = `/admin/audit-log?${new URLSearchParams({ limit: '100', ...query }).toString()}`;
  const { status, body } = await merchant(shop, path);
  expect([status, body]).toEqual([200, expect.objectContaining({ next_cursor: null })]);
  return (body as { data: Listed[] }).data;
}

/** Runs `work` on the table, which is afterwards as it was before. */
async function restoring<T>(work: () => Promise<T>): Promise<T> {
  await shop.db.query('CREATE TABLE untouched AS TABLE audit_entry');
  try {
    return await work();
  } finally {
    await shop.db.query('TRUNCATE audit_entry');
    await shop.db.query('INSERT INTO audit_entry SELECT * FROM untouched');
    await shop.db.query('DROP TABLE untouched');
  }
}

const tampered = (...statements: string[]): Promise<ChainReport> =>
  restoring(async () => {
    for (const statement of statements) await shop.db.query(statement);
    return verify();
  });

describe('the audit log', () => {
  it('lists who changed what on which request, newest first', async () => {
    const key = { name: 'back office', scopes: ['admin:read'] };
    const made = await merchant(shop, '/admin/api-keys', { body: key, headers: { 'Request-Id': 'made-1' } });
    const [entry] = await list({ request_id: 'made-1' });
    expect(entry).toEqual({
      id: expect.stringMatching(/^aud_/) as string,
      position: expect.any(Number) as number,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      actor: expect.stringMatching(/^agt_/) as string,
      actor_name: 'admin',
      action: 'api_key.created',
      subject: made.body.id,
      request_id: 'made-1',
      before: null,
      after: { ...key, agentId: made.body.agent_id, expiresAt: null },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    const all = await list();
    expect(all[0]).toEqual(entry);
    expect(all.map(({ position }) => position)).toEqual(all.map((_, index) => all.length - index));
    expect(all.at(-1)).toMatchObject({ actor: 'boot' });
    expect(all.at(-1)).not.toHaveProperty('actor_name');

    const reader = await merchant(shop, '/admin/audit-log', { apiKey: made.body.key as string });
    expect(reader.status).toBe(200);
    expect((await merchant(shop, '/admin/audit-log', { apiKey: 'agent_sandbox_key' })).status).toBe(403);
  });

  it('is narrowed by who, what, of what, on which request and when', async () => {
    const since = (await list())[0]!.at;
    await append({ actor: 'cli', action: 'inventory.changed', subject: 'item_1' });
    const middle = (await list())[0]!.at;
    await append({ actor: 'cli', action: 'inventory.repaired', subject: 'item_2' });
    const wide = await list({ from: since });
    expect(wide.length).toBeGreaterThanOrEqual(3);
    const cases: [Record<string, string>, (entry: Listed) => boolean][] = [
      [{ actor: 'cli' }, (entry) => entry.actor === 'cli'],
      [{ action: 'inventory.changed' }, (entry) => entry.action === 'inventory.changed'],
      [{ action: 'inventory.' }, (entry) => entry.action.startsWith('inventory.')],
      [{ action: 'inventory.', subject: 'item_2' }, (entry) => entry.subject === 'item_2'],
      [{ subject: 'item_1' }, (entry) => entry.subject === 'item_1'],
      [{ request_id: 'made-1' }, (entry) => entry.request_id === 'made-1'],
      [{ from: middle }, (entry) => entry.at >= middle],
      [{ to: since }, (entry) => entry.at <= since],
      [{ from: '2020-01-01T01:00:00+01:00', to: '2020-01-01T00:00:00Z' }, () => false],
    ];
    const all = await list();
    for (const [query, fits] of cases) {
      const found = await list(query);
      expect([query, found]).toEqual([query, all.filter(fits)]);
    }
    expect(await list({ action: 'inventory.c' })).toEqual([]);
    expect(await list({ action: 'inventor.' })).toEqual([]);
  });

  it('comes in pages that miss and repeat nothing, while entries are added', async () => {
    const all = await list();
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await merchant(shop, `/admin/audit-log?limit=2${cursor}`);
      seen.push(...(body as { data: Listed[] }).data.map(({ id }) => id));
      await append();
      if (body.next_cursor === null) break;
      cursor = `&cursor=${String(body.next_cursor)}`;
    }
    expect(seen).toEqual(all.map(({ id }) => id));
  });

  it.each([
    'limit=0',
    'limit=101',
    'cursor=x',
    `cursor=${Buffer.from('999999999999999-1').toString('base64url')}`,
    'from=yesterday',
    'from=2026-02-30T00:00:00Z',
    'to=2026-01-01',
    'to=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z',
    'action=order',
    'action=.canceled',
    "action=order.'",
    'action=order.%25',
    'actor=',
    'subject=%00',
    'request_id=a%20b',
    'subject[]=x',
  ])('refuses ?%s and says where', async (query) => {
    const { status, body } = await merchant(shop, `/admin/audit-log?${query}`);
    const name = query.split(/[=[]/)[0];
    // What Express does not read as a known name is no filter.
    if (query.includes('[')) expect([200, 400]).toContain(status);
    else expect([status, body]).toMatchObject([400, { param: `$.${name}` }]);
  });

  it('finds each page by an index, however long it is', async () => {
    await restoring(async () => {
      const many = await shop.db.query<{ n: number }>('SELECT count(*)::int AS n FROM audit_entry');
      await shop.db.query(
        `INSERT INTO audit_entry (id, position, at, actor, action, subject, request_id, hash)
       SELECT 'aud_' || n, n, now() - (100000 - n) * interval '1 minute', 'actor_' || n % 50,
         CASE WHEN n % 10000 = 77 THEN 'rare' ELSE 'thing' || n % 20 END || '.' || CASE WHEN n % 3 = 0 THEN 'made' ELSE 'changed' END, 'subject_' || n % 5000,
         'request_' || n, 'x'
       FROM generate_series($1::int + 1, 100000) AS n`,
        [many[0]!.n],
      );
      await shop.db.query('ANALYZE audit_entry');
      const plans: string[] = [];
      const spied = Object.assign(Object.create(db) as Database, {
        query: async (sql: string, parameters: unknown[]) => {
          const plan = await db.query<{ 'QUERY PLAN': string }>(`EXPLAIN ANALYZE ${sql}`, parameters);
          plans.push(plan.map((row) => row['QUERY PLAN']).join('\n'));
          return db.query(sql, parameters);
        },
      });
      const entries = new AuditStore(spied);
      const day = (ago: number): Date => new Date(Date.now() - ago * 86_400_000);
      const filters = [
        {},
        { actor: 'actor_7' },
        { action: 'thing3.made' },
        { thing: 'thing3' },
        { thing: 'rare' },
        { action: 'rare.changed' },
        { subject: 'subject_77' },
        { requestId: 'request_7777' },
        { from: day(60), to: day(59) },
        { to: day(60) },
        { from: day(1) },
        { actor: 'actor_7', from: day(60), to: day(50) },
        { subject: 'subject_77', thing: 'thing17' },
        { actor: 'nobody' },
      ];
      for (const filter of filters) {
        await entries.find(filter, 21);
        await entries.find(filter, 21, { at: day(30), position: 55_000 });
      }
      expect(plans).toHaveLength(2 * filters.length);
      for (const plan of plans) {
        expect(plan).toMatch(/(Index|Bitmap Index) Scan.* (on|using) audit_entry_/);
        expect(plan).not.toMatch(/Seq Scan on audit_entry/);
        // A page and what stands beside it, not the table.
        const read = [...plan.matchAll(/on audit_entry .*actual .*?rows=(\d+)/g)].map(([, rows]) =>
          Number(rows),
        );
        const dropped = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, rows]) => Number(rows));
        expect([plan, Math.max(0, ...read, ...dropped) < 2500]).toEqual([plan, true]);
      }
    });
  });
});

describe('the chain of the audit log', () => {
  it('has no gap and no fork when many append at once', async () => {
    onTestFinished(LockPatience.begin());
    const before = await headNow();
    await Promise.all(Array.from({ length: 20 }, (_, n) => append({ subject: `ord_${n}` })));
    const { broken, head } = await verify(before);
    expect([broken, head?.position]).toEqual([undefined, before.position + 20]);
    const times = await shop.db.query('SELECT at FROM audit_entry ORDER BY at, position');
    expect(await shop.db.query('SELECT at FROM audit_entry ORDER BY position')).toEqual(times);
  });

  it('keeps nothing of a change that was rolled back', async () => {
    const before = await headNow();
    await expect(
      db.transaction(async (tx) => {
        await audit.append(tx, { actor: 'test', action: 'order.canceled', subject: 'ord_1' });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await headNow()).toEqual(before);
    await append();
    expect((await verify(before)).broken).toBeUndefined();
  });

  it.each([
    ['id', `'aud_x'`],
    ['at', `at + interval '1 microsecond'`],
    ['at', `at - interval '1 year'`],
    ['actor', `'somebody'`],
    ['action', `'order.approved'`],
    ['subject', `subject || ' '`],
    ['request_id', `'req_x'`],
    ['before', `'{}'`],
    ['before', `'{"n": 2, "text": "é"}'`],
    ['after', `NULL`],
    ['after', `after || '{"more": null}'`],
    ['hash', `md5(hash) || md5(hash)`],
  ])('shows that `%s` of an entry was set to %s', async (column, value) => {
    await append({ before: { n: 1, text: 'é' }, after: { n: 2 } });
    const { position } = await headNow();
    await append();
    const { broken, count } = await tampered(
      `UPDATE audit_entry SET ${column} = ${value} WHERE position = ${position}`,
    );
    expect([broken?.position, broken?.kind, count]).toEqual([position, 'changed', position - 1]);
    expect((await verify()).broken).toBeUndefined();
  });

  it('shows that entries are missing, moved, inserted or hashed anew', async () => {
    const { position: last } = await headNow();
    const at = last - 3;
    expect(await tampered(`DELETE FROM audit_entry WHERE position = ${at}`)).toMatchObject({
      broken: { position: at, kind: 'missing' },
    });
    expect(
      await tampered(`UPDATE audit_entry SET position = position + 100 WHERE position = ${at}`),
    ).toMatchObject({
      broken: { position: at, kind: 'missing' },
    });
    const swap = (one: number, other: number): string[] => [
      `UPDATE audit_entry SET position = -1 WHERE position = ${one}`,
      `UPDATE audit_entry SET position = ${one} WHERE position = ${other}`,
      `UPDATE audit_entry SET position = ${other} WHERE position = -1`,
    ];
    for (const other of [at + 1, last])
      expect((await tampered(...swap(at, other))).broken).toMatchObject({ position: at, kind: 'reordered' });
    const columns = 'actor, action, subject, request_id, before, after, hash';
    const { broken } = await tampered(
      `UPDATE audit_entry SET position = -position WHERE position >= ${at}`,
      `UPDATE audit_entry SET position = 1 - position WHERE position < 0`,
      `INSERT INTO audit_entry (id, position, at, ${columns})
       SELECT 'aud_x', ${at}, at, ${columns} FROM audit_entry WHERE position = ${at - 1}`,
    );
    expect(broken).toMatchObject({ position: at, kind: 'inserted' });
  });

  it('shows that its end was cut off only to who has noted the head', async () => {
    const head = await headNow();
    await restoring(async () => {
      await shop.db.query('DELETE FROM audit_entry WHERE position = $1', [head.position]);
      expect(await verify()).toMatchObject({ count: head.position - 1 });
      expect((await verify()).broken).toBeUndefined();
      expect((await verify(head)).broken).toMatchObject({ position: head.position, kind: 'cut off' });
      // The shop goes on, and its new entry takes the place of the one that is gone.
      await append();
      expect((await verify()).broken).toBeUndefined();
      expect((await verify(head)).broken).toMatchObject({ position: head.position, kind: 'rewritten' });
    });
  });

  it('is whole at every moment while entries are added', async () => {
    onTestFinished(LockPatience.begin());
    const { position: first } = await headNow();
    let done = false;
    const writers = Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let n = 0; n < 30; n++) await append({ after: { n } });
      }),
    ).finally(() => (done = true));
    let head: Head | undefined;
    do {
      const report = await verify(head);
      expect(report.broken).toBeUndefined();
      head = report.head;
    } while (!done);
    await writers;
    expect(await verify(head)).toMatchObject({ count: first + 120 });
  });

  it('reads back what it was given, whatever that was', async () => {
    const told: object[] = [
      { n: 1e21, m: -0, tiny: 5e-324, huge: 1.7976931348623157e308, exact: 0.1 + 0.2, max: 2 ** 53 - 1 },
      { 'ключ 🗝️': 'é e\u0301 \u2028 \ud83d\ude00 "\\/\b', '': [], ' ': {}, nested: [[{ a: [null, true] }]] },
      { b: 1, a: 2, '10': 3, '9': 4, __proto__x: 5, toString: 6, left: undefined, when: new Date(0) },
      JSON.parse('{"__proto__": {"a": 1}}') as object,
      [1, [undefined], 'text'],
      {},
    ];
    for (const after of told) await append({ before: after, after });
    await append({ after: { whom: hashed('ada@example.com'), nobody: hashed(null) } });
    expect((await merchant(shop, '/admin/audit-log?limit=1')).body.data[0].after).toEqual({
      whom: { hmac_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      nobody: null,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ noUnicodeString: false }).filter((value) => storable(value)),
        async (value) => append({ after: { value } }),
      ),
      { numRuns: 150 },
    );
    expect((await verify()).broken).toBeUndefined();
    const { position } = await headNow();
    // PostgreSQL has no NUL: the change is refused whole, and nothing of it is in the chain.
    await expect(append({ after: { text: 'a\0b' } })).rejects.toThrow();
    expect(await headNow()).toMatchObject({ position });
  });
});

/** What comes in a request is checked for the same (src/common/json.ts). */
const storable = (value: unknown): boolean => {
  const text = JSON.stringify(value);
  return !text.includes('\\u0000') && !/\\ud[89a-f]/i.test(text);
};

describe('the export of the audit log', () => {
  it('is the whole chain, and can be verified without the shop', async () => {
    // More than are read at once.
    await db.transaction(async (tx) => {
      const entry = { actor: 'test', action: 'order.canceled', subject: 'ord_1', after: { text: 'é\u2028' } };
      for (let n = 0; n < 1100; n++) await audit.append(tx, entry);
    });
    const response = await fetch(`${shop.url}/admin/audit-log.jsonl`, {
      headers: { Authorization: 'Bearer admin_sandbox_key' },
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
    ]);
    const text = await response.text();
    expect(text.endsWith('}\n')).toBe(true);
    const lines = text.slice(0, -1).split('\n');
    const check = (given: string[], expected?: Head): Promise<ChainReport> =>
      checkChain(
        (async function* () {
          yield* await Promise.resolve(given.map((line) => entryOfLine(line)!));
        })(),
        expected,
      );
    const head = await headNow();
    expect(await check(lines, head)).toEqual({ count: head.position, head });
    const at = 4;
    expect((await check(lines.with(at, lines[at]!.replace('"actor":"', '"actor":"x')))).broken).toMatchObject(
      {
        position: at + 1,
        kind: 'changed',
      },
    );
    expect((await check(lines.toSpliced(at, 1))).broken).toMatchObject({ position: at + 1, kind: 'missing' });
    expect((await check(lines.slice(0, -1), head)).broken).toMatchObject({ kind: 'cut off' });
    expect(entryOfLine(lines[0]!.slice(0, -9))).toBeUndefined();
    for (const line of ['', 'null', '[]', '{}', '"x"']) expect(entryOfLine(line)).toBeUndefined();
  });
});
