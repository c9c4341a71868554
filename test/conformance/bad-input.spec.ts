import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, caAddress, payWith } from '../support/agent.js';
import { exchange } from '../support/exchange.js';
import { startShop, type Shop } from '../support/shop.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Path = (string | number)[];
type Verb = 'create' | 'update' | 'complete' | 'cancel';

const buyer = {
  email: 'ada@example.com',
  first_name: 'Ada',
  full_name: 'Ada Example',
  phone_number: '+14155550100',
  account_type: 'business',
  company: { name: 'Example Inc.', tax_id: '1' },
  loyalty: { tier: 'gold', points_balance: 7, member_since: '2020-01-01T00:00:00Z' },
  tax_exemption: { certificate_id: 'x', certificate_type: 'resale', exempt_regions: ['CA'] },
};
const contents = {
  line_items: [{ id: 'item_trail_shoe_9', quantity: 2 }, { item: { id: 'item_field_guide' } }],
  buyer,
  fulfillment_details: {
    name: 'Ada',
    phone_number: '+1',
    email: 'ada@example.com',
    address: { ...caAddress, line_two: '2' },
  },
  discounts: { codes: ['NOPE'] },
  coupons: ['NOPE'],
  order_notes: 'ring twice',
};
const valid = {
  create: {
    ...contents,
    currency: 'usd',
    capabilities: {
      payment: { handlers: [{ name: 'dev.acp.tokenized.card' }] },
      interventions: { supported: ['3ds'] },
      extensions: ['discount', { name: 'discount' }],
    },
    locale: 'en-US',
    timezone: 'America/Los_Angeles',
    quote_id: 'q1',
    metadata: { a: { b: [1, 'two'] } },
    affiliate_attribution: { provider: 'net', token: 't' },
  },
  update: {
    ...contents,
    items: [{ id: 'item_merino_tee' }],
    selected_fulfillment_options: [
      { type: 'shipping', option_id: 'ship_express', item_ids: ['item_trail_shoe_9'] },
      { type: 'digital', option_id: 'digital_download', item_ids: ['item_field_guide'] },
    ],
  },
  complete: {
    ...payWith('tok_visa'),
    buyer,
    order_notes: 'ring twice',
    authentication_result: {
      outcome: 'authenticated',
      outcome_details: {
        three_ds_cryptogram: 'AbCdEfGhIjKlMnOpQrStUvWxY0=',
        electronic_commerce_indicator: '05',
        transaction_id: 'ds_1',
        version: '2.2.0',
      },
    },
    affiliate_attribution: { provider: 'net', token: 't' },
    marketing_consents: [{ channel: 'email', opted_in: true }],
    risk_signals: { ip_address: '127.0.0.1' },
  },
  cancel: { intent_trace: { reason_code: 'other', trace_summary: 'too dear', metadata: { a: 1 } } },
} as unknown as Record<Verb, Json>;

/** Every place in a body, the body itself included. */
function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value)
    ? value.flatMap((member, index) => pathsOf(member, [...path, index]))
    : Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name]));
  return [path, ...inner];
}

/** A copy in which one place holds something else, or nothing. */
function withChange(body: Json, [step, ...rest]: Path, replacement: Json | undefined): Json | undefined {
  if (step === undefined) return replacement;
  const copy = structuredClone(body) as Record<string | number, Json>;
  const changed = withChange(copy[step] as Json, rest, replacement);
  if (changed !== undefined) copy[step] = changed;
  else if (Array.isArray(copy)) copy.splice(step as number, 1);
  else delete copy[step];
  return copy;
}

const nested = (depth: number): Json =>
  depth === 0 ? 'deep' : depth % 2 ? [nested(depth - 1)] : { a: nested(depth - 1) };
const oddTexts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0001',
    '\u202Etxet',
    '\u{1F381}',
    'a\u0300'.repeat(50),
    '__proto__',
    'constructor',
    'NaN',
    '-1',
  ),
  fc.constantFrom(
    "' OR 1=1 --",
    '<script>alert(1)</script>',
    '../../etc/passwd',
    '${7*7}',
    '$.line_items[0]',
    '%00',
    '\\u0000',
  ),
  fc.integer({ min: 60, max: 20_000 }).map((length) => 'x'.repeat(length)),
  fc.string({ unit: 'binary' }),
);
const replacements: fc.Arbitrary<Json | undefined> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  fc.constantFrom<Json>(
    null,
    true,
    false,
    [],
    {},
    [[]],
    [{}],
    [null],
    {},
    { '': {} },
    { length: 1 },
    { id: null },
    { then: 1 },
  ),
  fc.constantFrom<Json>(
    0,
    -0,
    -1,
    1.5,
    1e21,
    -1e21,
    2 ** 31,
    2 ** 53 - 1,
    2 ** 53,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
  ),
  oddTexts,
  oddTexts.map((text): Json => ({ [text]: text })),
  fc.constantFrom(5, 20, 29, 33, 200).map(nested),
  fc
    .integer({ min: 2, max: 300 })
    .map((length): Json => Array.from({ length }, () => ({ id: 'item_merino_tee' }))),
  fc.jsonValue() as fc.Arbitrary<Json>,
);

const mutations = (verb: Verb): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.constantFrom(...pathsOf(valid[verb])), replacements), { minLength: 1, maxLength: 2 })
    // The deepest first: a change further up may take its place away.
    .map((changes) => changes.sort(([a], [b]) => b.length - a.length))
    .map((changes) => JSON.stringify(changes.reduce(applyIfThere, valid[verb])) ?? '');

function applyIfThere(body: Json, [path, replacement]: [Path, Json | undefined]): Json {
  const there = pathsOf(body).some((known) => JSON.stringify(known) === JSON.stringify(path));
  return there ? (withChange(body, path, replacement) ?? null) : body;
}

/** Words that only our insides use. */
const insides =
  /\bat .+:\d+:\d+|node_modules|\.ts\b|\.js\b|postgres|typeorm|QueryFailed|SELECT |INSERT |relation "|undefined|sk_test|\[object/i;

describe('whatever an agent sends', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  interface Written {
    sessions: number;
    changes: number;
    attempts: number;
    orders: number;
    reserved: number;
  }
  const written = async (): Promise<Written> => {
    const [counts] = await shop.db.query<Written>(
      `SELECT (SELECT count(*) FROM checkout_session) AS sessions,
              (SELECT coalesce(sum(version), 0) FROM checkout_session) AS changes,
              (SELECT count(*) FROM payment_attempt) AS attempts,
              (SELECT count(*) FROM shop_order) AS orders,
              (SELECT sum(reserved) FROM inventory) AS reserved`,
    );
    return counts as Written;
  };

  const pathFor = async (verb: Verb): Promise<string> => {
    if (verb === 'create') return '/checkout_sessions';
    const { body } = await shop.agent.create();
    return `/checkout_sessions/${body.id}${verb === 'update' ? '' : `/${verb}`}`;
  };

  /** A session, or a flat refusal that says where, tells nothing of our insides, and leaves no trace. */
  async function assertAnswered(verb: Verb, body: string | Uint8Array): Promise<Answer> {
    const path = await pathFor(verb);
    const before = await written();
    const answer =
      typeof body === 'string' && body !== ''
        ? await shop.agent.send('POST', path, body)
        : await exchange(shop.url, { path, body });
    const after = await written();
    expect(answer.status).toBeLessThan(500);
    expect(answer.body.message ?? '').not.toMatch(insides);
    if (answer.status < 400) return answer;
    const { param } = answer.body as { param?: string };
    if (answer.status === 400) expect(param).toMatch(/^\$/);
    if (param === '$.payment_data.instrument.credential.token') {
      // The provider was asked about the token: that is on record, and the session is as ready as before.
      expect({ ...after, attempts: 0, changes: 0 }).toEqual({ ...before, attempts: 0, changes: 0 });
    } else {
      expect(after).toEqual(before);
    }
    return answer;
  }

  const settings = (numRuns: number): { numRuns: number; seed: number } => ({ numRuns, seed: 417 });

  it.each(Object.keys(valid) as Verb[])('is answered when it is %s as it should be', async (verb) => {
    expect((await assertAnswered(verb, JSON.stringify(valid[verb]))).status).toBeLessThan(300);
  });

  it.each<[Verb, number]>([
    ['create', 110],
    ['update', 100],
    ['complete', 60],
    ['cancel', 30],
  ])('as a mutilated body of %s is answered or refused, and nothing in between', async (verb, numRuns) => {
    const seen = { answered: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(mutations(verb), async (body) => {
        const { status } = await assertAnswered(verb, body);
        seen[status < 400 ? 'answered' : 'refused']++;
      }),
      settings(numRuns),
    );
    // Mutations that are all alike would prove little.
    expect(Math.min(seen.answered, seen.refused)).toBeGreaterThan(numRuns / 10);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'then', 'length', ''])(
    'as a member named "%s" is data like any other',
    async (name) => {
      const odd = (value: Json): Json => Object.fromEntries([[name, value]]);
      for (const place of [odd('x'), odd({ [name]: 1 }), [odd(null)]]) {
        const body = { ...(valid.create as object), metadata: { place }, unknown: place };
        expect((await assertAnswered('create', JSON.stringify(body))).status).toBe(201);
      }
      const instead = { ...(valid.create as object), order_notes: odd('x') };
      expect((await assertAnswered('create', JSON.stringify(instead))).body).toMatchObject({
        code: 'invalid_type',
        param: '$.order_notes',
      });
    },
  );

  it.each<Verb>(['create', 'complete'])('as bytes that are no body of %s at all is refused', async (verb) => {
    const text = Buffer.from(JSON.stringify(valid[verb]));
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.nat(text.length - 2).map((length) => text.subarray(0, length + 1)),
      fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 0x80, max: 0xff })).map(([at, byte]) => {
        const damaged = Buffer.from(text);
        damaged[at] = byte;
        return damaged;
      }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        const { status, body: refusal } = await assertAnswered(verb, body);
        expect({ status, type: refusal.type }).toEqual({ status: 400, type: 'invalid_request' });
      }),
      settings(25),
    );
  });

  it('as a session id is found or not found', async () => {
    const ids = fc.oneof(oddTexts, fc.webPath(), fc.constantFrom('.', '..', 'cs_', 'null', '\0'));
    await fc.assert(
      fc.asyncProperty(ids, fc.constantFrom('GET', 'POST'), async (id, method) => {
        const before = await written();
        const path = `/checkout_sessions/x${encodeURIComponent(id.toWellFormed().slice(0, 1500))}`;
        const answer = await exchange(shop.url, { method, path, ...(method === 'POST' && { body: '{}' }) });
        expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 404, code: 'not_found' });
        expect(answer.text).not.toMatch(insides);
        expect(await written()).toEqual(before);
      }),
      settings(40),
    );
  });

  it('as headers never breaks the shop', async () => {
    const values = fc.oneof(
      fc.string({ maxLength: 300 }).filter((text) => /^[\x20-\x7e]*$/.test(text)),
      fc.string({
        unit: fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)),
        maxLength: 60,
      }),
    );
    const names = fc.constantFrom(
      'Authorization',
      'API-Version',
      'Content-Type',
      'Idempotency-Key',
      'Request-Id',
      'Accept-Language',
      'Content-Encoding',
    );
    await fc.assert(
      fc.asyncProperty(names, values, async (name, value) => {
        const before = await written();
        const answer = await exchange(shop.url, {
          path: '/checkout_sessions',
          headers: { [name]: value },
          body: JSON.stringify({ items: [{ id: 'item_merino_tee' }] }),
        });
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400) expect(await written()).toEqual(before);
      }),
      settings(60),
    );
  });

  it('leaves the shop as able to sell as it was', async () => {
    const { body } = await shop.agent.create();
    expect((await shop.agent.complete(body.id)).body.status).toBe('completed');
    expect((await shop.db.query('SELECT sum(reserved) AS held FROM inventory'))[0]?.held).toEqual('0');
  });
});
