import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ApiKeysService } from '../../src/access/api-keys.service.js';
import { KeyUses } from '../../src/access/key-uses.service.js';
import { loadConfig } from '../../src/config/config.js';
import { Database } from '../../src/database/database.js';
import { type Server, startServer } from '../../src/server.js';
import { LockPatience } from '../support/lock-patience.js';
import { meeting } from '../support/meeting.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { freePort } from '../support/ports.js';
import { RowLock } from '../support/row-lock.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

interface Made {
  id: string;
  name: string;
  agent_id: string;
  prefix: string;
  scopes: string[];
  expires_at: string | null;
  key: string;
}

/** With the caches as they are in production: what takes effect within two seconds does so here. */
describe('API keys over the admin API', () => {
  let shop: Shop;
  /** Its cache does not run out while the tests last: it knows only what it is told, and when a key was to end. */
  let second: Server;
  let secondUrl: string;
  beforeAll(async () => {
    shop = await startShop();
    const port = await freePort();
    secondUrl = `http://127.0.0.1:${port}`;
    const env = { ...shop.env, PORT: String(port), ROLE: 'api', STRIPE_API_BASE: shop.simulator.url };
    const SANDBOX_TIMINGS = JSON.stringify({ keyCacheMs: 3_600_000 });
    second = await startServer(loadConfig({ ...env, SANDBOX_TIMINGS }));
  });
  afterAll(async () => {
    await second.stop();
    await shop.close();
  });

  const path = '/admin/api-keys';
  const create = (body: object, key?: string, apiKey?: string): Promise<MerchantAnswer> =>
    merchant(shop, path, { body: { name: 'test', ...body }, key, apiKey });
  const made = async (body: object = {}): Promise<Made> => {
    const { status, body: answer } = await create(body);
    expect(status).toBe(201);
    return answer as Made;
  };
  const rotate = (id: string, body: object = {}, key?: string): Promise<MerchantAnswer> =>
    merchant(shop, `${path}/${id}/rotate`, { body, key });
  const revoke = (id: string, apiKey?: string): Promise<MerchantAnswer> =>
    merchant(shop, `${path}/${id}`, { method: 'DELETE', apiKey });
  const listed = async (id: string): Promise<Record<string, unknown>> => {
    const { body } = await merchant(shop, `${path}?limit=100`);
    return (body.data as { id: string }[]).find((key) => key.id === id) ?? {};
  };
  /** 404 for a key that is let in, 401 for one that is not. */
  const use = async (key: string, url = shop.url): Promise<number> => {
    const headers = { Authorization: `Bearer ${key}`, 'API-Version': '2026-04-17' };
    return (await fetch(`${url}/checkout_sessions/cs_none`, { headers })).status;
  };
  /** Uses a key until it is refused: when the last use was sent that was let in, and when the refusal came. */
  const untilRefused = async (key: string, url?: string): Promise<{ lastIn: number; outAt: number }> => {
    let lastIn = 0;
    await until(
      async () => {
        const sentAt = Date.now();
        const status = await use(key, url);
        if (status === 404) lastIn = sentAt;
        return status;
      },
      (status) => status === 401,
    );
    return { lastIn, outAt: Date.now() };
  };
  /** A key that ends soon, or on a slow machine later, for it is used at both processes before. */
  const ending = async (
    end: (seconds: number) => Promise<Made>,
    seconds = 1,
  ): Promise<{ made: Made; endsAt: number }> => {
    const key = await end(seconds);
    const uses = [await use(key.key), await use(key.key, secondUrl)];
    if (!uses.every((status) => status === 404)) return ending(end, 4 * seconds);
    return { made: key, endsAt: Date.parse((await listed(key.id)).expires_at as string) };
  };
  /** Not a moment earlier, and no later but for what clocks disagree. */
  const endsEverywhere = async (key: string, endsAt: number): Promise<void> => {
    for (const { lastIn, outAt } of await Promise.all([untilRefused(key), untilRefused(key, secondUrl)])) {
      expect(outAt).toBeGreaterThanOrEqual(endsAt);
      expect(lastIn).toBeLessThan(endsAt + 100);
    }
  };

  describe('making one', () => {
    it('keeps the reply that shows a key for a repeated request, and not in clear', async () => {
      const [first, again] = [await create({}, 'shown-once'), await create({}, 'shown-once')];
      expect([first.status, again.text]).toEqual([201, first.text]);
      const { id, key } = first.body as Made;
      const rotated = (await rotate(id, {}, 'shown-once-too')).body as Made;
      const claims = await shop.db.query<{ body: string }>(
        `SELECT body FROM idempotency_claim WHERE key LIKE 'shown-once%'`,
      );
      expect(claims).toHaveLength(2);
      for (const secret of [key, rotated.key]) expect(JSON.stringify(claims)).not.toContain(secret);
    });

    it('shows it once, for a new agent or for one that is there', async () => {
      const first = await made({ name: 'Shopping assistant' });
      expect(first).toEqual({
        id: expect.stringMatching(/^key_[0-9a-z]{36}$/),
        name: 'Shopping assistant',
        agent_id: expect.stringMatching(/^agt_[0-9a-z]{36}$/),
        prefix: first.key.slice(0, 8),
        scopes: ['agent'],
        expires_at: null,
        key: expect.stringMatching(/^stk_[\w-]{43}$/),
      });
      const further = await made({ agent_id: first.agent_id, scopes: ['admin:read', 'agent'] });
      expect(further.agent_id).toBe(first.agent_id);
      expect(await use(first.key)).toBe(404);
      expect(await use(further.key)).toBe(404);
      const seen = JSON.stringify([
        (await merchant(shop, `${path}?limit=100`)).body,
        await shop.db.query('SELECT id, name, prefix, encode(hash, $1) FROM api_key', ['escape']),
        await shop.db.query('SELECT * FROM audit_entry'),
      ]);
      expect(seen).toContain(first.prefix);
      expect([first.key, further.key].filter((key) => seen.includes(key))).toEqual([]);
    });

    it('answers a repeated request with the same key, and makes one', async () => {
      const answers = [await create({ name: 'again' }, 'once'), await create({ name: 'again' }, 'once')];
      expect(answers[1]?.text).toBe(answers[0]?.text);
      expect(answers[1]?.headers.get('idempotent-replayed')).toBe('true');
      expect(await shop.db.query(`SELECT 1 FROM api_key WHERE name = 'again'`)).toHaveLength(1);
      expect((await create({ name: 'other' }, 'once')).status).toBe(422);
    });

    it.each([
      ['no name', { name: undefined }, '$.name'],
      ['a blank name', { name: '  ' }, '$.name'],
      ['an agent that is not there', { agent_id: 'agt_nobody' }, '$.agent_id'],
      ['no scope', { scopes: [] }, '$.scopes'],
      ['an unknown scope', { scopes: ['agent', 'root'] }, '$.scopes'],
      ['a scope twice', { scopes: ['agent', 'agent'] }, '$.scopes'],
      ['a scope that is no list', { scopes: 'agent' }, '$.scopes'],
      ['an expiry in the past', { expires_at: '2020-01-31T00:00:00Z' }, '$.expires_at'],
      ['an expiry without its time zone', { expires_at: '2030-01-31T00:00:00' }, '$.expires_at'],
      ['an expiry on a day that does not exist', { expires_at: '2030-02-30T00:00:00Z' }, '$.expires_at'],
    ])('refuses %s, and makes nothing', async (_, wrong, param) => {
      const before = await shop.db.query(
        'SELECT (SELECT count(*) FROM agent) + (SELECT count(*) FROM api_key) AS n',
      );
      const { status, body } = await create(wrong);
      expect({ status, param: body.param }).toEqual({ status: 400, param });
      expect(
        await shop.db.query('SELECT (SELECT count(*) FROM agent) + (SELECT count(*) FROM api_key) AS n'),
      ).toEqual(before);
    });

    it('is recorded with who did it and in which request', async () => {
      const answer = await merchant(shop, path, {
        body: { name: 'recorded' },
        headers: { 'Request-Id': 'make-a-key' },
      });
      const entries = await shop.db.query(
        `SELECT e.action, e.request_id, a.name AS actor FROM audit_entry e JOIN agent a ON a.id = e.actor
         WHERE e.subject = $1`,
        [answer.body.id],
      );
      expect(entries).toEqual([{ action: 'api_key.created', request_id: 'make-a-key', actor: 'admin' }]);
    });
  });

  it('lists in pages, of one agent if asked, and refuses a page that is none', async () => {
    const { agent_id } = await made();
    for (let n = 0; n < 3; n++) await made({ agent_id });
    const pages: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await merchant(
        shop,
        `${path}?agent_id=${agent_id}&limit=3${cursor && `&cursor=${cursor}`}`,
      );
      pages.push((body.data as { id: string }[]).map(({ id }) => id));
      cursor = body.next_cursor as string | null;
    }
    expect(pages).toEqual([expect.objectContaining({ length: 3 }), expect.objectContaining({ length: 1 })]);
    expect(pages.flat()).toEqual([...new Set(pages.flat())].sort().reverse());
    expect((await merchant(shop, `${path}?limit=0`)).status).toBe(400);
    for (const wrong of ['', '%00', 'a%00b', 'x'.repeat(65), 'a&agent_id=b']) {
      const { status, body } = await merchant(shop, `${path}?agent_id=${wrong}`);
      expect([wrong, status, body.param]).toEqual([wrong, 400, '$.agent_id']);
    }
    expect((await merchant(shop, `${path}?cursor=x`)).status).toBe(400);
  });

  describe('last use', () => {
    const lastUse = async (id: string): Promise<unknown> => (await listed(id)).last_used_at;

    it('is noted in the background', async () => {
      const { id, key } = await made();
      expect(await lastUse(id)).toBeNull();
      await use(key);
      const noted = await until(
        () => lastUse(id),
        (at) => at !== null,
      );
      expect(Math.abs(Date.now() - Date.parse(noted as string))).toBeLessThan(60_000);
    });

    it('is written at most once a minute, whichever process sees it', async () => {
      const { id } = await made();
      const noteElsewhere = async (): Promise<void> => {
        const uses = new KeyUses(shop.server.app.get(Database));
        for (let n = 0; n < 100; n++) uses.note(id);
        await uses.onModuleDestroy();
      };
      const version = async (): Promise<unknown> => {
        const [row] = await shop.db.query('SELECT last_used_at, xmin::text FROM api_key WHERE id = $1', [id]);
        return row;
      };
      await noteElsewhere();
      const first = await version();
      expect(first).toMatchObject({ last_used_at: expect.any(Date) });
      await noteElsewhere();
      expect(await version()).toEqual(first);
      await shop.db.query(`UPDATE api_key SET last_used_at = now() - interval '2 minutes' WHERE id = $1`, [
        id,
      ]);
      await noteElsewhere();
      expect(await lastUse(id)).not.toBe(null);
      const [{ age } = {}] = await shop.db.query<{ age: number }>(
        `SELECT extract(epoch FROM now() - last_used_at)::float8 AS age FROM api_key WHERE id = $1`,
        [id],
      );
      expect(age).toBeLessThan(30);
    });

    it('keeps no request waiting while somebody holds the row', async () => {
      const { id, key } = await made();
      const lock = await RowLock.take(shop, 'SELECT 1 FROM api_key WHERE id = $1 FOR UPDATE', [id]);
      const startedAt = performance.now();
      expect(await use(key)).toBe(404);
      // Who waits for the row does so as long as the pool waits for any answer: 15 s.
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      await lock.release();
    });
  });

  describe('revoking', () => {
    it('takes effect in two processes within two seconds, and keeps the row', async () => {
      const { id, key } = await made();
      expect([await use(key), await use(key, secondUrl)]).toEqual([404, 404]);
      expect((await revoke(id)).status).toBe(204);
      const revokedAt = Date.now();
      expect((await untilRefused(key)).lastIn - revokedAt).toBeLessThan(2_000);
      // No cache has run out there: it was told.
      await untilRefused(key, secondUrl);
      expect(await listed(id)).toMatchObject({ id, revoked_at: expect.any(String) });
    });

    it('does so too where nobody was told', async () => {
      const { id, key } = await made();
      expect(await use(key)).toBe(404);
      await shop.db.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [id]);
      const revokedAt = Date.now();
      expect((await untilRefused(key)).lastIn - revokedAt).toBeLessThan(2_000);
    });

    it('may be repeated, is recorded once, and needs a key', async () => {
      const { id } = await made();
      expect([(await revoke(id)).status, (await revoke(id)).status]).toEqual([204, 204]);
      const entries = await shop.db.query(
        `SELECT action FROM audit_entry WHERE subject = $1 ORDER BY position`,
        [id],
      );
      expect(entries.map(({ action }) => action)).toEqual(['api_key.created', 'api_key.revoked']);
      const unknown = await revoke('key_none');
      expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found']);
    });
  });

  it('ends an expiring key when it expires, though it was used just before', async () => {
    const { made: expiring, endsAt } = await ending(async (seconds) => {
      const key = await made({ expires_at: '2100-01-31T00:00:00Z' });
      const expiry = `UPDATE api_key SET expires_at = now() + $2 * interval '1 second' WHERE id = $1`;
      await shop.db.query(expiry, [key.id, seconds]);
      return key;
    });
    await endsEverywhere(expiring.key, endsAt);
  });

  describe('rotating', () => {
    it('replaces the key at once', async () => {
      const old = await made({ name: 'rotated', scopes: ['agent', 'admin:read'] });
      expect([await use(old.key), await use(old.key, secondUrl)]).toEqual([404, 404]);
      const { status, body: next } = await rotate(old.id);
      expect(status).toBe(201);
      expect(next).toMatchObject({
        name: 'rotated',
        agent_id: old.agent_id,
        scopes: old.scopes,
        expires_at: null,
      });
      expect(next.key).not.toBe(old.key);
      expect(await use(next.key)).toBe(404);
      const rotatedAt = Date.now();
      expect((await untilRefused(old.key)).lastIn - rotatedAt).toBeLessThan(2_000);
      await untilRefused(old.key, secondUrl);
      expect(await use(next.key)).toBe(404);
      expect(await listed(old.id)).toMatchObject({ replaced_by: next.id });
    });

    it('lets both work for the overlap, and no longer', async () => {
      let next = '';
      let overlap = [0, 0];
      const { made: old, endsAt } = await ending(async (seconds) => {
        const key = await made();
        const earliest = Date.now() + seconds * 1_000;
        next = (await rotate(key.id, { overlap_seconds: seconds })).body.key as string;
        overlap = [earliest, Date.now() + seconds * 1_000];
        return key;
      });
      expect(await use(next)).toBe(404);
      expect(endsAt).toBeGreaterThanOrEqual(overlap[0]!);
      expect(endsAt).toBeLessThanOrEqual(overlap[1]!);
      await endsEverywhere(old.key, endsAt);
      expect(await use(next)).toBe(404);
    });

    it('never lets the old key live longer than it would have', async () => {
      const old = await made({ expires_at: new Date(Date.now() + 60_000).toISOString() });
      await rotate(old.id, { overlap_seconds: 3_600 });
      expect((await listed(old.id)).expires_at).toBe(old.expires_at);
    });

    it('gives a key that expires the same time to live again', async () => {
      const { id } = await made({ expires_at: new Date(Date.now() + 3_600_000).toISOString() });
      await shop.db.query(
        `UPDATE api_key SET created_at = created_at - interval '59 minutes', expires_at = expires_at - interval '59 minutes'
         WHERE id = $1`,
        [id],
      );
      const { body: next } = await rotate(id);
      expect(Math.abs(Date.parse(next.expires_at) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    });

    it('happens once, however many ask for it', async () => {
      const { id, agent_id } = await made();
      const answers = await Promise.all(Array.from({ length: 5 }, () => rotate(id, { overlap_seconds: 60 })));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
      expect(answers.find(({ status }) => status === 409)?.body.code).toBe('api_key_replaced');
      expect((await merchant(shop, `${path}?agent_id=${agent_id}`)).body.data).toHaveLength(2);
    });

    it('is answered the same when it is repeated', async () => {
      const { id } = await made();
      const [first, again] = [await rotate(id, {}, 'rotate-once'), await rotate(id, {}, 'rotate-once')];
      expect([first.status, again.text]).toEqual([201, first.text]);
    });

    it.each([
      ['of a key that is not there', 'none', {}, 404, 'not_found'],
      ['of a revoked key', 'revoked', {}, 409, 'api_key_not_active'],
      ['with a negative overlap', 'active', { overlap_seconds: -1 }, 400, 'invalid'],
      ['with an endless overlap', 'active', { overlap_seconds: 1e9 }, 400, 'invalid'],
      ['with an overlap in words', 'active', { overlap_seconds: '60' }, 400, 'invalid'],
    ])('is refused %s', async (_, kind, body, status, code) => {
      const { id } = await made();
      if (kind === 'revoked') await revoke(id);
      const answer = await rotate(kind === 'none' ? 'key_none' : id, body);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
    });
  });

  it('never leaves the shop without a key that administers it', async () => {
    const [{ id: bootstrap } = {}] = await shop.db.query<{ id: string }>(
      `SELECT k.id FROM api_key k JOIN agent a ON a.id = k.agent_id WHERE a.bootstrap_name = 'admin'`,
    );
    // What cannot change anything, has ended or is about to does not count.
    await made({ scopes: ['admin:read'] });
    await revoke((await made({ scopes: ['admin'] })).id);
    const expired = await made({ scopes: ['admin'] });
    await shop.db.query('UPDATE api_key SET expires_at = now() WHERE id = $1', [expired.id]);
    const refused = await revoke(String(bootstrap));
    expect([refused.status, refused.body.code]).toEqual([409, 'last_admin_key']);

    // Two admins who throw each other out, both let in before.
    onTestFinished(LockPatience.begin());
    const keys = shop.server.app.get(ApiKeysService);
    const end = keys.end.bind(keys);
    for (let round = 0; round < 3; round++) {
      const other = await made({ scopes: ['admin', 'agent'] });
      const bothAreIn = meeting(2);
      keys.end = (...revoked) => bothAreIn().then(() => end(...revoked));
      const answers = await Promise.all([revoke(other.id), revoke(String(bootstrap), other.key)]);
      keys.end = end;
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
      // For the next round.
      await shop.db.query('UPDATE api_key SET revoked_at = NULL WHERE id = $1', [bootstrap]);
      await shop.db.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [other.id]);
    }

    const { body: next } = await rotate(String(bootstrap), { overlap_seconds: 3_600 });
    expect((await revoke(next.id)).body.code).toBe('last_admin_key');
    expect((await revoke(String(bootstrap), next.key)).status).toBe(204);
  });
});
