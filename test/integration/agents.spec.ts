import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { supportedVersions } from '../../src/common/protocol-versions.js';
import { Agent, type Answer, payWith } from '../support/agent.js';
import { exchange } from '../support/exchange.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { set } from '../support/purchases.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

/** A version that only this test speaks. */
const future = '2099-12-31';
const secret = 'canary-signing-secret-7f3a';
const cart = {
  line_items: [{ id: 'item_field_guide' }],
  currency: 'usd',
  capabilities: {},
};

describe('agents over the admin API', () => {
  let shop: Shop;
  beforeAll(async () => {
    supportedVersions.unshift(future);
    shop = await startShop({}, { timings: { settingsCacheMs: 50 } });
  });
  afterAll(async () => {
    supportedVersions.shift();
    await shop.close();
  });

  const create = (body: object, key?: string): Promise<MerchantAnswer> =>
    merchant(shop, '/admin/agents', { body: { name: 'test', ...body }, key });
  const patch = (id: string, body: object): Promise<MerchantAnswer> =>
    merchant(shop, `/admin/agents/${id}`, { method: 'PATCH', body });
  /** A new agent with these options, and a key of its. */
  const agentWith = async (options: object): Promise<{ id: string; key: string; agent: Agent }> => {
    const { body: made } = await create({ options });
    const { body } = await merchant(shop, '/admin/api-keys', { body: { name: 'key', agent_id: made.id } });
    return { id: made.id, key: body.key, agent: new Agent(shop.url, body.key as string) };
  };

  describe('as a resource', () => {
    it('is made, shown, listed and changed; what is absent stays, null goes back to the shop’s', async () => {
      const { status, body: made } = await create({
        name: 'Shopping assistant',
        options: { versions: ['2026-04-17'], completeStatusCode: 201 },
      });
      expect(status).toBe(201);
      expect(made).toEqual({
        id: expect.stringMatching(/^agt_[0-9a-z]{36}$/),
        name: 'Shopping assistant',
        options: { versions: ['2026-04-17'], completeStatusCode: 201, requestSigning: null },
        created_at: expect.stringMatching(/Z$/),
      });
      const get = (): Promise<MerchantAnswer> => merchant(shop, `/admin/agents/${made.id}`);
      expect((await get()).body).toEqual(made);
      const changed = await patch(made.id, { options: { versions: null } });
      expect(changed.status).toBe(200);
      expect(changed.body.options).toEqual({ versions: null, completeStatusCode: 201, requestSigning: null });
      expect((await patch(made.id, { name: 'Renamed' })).body).toMatchObject({
        name: 'Renamed',
        options: changed.body.options,
      });
      expect((await get()).body.name).toBe('Renamed');
      const { body: page } = await merchant(shop, '/admin/agents?limit=1');
      expect(page).toMatchObject({ data: [{ id: made.id }], next_cursor: expect.any(String) });
      const { body: next } = await merchant(shop, `/admin/agents?limit=1&cursor=${page.next_cursor}`);
      expect(next.data[0].id < made.id).toBe(true);
    });

    it('is made once for one Idempotency-Key', async () => {
      const [first, again] = [
        await create({ name: 'once' }, 'agent-1'),
        await create({ name: 'once' }, 'agent-1'),
      ];
      expect(again.text).toBe(first.text);
      expect(await shop.db.query(`SELECT 1 FROM agent WHERE name = 'once'`)).toHaveLength(1);
    });

    it.each([
      ['no name', { name: undefined }, '$.name'],
      ['a name that is null', { name: null }, '$.name'],
      ['options that are null', { options: null }, '$.options'],
      ['no version', { options: { versions: [] } }, '$.options.versions'],
      ['an unknown version', { options: { versions: ['2026-04-17', '2020-01-01'] } }, '$.options.versions'],
      ['a version twice', { options: { versions: ['2026-04-17', '2026-04-17'] } }, '$.options.versions'],
      ['another status', { options: { completeStatusCode: 204 } }, '$.options.completeStatusCode'],
      ['a status in words', { options: { completeStatusCode: '201' } }, '$.options.completeStatusCode'],
      [
        'a short secret',
        { options: { requestSigning: { secret: 'short' } } },
        '$.options.requestSigning.secret',
      ],
      [
        'signing without a secret',
        { options: { requestSigning: { required: true } } },
        '$.options.requestSigning.secret',
      ],
      [
        'an unknown algorithm',
        { options: { requestSigning: { algorithm: 'none' } } },
        '$.options.requestSigning.algorithm',
      ],
      [
        'a public key that is none',
        { options: { requestSigning: { algorithm: 'ed25519', publicKey: 'x' } } },
        '$.options.requestSigning.publicKey',
      ],
    ])('refuses %s, on PATCH as on POST', async (_, wrong, param) => {
      const { status, body } = await create(wrong);
      expect({ status, param: body.param }).toEqual({ status: 400, param });
      const { body: made } = await create({});
      const changed = await patch(made.id, { name: 'test', ...wrong });
      // A name that is absent is one that stays.
      const stays = 'name' in wrong && wrong.name === undefined;
      expect({ status: changed.status, param: changed.body?.param }).toEqual(
        stays ? { status: 200, param: undefined } : { status: 400, param },
      );
    });

    it('is not there under another id', async () => {
      expect((await merchant(shop, '/admin/agents/agt_none')).status).toBe(404);
      expect((await patch('agt_none', { name: 'x' })).status).toBe(404);
    });

    it('shows its secret nowhere, not even in the audit log, where each change is', async () => {
      const { body: made } = await create(
        { options: { requestSigning: { secret, required: true } } },
        'with-secret',
      );
      const masked = { set: true, last4: '7f3a' };
      expect(made.options.requestSigning).toEqual({
        required: true,
        algorithm: 'hmac-sha256',
        secret: masked,
        publicKey: null,
      });
      const other = `${secret}-2`;
      await patch(made.id, { options: { requestSigning: { secret: other } } });
      const changed = await patch(made.id, { options: { requestSigning: { required: false } } });
      expect(changed.body.options.requestSigning).toMatchObject({ required: false, secret: { set: true } });
      const everything = JSON.stringify([
        await merchant(shop, `/admin/agents/${made.id}`),
        await merchant(shop, '/admin/agents'),
        await shop.db.query('SELECT * FROM agent'),
        await shop.db.query('SELECT * FROM audit_entry'),
        await shop.db.query('SELECT * FROM idempotency_claim'),
      ]);
      expect(everything).not.toContain(secret);
      const entries = await shop.db.query(
        `SELECT action, before, after FROM audit_entry WHERE subject = $1 ORDER BY position`,
        [made.id],
      );
      expect(entries.map(({ action }) => action)).toEqual([
        'agent.created',
        'agent.updated',
        'agent.updated',
      ]);
      expect(entries.map(({ after }) => (after as { secretChanged?: true }).secretChanged)).toEqual([
        true,
        true,
        undefined,
      ]);
      expect(entries[2]).toMatchObject({
        before: { requestSigning: { required: true, hasSecret: true } },
        after: { requestSigning: { required: false, hasSecret: true } },
      });
      await patch(made.id, { options: { requestSigning: null } });
      expect(await shop.db.query('SELECT signing_secret FROM agent WHERE id = $1', [made.id])).toEqual([
        { signing_secret: null },
      ]);
    });
  });

  describe('versions', () => {
    const read = (key: string, version: string | null): Promise<Answer> =>
      exchange(shop.url, {
        method: 'GET',
        path: '/checkout_sessions/cs_none',
        headers: { Authorization: `Bearer ${key}`, 'API-Version': version },
      });

    it('are those of the agent: any other is refused with the list of them', async () => {
      const { id, key } = await agentWith({ versions: ['2026-04-17'] });
      expect((await read(key, '2026-04-17')).status).toBe(404);
      for (const [version, code] of [
        [future, 'unsupported_api_version'],
        [null, 'missing_api_version'],
      ] as const) {
        const { status, body } = await read(key, version);
        expect({ status, code: body.code, listed: body.supported_versions }).toEqual({
          status: 400,
          code,
          listed: ['2026-04-17'],
        });
      }
      await patch(id, { options: { versions: ['2026-04-17', future] } });
      await until(
        () => read(key, future),
        ({ status }) => status === 404,
      );
      expect((await read(key, 'tomorrow')).body.supported_versions).toEqual([future, '2026-04-17']);
    });

    it('are those of the shop for an agent that has none of its own', async () => {
      const { key } = await agentWith({});
      expect((await read(key, future)).status).toBe(404);
      await set(shop, 'acp', { versions: ['2026-04-17'] });
      const refused = await until(
        () => read(key, future),
        ({ status }) => status === 400,
      );
      expect(refused.body.supported_versions).toEqual(['2026-04-17']);
      await shop.db.query('DELETE FROM setting');
      await until(
        () => read(key, future),
        ({ status }) => status === 404,
      );
    });
  });

  describe('the status of complete', () => {
    it('is the agent’s for a session that got its order, also when it is repeated, and 200 for all else', async () => {
      const { agent } = await agentWith({ completeStatusCode: 201 });
      const { body: declined } = await agent.create(cart);
      expect((await agent.complete(declined.id, 'tok_chargeDeclined')).status).toBe(200);
      const paid = await agent.complete(declined.id, 'tok_visa', { key: 'pay-201' });
      expect([paid.status, paid.body.status]).toEqual([201, 'completed']);
      const again = await agent.complete(declined.id, 'tok_visa', { key: 'pay-201' });
      expect([again.status, again.text]).toEqual([201, paid.text]);
      const { body: other } = await shop.agent.create(cart);
      expect((await shop.agent.complete(other.id as string)).status).toBe(200);
    });
  });

  describe('signed requests', () => {
    interface Sent {
      key: string;
      path?: string;
      method?: string;
      body?: string;
      signature?: string | null;
      timestamp?: string | null;
      idempotencyKey?: string;
      headers?: Record<string, string | null>;
    }
    const hmac = (text: string, by = secret): string =>
      createHmac('sha256', by).update(text).digest('base64url');
    const now = (offsetSeconds = 0): string => new Date(Date.now() + offsetSeconds * 1_000).toISOString();
    const body = JSON.stringify(cart);
    /** As JSON.stringify would never write it. */
    const canonical = '{"capabilities":{},"currency":"usd","line_items":[{"id":"item_field_guide"}]}';
    const send = ({ key, path = '/checkout_sessions', idempotencyKey = randomUUID(), ...sent }: Sent) => {
      const { method = 'POST', signature = null, timestamp = now(), headers } = sent;
      return exchange(shop.url, {
        method,
        path,
        ...(method === 'POST' && { body: sent.body ?? body }),
        headers: {
          Authorization: `Bearer ${key}`,
          Signature: signature,
          Timestamp: timestamp,
          ...(method === 'POST' && { 'Idempotency-Key': idempotencyKey }),
          ...headers,
        },
      });
    };

    let required: string;
    let optional: string;
    beforeAll(async () => {
      required = (await agentWith({ requestSigning: { secret, required: true } })).key;
      optional = (await agentWith({ requestSigning: { secret } })).key;
    });

    it.each([
      ['canonical JSON', () => ({ signature: hmac(canonical) })],
      ['the body as it was sent', () => ({ signature: hmac(body) })],
      [
        'the timestamp, a dot and the body',
        () => {
          const timestamp = now();
          return { timestamp, signature: hmac(`${timestamp}.${body}`) };
        },
      ],
      [
        'canonical JSON of a body with other spaces',
        () => ({ body: ` ${body}\n`, signature: hmac(canonical) }),
      ],
    ])('are let in with a signature of %s', async (_, signed) => {
      for (const key of [required, optional]) expect((await send({ key, ...signed() })).status).toBe(201);
    });

    it.each([
      ['of another body', () => ({ signature: hmac(body.replace('guide', 'shoe')) }), 'invalid_signature'],
      ['by another secret', () => ({ signature: hmac(body, `${secret}!`) }), 'invalid_signature'],
      ['that is empty', () => ({ signature: '' }), 'invalid_signature'],
      ['that is none', () => ({ signature: 'signed, the agent' }), 'invalid_signature'],
      ['without a time', () => ({ signature: hmac(body), timestamp: null }), 'timestamp_out_of_window'],
      [
        'of six minutes ago',
        () => ({ signature: hmac(body), timestamp: now(-360) }),
        'timestamp_out_of_window',
      ],
      ['from the future', () => ({ signature: hmac(body), timestamp: now(360) }), 'timestamp_out_of_window'],
      [
        'with the time as a number',
        () => ({ signature: hmac(body), timestamp: String(Math.floor(Date.now() / 1000)) }),
        'timestamp_out_of_window',
      ],
    ])('are refused with a signature %s, whether they have to be signed or not', async (_, signed, code) => {
      for (const key of [required, optional]) {
        const answer = await send({ key, ...signed() });
        expect([answer.status, answer.body.code]).toEqual([401, code]);
      }
    });

    it('cannot be repeated later under a newer time by somebody who has seen one', async () => {
      const seen = now(-240);
      const signature = hmac(`${seen}.${body}`);
      expect((await send({ key: required, timestamp: seen, signature })).status).toBe(201);
      expect((await send({ key: required, timestamp: now(), signature })).body.code).toBe(
        'invalid_signature',
      );
    });

    it('may be missing only where they may be', async () => {
      expect((await send({ key: optional })).status).toBe(201);
      const answer = await send({ key: required });
      expect([answer.status, answer.body.code]).toEqual([401, 'invalid_signature']);
      expect((await send({ key: required, signature: hmac(body), timestamp: null })).body.code).toBe(
        'timestamp_out_of_window',
      );
    });

    it('have an empty text signed where there is no body', async () => {
      const { body: session } = await send({ key: required, signature: hmac(body) });
      const path = `/checkout_sessions/${session.id}`;
      expect((await send({ key: required, method: 'GET', path, signature: hmac('') })).status).toBe(200);
      expect((await send({ key: required, method: 'GET', path, signature: hmac('{}') })).status).toBe(401);
      expect((await send({ key: required, method: 'GET', path })).status).toBe(401);
    });

    it('are wanted on the wire for tools as well, and not on the admin API', async () => {
      const tools = await fetch(`${shop.url}/acp/tools`, {
        headers: { Authorization: `Bearer ${required}` },
      });
      expect(tools.status).toBe(401);
      expect(await tools.json()).toMatchObject({ error: { code: 'invalid_signature' } });
      const { body: made } = await create({ options: { requestSigning: { secret, required: true } } });
      const { body: office } = await merchant(shop, '/admin/api-keys', {
        body: { name: 'both', agent_id: made.id, scopes: ['agent', 'admin:read'] },
      });
      expect((await merchant(shop, '/admin/agents', { apiKey: office.key })).status).toBe(200);
    });

    it('are checked in their place: after key, version and body, before anything is kept', async () => {
      const wrong = { key: required, signature: hmac('another') };
      const idempotencyKey = randomUUID();
      const codeOf = async (sent: Partial<Sent>): Promise<unknown> =>
        (await send({ ...wrong, ...sent })).body.code;
      expect(await codeOf({ headers: { Authorization: 'Bearer stk_unknown' } })).toBe('unauthorized');
      expect(await codeOf({ headers: { 'API-Version': null } })).toBe('missing_api_version');
      expect(await codeOf({ headers: { 'Content-Type': 'text/plain' } })).toBe('unsupported_media_type');
      expect(await codeOf({ body: '{' })).toBe('invalid_json');
      expect(await codeOf({ headers: { 'Idempotency-Key': null } })).toBe('invalid_signature');
      expect(await codeOf({ idempotencyKey })).toBe('invalid_signature');
      expect(await codeOf({ idempotencyKey, signature: hmac(body) })).toBeUndefined();
    });

    it('follow a change of the secret, and open again when none is wanted', async () => {
      const { id, key } = await agentWith({ requestSigning: { secret, required: true } });
      const next = `${secret}-next`;
      await patch(id, { options: { requestSigning: { secret: next } } });
      await until(
        () => send({ key, signature: hmac(body, next) }),
        ({ status }) => status === 201,
      );
      expect((await send({ key, signature: hmac(body) })).status).toBe(401);
      await patch(id, { options: { requestSigning: null } });
      await until(
        () => send({ key }),
        ({ status }) => status === 201,
      );
    });

    it('are wanted of everybody when the shop says so, but of agents with rules of their own', async () => {
      await set(shop, 'acp', { requestSigning: 'required' });
      const { key } = await agentWith({});
      const refused = await until(
        () => send({ key }),
        ({ status }) => status === 401,
      );
      expect(refused.body.message).toMatch(/No key is registered/);
      expect((await send({ key: optional })).status).toBe(201);
      await shop.db.query('DELETE FROM setting');
      await until(
        () => send({ key }),
        ({ status }) => status === 201,
      );
    });

    it('may be signed with a key pair, of which the shop knows the public half', async () => {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const { key } = await agentWith({
        requestSigning: { algorithm: 'ed25519', publicKey: pem, required: true },
      });
      const signature = sign(null, Buffer.from(body), privateKey).toString('base64url');
      expect((await send({ key, signature })).status).toBe(201);
      const other = JSON.stringify({ ...cart, currency: 'inr' });
      expect((await send({ key, signature, body: other })).body.code).toBe('invalid_signature');
      expect((await send({ key, signature: hmac(body, pem) })).body.code).toBe('invalid_signature');
    });

    it('pay, each signed', async () => {
      const { body: session } = await send({ key: required, signature: hmac(body) });
      const payment = JSON.stringify(payWith('tok_visa'));
      const path = `/checkout_sessions/${session.id}/complete`;
      expect((await send({ key: required, path, body: payment, signature: hmac(body) })).status).toBe(401);
      const paid = await send({ key: required, path, body: payment, signature: hmac(payment) });
      expect([paid.status, paid.body.status]).toEqual([200, 'completed']);
    });
  });
});
