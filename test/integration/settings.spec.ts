import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SettingsHistory1764000000000 } from '../../migrations/1764000000000-settings-history.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { LockPatience } from '../support/lock-patience.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { random } from '../support/random.js';
import { startShop, type Shop } from '../support/shop.js';

const namespaces = [
  'access',
  'acp',
  'checkout',
  'monitoring',
  'orders',
  'payments',
  'payments.razorpay',
  'payments.stripe',
  'retention',
  'shipping',
  'store',
  'tax',
  'webhooks',
];

describe('the settings', () => {
  let shop: Shop;
  beforeAll(() => LockPatience.begin());
  beforeAll(async () => {
    shop = await startShop({}, { timings: { settingsCacheMs: 60_000 } });
  });
  afterAll(() => shop.close());
  afterEach(() => shop.db.query('DELETE FROM setting; DELETE FROM setting_version'));

  type Headers = Record<string, string>;
  const get = (path: string, more: object = {}): Promise<MerchantAnswer> =>
    merchant(shop, `/admin/settings${path}`, more);
  const patch = (path: string, body: object, headers?: Headers): Promise<MerchantAnswer> =>
    get(`/${path}`, { method: 'PATCH', body, headers });
  const rollback = (namespace: string, version: unknown, query = ''): Promise<MerchantAnswer> =>
    get(`/${namespace}/rollback${query}`, { body: { version } });
  const history = async (namespace: string): Promise<Record<string, unknown>[]> =>
    (await get(`/${namespace}/history`)).body.data as Record<string, unknown>[];
  const trial = async (namespace: string, body: object): Promise<MerchantAnswer['body']> =>
    (await patch(`${namespace}?dry_run=true`, body)).body;
  const written = async (): Promise<unknown> =>
    shop.db.query(
      `SELECT (SELECT count(*) FROM setting WHERE version > 0) AS settings,
              (SELECT count(*) FROM setting_version) AS versions, (SELECT count(*) FROM audit_entry) AS audited`,
    );

  describe('shown', () => {
    it('are all of them, each with value, default, source and version', async () => {
      const { status, body } = await get('');
      expect(status).toBe(200);
      expect(body.data.map(({ namespace }: { namespace: string }) => namespace)).toEqual(namespaces);
      expect(body.next_cursor).toBeNull();
      const stripe = await get('/payments.stripe');
      expect(stripe.headers.get('etag')).toBe('"0"');
      expect(stripe.body).toEqual({
        namespace: 'payments.stripe',
        version: 0,
        values: {
          secretKey: { set: true, last4: null },
          webhookSecret: { set: true, last4: null },
          webhookSecretPrevious: { set: false },
          merchantId: 'acct_sandbox',
          acquirer: expect.objectContaining({ country: 'US' }),
        },
        defaults: expect.objectContaining({ secretKey: { set: false }, merchantId: null }),
        sources: {
          secretKey: 'environment',
          webhookSecret: 'environment',
          webhookSecretPrevious: 'default',
          merchantId: 'environment',
          acquirer: 'default',
        },
        updated_at: null,
        updated_by: null,
      });
      expect((await get('/nothing')).status).toBe(404);
      expect((await get('/nothing/history')).status).toBe(404);
      expect((await patch('nothing', {})).status).toBe(404);
    });

    it('as a JSON Schema that says what each member is and takes what is valid', async () => {
      const { body } = await get('/schema');
      expect(Object.keys(body)).toEqual(namespaces);
      const ajv = new Ajv2020({ strict: true, strictTypes: false });
      (formats as unknown as (ajv: Ajv2020) => void)(ajv);
      for (const [name, schema] of Object.entries<Record<string, unknown>>(body)) {
        const { body: shown } = await get(`/${name}`);
        const secrets = Object.entries(shown.values as object).filter(
          ([, value]) => value?.set !== undefined,
        );
        const values = { ...shown.values, ...Object.fromEntries(secrets.map(([secret]) => [secret, null])) };
        const isValid = ajv.compile(schema);
        expect([name, isValid(values), isValid.errors]).toEqual([name, true, null]);
        expect(isValid({ surprise: 1 })).toBe(false);
        everyMember(schema, (member) => {
          expect(member).toMatchObject({ description: expect.stringMatching(/^\S.{10}/) });
          expect(member.type ?? member.enum, JSON.stringify(member)).toBeDefined();
        });
      }
      expect(body.checkout.properties.sessionTtlMinutes).toMatchObject({
        type: ['number', 'null'],
        minimum: 0.05,
      });
      expect(body['payments.stripe'].properties.secretKey).toMatchObject({ writeOnly: true });
    });
  });

  describe('changed', () => {
    it('member by member; null goes back to the default', async () => {
      const first = await patch('checkout', { sessionTtlMinutes: 45 });
      expect([first.status, first.headers.get('etag')]).toEqual([200, '"1"']);
      expect(first.body).toMatchObject({
        version: 1,
        values: { sessionTtlMinutes: 45, currencies: ['usd', 'inr'] },
      });
      const second = await patch('checkout', { currencies: ['inr'] });
      expect(second.body).toMatchObject({
        version: 2,
        values: { sessionTtlMinutes: 45, currencies: ['inr'] },
        defaults: { sessionTtlMinutes: 15 },
        sources: { sessionTtlMinutes: 'stored', currencies: 'stored', links: 'default' },
        updated_by: expect.stringMatching(/^agt_/),
      });
      const third = await patch('checkout', { sessionTtlMinutes: null });
      expect(third.body).toMatchObject({
        version: 3,
        values: { sessionTtlMinutes: 15, currencies: ['inr'] },
      });
      expect(third.body).toEqual((await get('/checkout')).body);
      const [{ data: all }] = [(await get('')).body as { data: object[] }];
      expect(all).toContainEqual(third.body);
      const unsold = await shop.agent.create();
      expect([unsold.status, unsold.body.code]).toEqual([400, 'unsupported_currency']);
    });

    it('to what they are already is no change', async () => {
      await patch('checkout', { sessionTtlMinutes: 45 });
      const before = await written();
      expect((await patch('checkout', { sessionTtlMinutes: 45 })).body.version).toBe(1);
      expect((await patch('checkout', {})).body.version).toBe(1);
      expect((await patch('tax', { rates: null })).body).toMatchObject({ version: 0, updated_at: null });
      expect(await written()).toEqual(before);
    });

    it('only by an admin key that may change things', async () => {
      const reader = await merchant(shop, '/admin/api-keys', {
        body: { name: 'reader', scopes: ['admin:read'] },
      });
      const as = (apiKey: string): object => ({ apiKey });
      const { key } = reader.body as { key: string };
      expect((await get('/checkout', as(key))).status).toBe(200);
      for (const apiKey of [key, 'agent_sandbox_key', 'nobody']) {
        const answers = [
          await get('/checkout', { ...as(apiKey), method: 'PATCH', body: { sessionTtlMinutes: 1 } }),
          await get('/checkout?dry_run=true', { ...as(apiKey), method: 'PATCH', body: {} }),
          await get('/checkout/rollback', { ...as(apiKey), body: { version: 0 } }),
          await merchant(shop, '/admin/payment-providers/stripe/verify', { ...as(apiKey), method: 'POST' }),
        ];
        for (const { status } of answers) expect([401, 403]).toContain(status);
      }
      expect((await get('/checkout')).body.version).toBe(0);
    });

    it('are kept in the audit log, with who, what and on which request', async () => {
      await patch(
        'store',
        { email: 'owner@shop.example', name: 'Tent & Trail' },
        { 'Request-Id': 'req-of-owner' },
      );
      const [entry] = await shop.db.query<{ before: object; after: object; actor: string }>(
        `SELECT * FROM audit_entry WHERE action = 'settings.changed' ORDER BY position DESC LIMIT 1`,
      );
      expect(entry).toMatchObject({
        actor: (await get('/store')).body.updated_by,
        subject: 'store',
        request_id: 'req-of-owner',
        before: { version: 0, values: { name: 'Storekeeper shop', email: null } },
        after: {
          version: 1,
          values: { name: 'Tent & Trail', email: { hmac_sha256: expect.stringMatching(/^\w{64}$/) } },
        },
      });
      expect(JSON.stringify(entry)).not.toContain('owner@');
    });

    it('once for one Idempotency-Key', async () => {
      const send = (): Promise<MerchantAnswer> =>
        patch('checkout', { sessionTtlMinutes: 20 }, { 'Idempotency-Key': 'ttl' });
      const [first, second] = [await send(), await send()];
      expect([first.status, second.text]).toEqual([200, first.text]);
      expect(second.headers.get('idempotent-replayed')).toBe('true');
      expect(await history('checkout')).toHaveLength(1);
      const back = { body: { version: 0 }, key: 'back' };
      const [once, twice] = [await get('/checkout/rollback', back), await get('/checkout/rollback', back)];
      expect([once.body.version, twice.text]).toEqual([2, once.text]);
    });
  });

  describe('refused', () => {
    const sixty = 'x'.repeat(60);
    it.each<[string, object, string[]]>([
      [
        'checkout',
        {
          sessionTtlMinutes: -1,
          currencies: ['usd', 'xyz', 'USD', 'usd'],
          links: [
            { type: 'faq', url: 'ftp://x', surprise: 1 },
            { type: 'x', url: 'http://ok' },
            7,
            { type: 'faq', url: 'http://169.254.169.254/latest/meta-data' },
            { type: 'faq', url: 'https://10.0.0.1/' },
            { type: 'faq', url: 'https://me:word@shop.example/' },
            { type: 'faq', url: 'https://shop.example:6379/' },
          ],
          ttl: 5,
          'odd name': 1,
        },
        [
          '$.currencies[1]',
          '$.currencies[2]',
          '$.currencies[3]',
          '$.links[0].surprise',
          '$.links[0].url',
          '$.links[1].type',
          '$.links[2]',
          '$.links[3].url',
          '$.links[4].url',
          '$.links[5].url',
          '$.links[6].url',
          '$.sessionTtlMinutes',
          '$.ttl',
          '$["odd name"]',
        ],
      ],
      ['checkout', { currencies: [] }, ['$.currencies']],
      ['checkout', { links: {} }, ['$.links']],
      ['checkout', { links: [{ type: 'faq', url: 'https://a.example', title: null }] }, ['$.links[0].title']],
      [
        'tax',
        {
          rates: [
            { country: 'US', region: 'CA', percent: 8 },
            { country: 'US', percent: 1 },
            { country: 'us', percent: -1 },
            { country: 'ZZ', percent: 100.5 },
            { country: 'US', region: 'CA', percent: 8.12345 },
            { country: 'US', percent: 2 },
            { country: 'IN', region: null, percent: 18 },
            { country: 'DE' },
          ],
        },
        [
          '$.rates[2].country',
          '$.rates[2].percent',
          '$.rates[3].country',
          '$.rates[3].percent',
          '$.rates[4]',
          '$.rates[4].percent',
          '$.rates[5]',
          '$.rates[6].region',
          '$.rates[7].percent',
        ],
      ],
      [
        'shipping',
        {
          options: [
            {
              id: 'a',
              title: 'A',
              countries: ['US', 'CA', 'US'],
              prices: { usd: 1 },
              minDays: 3,
              maxDays: 1,
            },
            {
              id: 'a',
              title: 'A',
              countries: ['DE', 'CA'],
              prices: { eur: -1, xyz: 1 },
              minDays: 0,
              maxDays: 1,
            },
            { id: 'a b', title: '', countries: ['xx'], prices: {}, minDays: 0.5, maxDays: 1 },
            { id: 'b', title: 'B', countries: 'US', prices: { usd: '5' }, minDays: 0, maxDays: 1 },
          ],
        },
        [
          '$.options[0].countries[2]',
          '$.options[0].maxDays',
          '$.options[1].countries[1]',
          '$.options[1].prices.eur',
          '$.options[1].prices.xyz',
          '$.options[2].countries[0]',
          '$.options[2].id',
          '$.options[2].minDays',
          '$.options[2].prices',
          '$.options[2].title',
          '$.options[3].countries',
          '$.options[3].prices.usd',
        ],
      ],
      [
        'orders',
        {
          statusMap: {
            pending: 'created',
            paid: 'paid',
            'On\thold': 'created',
            shipped: 5,
          },
          reviewAbove: { usd: -1, inr: 500_000, USD: 1 },
        },
        [
          '$.reviewAbove.USD',
          '$.reviewAbove.usd',
          '$.statusMap.paid',
          '$.statusMap.shipped',
          '$.statusMap["On\\thold"]',
        ],
      ],
      ['orders', { statusMap: [] }, ['$.statusMap']],
      ['orders', { statusMap: { toString: 'created' } }, ['$.statusMap.toString']],
      [
        'payments',
        {
          captureMethod: 'later',
          providersByCurrency: { usd: ['stripe', 'adyen', 'stripe'], xyz: [], inr: 'razorpay' },
        },
        [
          '$.captureMethod',
          '$.providersByCurrency.inr',
          '$.providersByCurrency.usd[2]',
          '$.providersByCurrency.xyz',
        ],
      ],
      ['payments', { providersByCurrency: { usd: ['adyen'] } }, ['$.providersByCurrency.usd[0]']],
      // What one check has refused, the next one cannot read.
      [
        'payments',
        { providersByCurrency: { usd: 5, xyz: 5 } },
        ['$.providersByCurrency.usd', '$.providersByCurrency.xyz'],
      ],
      [
        'payments.stripe',
        { secretKey: 'sk_live_1234567890', webhookSecret: 'with space', merchantId: 5, acquirer: [] },
        ['$.acquirer', '$.merchantId', '$.secretKey', '$.webhookSecret'],
      ],
      ['payments.stripe', { secretKey: 'pk_test_123' }, ['$.secretKey']],
      [
        'payments.stripe',
        { acquirer: { bin: 'x', name: sixty } },
        ['bin', 'country', 'merchantId', 'name'].map((name) => `$.acquirer.${name}`),
      ],
      ['payments.razorpay', { keyId: 'rzp_live_1', savedTokens: 'yes' }, ['$.keyId', '$.savedTokens']],
      ['store', { timezone: 'Mars/Base', email: 'nobody', name: '' }, ['$.email', '$.name', '$.timezone']],
      [
        'monitoring',
        { thresholds: { paidWithoutOrder: -1, surprise: 1 } },
        ['$.thresholds.paidWithoutOrder', '$.thresholds.surprise'],
      ],
      ['access', { requestsPerSecond: 0 }, ['$.requestsPerSecond']],
      ['acp', { versions: ['2020-01-01'], completeStatusCode: 202 }, ['$.completeStatusCode', '$.versions']],
      ['webhooks', { enabled: 1 }, ['$.enabled']],
    ])('with all that is wrong in them, and where: %s %#', async (namespace, body, params) => {
      const { valid, errors } = await trial(namespace, body);
      expect(valid).toBe(false);
      expect(errors.map(({ param }: { param: string }) => param).sort()).toEqual(params);
      const answer = await patch(namespace, body);
      expect(answer.status).toBe(400);
      expect(Object.keys(answer.body).sort()).toEqual(['code', 'message', 'param', 'type']);
      expect(params).toContain(answer.body.param);
      for (const { param, message } of errors) expect(answer.body.message).toContain(`${param}: ${message}`);
      expect((await get(`/${namespace}`)).body.version).toBe(0);
    });

    it('if they are not an object of members, in words', async () => {
      for (const [body, type] of [
        ['[]', 'application/json'],
        ['"x"', 'application/json'],
        ['null', 'application/json'],
        ['{"sessionTtlMinutes":', 'application/json'],
        ['{"sessionTtlMinutes":1,"sessionTtlMinutes":2}', 'application/json'],
        ['{"sessionTtlMinutes":1e999}', 'application/json'],
        ['{"links":[{"type":"faq","url":"https://a.example/\\u0000"}]}', 'application/json'],
        ['{"constructor":{"a":1},"__proto__":{"sessionTtlMinutes":1}}', 'application/json'],
        ['{"links":[{"type":"faq","url":"https://a.example","constructor":"x"}]}', 'application/json'],
        ['sessionTtlMinutes=5', 'application/x-www-form-urlencoded'],
      ]) {
        const headers = { 'Content-Type': type as string };
        const answer = await get('/checkout', { method: 'PATCH', body, headers });
        expect([body, answer.status >= 400 && answer.status < 500]).toEqual([body, true]);
        expect(answer.body.message).toMatch(/\S/);
      }
      const rolled = [
        await rollback('checkout', -1),
        await rollback('checkout', '1'),
        await rollback('checkout', 2 ** 40),
      ];
      expect(rolled.map(({ status }) => status)).toEqual([400, 400, 400]);
      expect((await rollback('checkout', 3)).status).toBe(404);
      for (const query of ['?limit=0', '?limit=x', '?cursor=Zm9v', '?cursor=Mg&cursor=Mg'])
        expect((await get(`/checkout/history${query}`)).status).toBe(400);
      expect((await get('/checkout')).body.version).toBe(0);
    });

    it('never with anything but a reason, whatever is sent', async () => {
      const members = [
        ...new Set(
          (await get('')).body.data.flatMap(({ values }: { values: object }) => Object.keys(values)),
        ),
      ];
      const anything = fc.letrec((tie) => ({
        value: fc.oneof(
          { depthSize: 'small' },
          fc.jsonValue({ maxDepth: 3 }),
          fc.array(tie('object')),
          tie('object'),
        ),
        object: fc.dictionary(
          fc.oneof(
            fc.constantFrom(
              'country',
              'percent',
              'url',
              'type',
              'prices',
              'countries',
              'constructor',
              '__proto__',
              'toString',
              'usd',
            ),
            fc.string(),
          ),
          tie('value'),
          { maxKeys: 4 },
        ),
      }));
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...namespaces),
          fc.dictionary(fc.constantFrom(...(members as string[])), anything.value, {
            minKeys: 1,
            maxKeys: 3,
          }),
          fc.boolean(),
          async (namespace, body, dryRun) => {
            const answer = await patch(`${namespace}?dry_run=${dryRun}`, body);
            expect([JSON.stringify(body), [200, 400].includes(answer.status)]).toEqual([
              JSON.stringify(body),
              true,
            ]);
            // What was taken can be read by all.
            expect((await get(`/${namespace}`)).body.problems).toBeUndefined();
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  describe('tried', () => {
    it('change nothing, and say what would be', async () => {
      await patch('checkout', { sessionTtlMinutes: 45 });
      const before = await written();
      expect(await trial('checkout', { sessionTtlMinutes: null, currencies: ['usd'] })).toEqual({
        valid: true,
        errors: [],
        changes: [
          { member: 'sessionTtlMinutes', before: 45, after: 15 },
          { member: 'currencies', before: ['usd', 'inr'], after: ['usd'] },
        ],
      });
      expect((await rollback('checkout', 0, '?dry_run=true')).body).toEqual({
        valid: true,
        errors: [],
        changes: [{ member: 'sessionTtlMinutes', before: 45, after: 15 }],
      });
      expect((await patch('checkout?dry_run=true', {}, { 'If-Match': '7' })).status).toBe(409);
      for (const said of ['1', 'yes', '', 'TRUE', 'true&dry_run=true']) {
        const answer = await patch(`checkout?dry_run=${said}`, { sessionTtlMinutes: 5 });
        expect([said, answer.status, answer.body.param]).toEqual([said, 400, '$.dry_run']);
      }
      expect(await written()).toEqual(before);
    });

    it('do not use up the Idempotency-Key of the change itself', async () => {
      const key = { 'Idempotency-Key': 'tried-first' };
      expect((await patch('checkout?dry_run=true', { sessionTtlMinutes: 5 }, key)).body.valid).toBe(true);
      expect((await patch('checkout', { sessionTtlMinutes: 5 }, key)).body.version).toBe(1);
    });
  });

  describe('changed by many at once', () => {
    const versionsOf = async (): Promise<unknown[]> =>
      (await history('checkout')).map(({ version }) => version);

    it.each([0, 1])('on one version (%d): one wins, the others get the current version', async (version) => {
      for (let n = 0; n < version; n++) await patch('checkout', { sessionTtlMinutes: 100 + n });
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          patch(
            'checkout',
            n % 2 ? { sessionTtlMinutes: n + 1 } : { currencies: n % 4 ? ['usd'] : ['inr'] },
            {
              'If-Match': n % 2 ? `"${version}"` : String(version),
            },
          ),
        ),
      );
      const won = answers.filter(({ status }) => status === 200);
      const lost = answers.filter(({ status }) => status === 409);
      expect([won.length, lost.length]).toEqual([1, 7]);
      for (const { body, headers } of lost) {
        expect([body.code, headers.get('etag')]).toEqual(['version_conflict', `"${version + 1}"`]);
      }
      expect((await get('/checkout')).body).toEqual(won[0]?.body);
      expect((await versionsOf())[0]).toBe(version + 1);
    });

    it('without a version: one after the other, nothing is lost', async () => {
      const bodies = [{ sessionTtlMinutes: 77 }, { currencies: ['usd'] }, { links: [] }];
      const answers = await Promise.all(bodies.map((body) => patch('checkout', body)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      const { body } = await get('/checkout');
      expect(body).toMatchObject({
        version: 3,
        values: { sessionTtlMinutes: 77, currencies: ['usd'], links: [] },
      });
      expect(await versionsOf()).toEqual([3, 2, 1]);
    });

    it('in fifty rounds: whoever names the version they saw wins alone or gets the current one', async () => {
      const { below, pick } = random(20_26);
      for (let round = 0; round < 50; round++) {
        const { body: before } = await get('/checkout');
        const version = before.version as number;
        const racers = Array.from({ length: 2 + below(4) }, (_, n) => n);
        const headers = { 'If-Match': `"${version}"` };
        const answers = await Promise.all(
          racers.map((n) =>
            version > 1 && pick([true, false])
              ? get('/checkout/rollback', { body: { version: below(version) }, headers })
              : patch(
                  'checkout',
                  pick([
                    { sessionTtlMinutes: 1 + round * 10 + n },
                    { links: [{ type: 'faq', url: `https://shop.example/${round}/${n}` }] },
                  ]),
                  headers,
                ),
          ),
        );
        const won = answers.filter(({ status }) => status === 200);
        const lost = answers.filter(({ status }) => status === 409);
        // To go back to what is there already changes nothing, and so nobody can lose to it.
        const changed = won.filter(({ body }) => body.version === version + 1);
        expect([round, won.length + lost.length]).toEqual([round, racers.length]);
        if (changed.length === 0) continue;
        expect([round, changed.length]).toEqual([round, 1]);
        for (const { body, headers: told } of lost)
          expect([body.code, told.get('etag')]).toEqual(['version_conflict', `"${version + 1}"`]);
        // Nothing of the others is in it.
        const { body: after } = await get('/checkout');
        expect(after).toEqual(changed[0]?.body);
        const [latest] = (await get('/checkout/history?limit=1')).body.data;
        const members = latest.changes.map(({ member }: { member: string }) => member) as string[];
        const others = Object.entries(before.values as object).filter(([name]) => !members.includes(name));
        expect(after.values).toMatchObject(Object.fromEntries(others));
      }
    });

    it('without a version, changes and rollbacks too: each is whole, one after the other', async () => {
      const { below } = random(7);
      for (let round = 0; round < 10; round++) {
        const version = (await get('/checkout')).body.version as number;
        const racers = Array.from({ length: 2 + below(4) }, (_, n) => 1 + round * 10 + n);
        const answers = await Promise.all([
          ...racers.map((sessionTtlMinutes) => patch('checkout', { sessionTtlMinutes })),
          rollback('checkout', 0),
        ]);
        expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
        const made = (await history('checkout')).filter((one) => (one.version as number) > version).reverse();
        // What one of them found is what the one before it has left.
        const values = made.map(({ changes }) => (changes as { before: unknown; after: unknown }[])[0]);
        for (const [n, one] of values.entries()) if (n > 0) expect(one?.before).toBe(values[n - 1]?.after);
        expect((await get('/checkout')).body.values.sessionTtlMinutes).toBe(values.at(-1)?.after);
      }
    });

    it('a lost race is not what its Idempotency-Key answers for ever', async () => {
      await patch('checkout', { sessionTtlMinutes: 30 });
      const send = (version: string): Promise<MerchantAnswer> =>
        patch('checkout', { sessionTtlMinutes: 31 }, { 'If-Match': version, 'Idempotency-Key': 'race' });
      expect((await send('0')).status).toBe(409);
      expect((await send('1')).status).toBe(200);
    });

    it('nor is what was said wrongly beside the body', async () => {
      const send = (query: string, version: string): Promise<MerchantAnswer> =>
        patch(
          `checkout${query}`,
          { sessionTtlMinutes: 31 },
          { 'If-Match': version, 'Idempotency-Key': 'typo' },
        );
      for (const [query, version] of [
        ['', 'x'],
        ['?dry_run=yes', '0'],
      ] as const)
        expect((await send(query, version)).status).toBe(400);
      expect((await send('', '0')).status).toBe(200);
    });

    it.each(['x', '"1', '1.5', '-1', '"1", x', ''])('an If-Match of %j is refused', async (header) => {
      const answer = await patch('checkout', { sessionTtlMinutes: 5 }, { 'If-Match': header });
      expect([answer.status, answer.body.param]).toEqual([400, '$.headers["If-Match"]']);
    });

    it('an If-Match may name several, or any', async () => {
      expect((await patch('checkout', { sessionTtlMinutes: 5 }, { 'If-Match': '"3", "0"' })).status).toBe(
        200,
      );
      expect((await patch('checkout', { sessionTtlMinutes: 6 }, { 'If-Match': '*' })).status).toBe(200);
      expect((await patch('checkout', { sessionTtlMinutes: 7 }, { 'If-Match': 'W/"2"' })).status).toBe(200);
    });
  });

  describe('gone back to', () => {
    it('by their version, as a new version', async () => {
      await patch('checkout', { sessionTtlMinutes: 30, currencies: ['inr'] });
      await patch('checkout', { sessionTtlMinutes: 31, currencies: null });
      const back = await rollback('checkout', 1);
      expect(back.body).toMatchObject({ version: 3, values: { sessionTtlMinutes: 30, currencies: ['inr'] } });
      expect((await rollback('checkout', 0)).body).toMatchObject({
        version: 4,
        values: { sessionTtlMinutes: 15 },
      });
      expect(await history('checkout')).toMatchObject([
        {
          version: 4,
          restored_version: 0,
          values: {},
          changes: [
            { member: 'sessionTtlMinutes', before: 30, after: 15 },
            { member: 'currencies', before: ['inr'], after: ['usd', 'inr'] },
          ],
        },
        { version: 3, restored_version: 1, values: { sessionTtlMinutes: 30, currencies: ['inr'] } },
        { version: 2, restored_version: null, values: { sessionTtlMinutes: 31 } },
        { version: 1, updated_by: expect.stringMatching(/^agt_/), updated_at: expect.stringMatching(/Z$/) },
      ]);
    });

    it('page by page', async () => {
      for (let n = 1; n <= 5; n++) await patch('checkout', { sessionTtlMinutes: n });
      const seen: number[] = [];
      for (let cursor = ''; ;) {
        const { body } = await get(`/checkout/history?limit=2${cursor}`);
        seen.push(...body.data.map(({ version }: { version: number }) => version));
        expect(body.data[0].changes).toEqual([
          {
            member: 'sessionTtlMinutes',
            before: body.data[0].version - 1 || 15,
            after: body.data[0].version,
          },
        ]);
        if (!body.next_cursor) break;
        cursor = `&cursor=${body.next_cursor}`;
      }
      expect(seen).toEqual([5, 4, 3, 2, 1]);
    });

    it('also to what was set before there was a history', async () => {
      await shop.db.query(
        `INSERT INTO setting (namespace, version, "values", updated_at, updated_by)
         VALUES ('checkout', 7, '{"sessionTtlMinutes": 70, "links": []}', now(), 'me')`,
      );
      await shop.db.query('DROP TABLE setting_version');
      const runner = shop.server.app.get(DataSource).createQueryRunner();
      await new SettingsHistory1764000000000().up(runner);
      await runner.release();
      expect((await patch('checkout', { sessionTtlMinutes: 71 })).body.version).toBe(8);
      expect(await history('checkout')).toMatchObject([
        { version: 8, changes: [{ member: 'sessionTtlMinutes', before: 70, after: 71 }] },
        {
          version: 7,
          updated_by: 'me',
          changes: [{ member: 'sessionTtlMinutes', before: 15 }, { member: 'links' }],
        },
      ]);
      expect((await rollback('checkout', 7)).body.values).toMatchObject({ sessionTtlMinutes: 70, links: [] });
    });

    it('not if they are not valid any more', async () => {
      await patch('checkout', { sessionTtlMinutes: 30 });
      await patch('checkout', { sessionTtlMinutes: 31 });
      await shop.db.query(
        `UPDATE setting_version SET "values" = '{"sessionTtlMinutes": "soon"}' WHERE version = 1`,
      );
      const refused = await rollback('checkout', 1);
      expect([refused.status, refused.body.param]).toEqual([400, '$.sessionTtlMinutes']);
      expect((await rollback('checkout', 1, '?dry_run=true')).body).toMatchObject({ valid: false });
    });
  });

  describe('stored and no longer valid', () => {
    const logged: string[] = [];
    let version = 1_000;
    const store = async (namespace: string, values: object): Promise<void> => {
      await shop.db.query(
        `INSERT INTO setting (namespace, version, "values", updated_at, updated_by) VALUES ($1, $3, $2, now(), 'test')`,
        [namespace, values, ++version],
      );
      shop.server.app.get(SettingsService).forget();
    };
    beforeAll(() => {
      const collect = (...said: unknown[]): number => logged.push(JSON.stringify(said));
      shop.server.app.useLogger({ log: collect, warn: collect, error: collect });
    });
    afterAll(() => shop.server.app.useLogger(false));

    it('give way to the environment or the default, loudly, and the shop goes on', async () => {
      await store('checkout', { sessionTtlMinutes: 'soon', currencies: ['xyz'], links: [], gone: 1 });
      await store('payments.stripe', {
        secretKey: 'not a ciphertext',
        acquirer: { bin: 1 },
        merchantId: 'acct_1',
      });
      const { body } = await get('/checkout');
      expect(body).toMatchObject({
        version: 1_001,
        values: { sessionTtlMinutes: 15, currencies: ['usd', 'inr'], links: [] },
        sources: { sessionTtlMinutes: 'default', currencies: 'default', links: 'stored' },
        problems: expect.arrayContaining([
          { param: '$.sessionTtlMinutes', message: expect.stringContaining('number') },
          { param: '$.currencies[0]', message: expect.stringContaining('ISO 4217') },
        ]),
      });
      const stripe = (await get('/payments.stripe')).body;
      expect(stripe).toMatchObject({
        values: { secretKey: { set: true }, merchantId: 'acct_1' },
        sources: { secretKey: 'environment', acquirer: 'default', merchantId: 'stored' },
      });
      expect(stripe.problems[0]).toEqual({
        param: '$.secretKey',
        message: expect.stringContaining('decrypted'),
      });
      const { body: session } = await shop.agent.create();
      expect(session.capabilities.payment.handlers[0].config.merchant_id).toBe('acct_1');
      expect((await shop.agent.complete(session.id)).body.status).toBe('completed');
      for (const param of ['$.sessionTtlMinutes', '$.currencies[0]', '$.secretKey'])
        expect(
          logged.filter((line) => line.includes('settings.not_valid') && line.includes(param)),
        ).toHaveLength(1);
    });

    it('must be mended by the next change, which may take them back', async () => {
      await store('checkout', { sessionTtlMinutes: 'soon' });
      const refused = await patch('checkout', { links: [] });
      expect([refused.status, refused.body.param]).toEqual([400, '$.sessionTtlMinutes']);
      const mended = await patch('checkout', { links: [], sessionTtlMinutes: null });
      expect([mended.status, mended.body.problems]).toEqual([200, undefined]);
      await store('payments.razorpay', { keySecret: 'x' });
      expect((await patch('payments.razorpay', { savedTokens: false })).body.param).toBe('$.keySecret');
      expect((await patch('payments.razorpay', { keySecret: null })).body.version).toBe(version + 1);
    });

    it('never make a sale without its tax: the session waits', async () => {
      await store('tax', { rates: [{ country: 'US', percent: 'some' }] });
      const { body } = await shop.agent.create();
      expect(body.status).toBe('not_ready_for_payment');
      expect(body.messages).toContainEqual(
        expect.objectContaining({ code: 'unsupported', param: '$.totals' }),
      );
      expect((await get('/tax')).body.problems).toHaveLength(1);
    });

    it('may hold what a newer version has added', async () => {
      await store('tax', { rates: [{ country: 'US', percent: 5, since: 2027 }], rounding: 'up' });
      expect((await get('/tax')).body).toMatchObject({ values: { rates: [{ country: 'US', percent: 5 }] } });
      expect((await shop.agent.create()).body.status).toBe('ready_for_payment');
      await patch('tax', { rates: [] });
      const [row] = await shop.db.query<{ values: object }>(
        `SELECT "values" FROM setting WHERE namespace = 'tax'`,
      );
      expect(row?.values).toEqual({ rates: [], rounding: 'up' });
    });
  });
});

function everyMember(schema: unknown, look: (member: Record<string, unknown>) => void): void {
  const { properties = {}, items } = (schema ?? {}) as { properties?: object; items?: unknown };
  for (const member of Object.values(properties) as Record<string, unknown>[]) {
    look(member);
    everyMember(member, look);
  }
  if (items !== undefined) everyMember(items, look);
}
