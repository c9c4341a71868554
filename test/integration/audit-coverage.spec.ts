import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkChain } from '../../src/audit/audit-check.js';
import { AuditStore } from '../../src/audit/audit.store.js';
import { Database } from '../../src/database/database.js';
import { MailServer } from '../support/mail-server.js';
import { merchant, type MerchantAnswer } from '../support/merchant.js';
import { buy } from '../support/purchases.js';
import { type Shop, startShop } from '../support/shop.js';
import { until } from '../support/wait.js';

/** What tells of a person; each holds a word that nothing else does, and none may be in the audit log. */
const secretive = 'zebedee';
const person = {
  email: `${secretive}@canary.example`,
  sentence: `${secretive} Quackenbush does not open the door`,
  place: `the garden of ${secretive}`,
  address: {
    name: `${secretive} Quackenbush`,
    line_one: `7 ${secretive} Terrace`,
    city: 'San Francisco',
    state: 'CA',
    country: 'US',
    postal_code: '94105',
  },
  parcel: `1Z${secretive}`,
  url: `https://carrier.example/${secretive}`,
};
/** Long enough that their last four may be shown. */
const secret = (prefix: string): string => `${prefix}${secretive}${'0'.repeat(20)}abcd`;

interface Change {
  path: string;
  body?: object | string;
  /** Null: this route changes nothing. */
  action: string | null;
  /** What the entry is about, if it is known before. */
  subject?: string;
  /** Members of `after` that are there as a hash only. */
  hashed?: string[];
}

let shop: Shop;
let mail: MailServer;
let adminId: string;
let readerKey: string;
beforeAll(async () => {
  mail = await MailServer.start();
  shop = await startShop({ SMTP_URL: mail.url }, { timings: { emailsEveryMs: 100, settingsCacheMs: 20 } });
  [adminId] = (
    await shop.db.query<{ id: string }>(`SELECT id FROM agent WHERE bootstrap_name = 'admin'`)
  ).map(({ id }) => id) as [string];
  const made = await merchant(shop, '/admin/api-keys', { body: { name: 'reader', scopes: ['admin:read'] } });
  readerKey = made.body.key as string;
});
afterAll(async () => {
  await shop.close();
  await mail.close();
});

async function call(path: string, body?: object, method?: string): Promise<MerchantAnswer['body']> {
  const { status, body: answer } = await merchant(shop, path, { body, method });
  if (status >= 400) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
  return answer;
}

/** An order of the person's; returns its path. */
async function order(): Promise<{ path: string; id: string; line: string; paymentId: string }> {
  const { orderId, paymentId } = await buy(shop, 'stripe', {
    line_items: [{ id: 'item_merino_tee', quantity: 2 }],
    buyer: { first_name: secretive, last_name: 'Quackenbush', email: person.email },
    fulfillment_details: { name: person.address.name, address: person.address },
  });
  const path = `/admin/orders/${orderId}`;
  const { line_items: lines } = await call(path);
  return { path, id: orderId, line: (lines as { id: string }[])[0]!.id, paymentId };
}

/** The first that a list shows, as soon as there is one. */
const first = (path: string): Promise<{ id: string }> =>
  until(
    async () => ((await call(path)) as { data: { id: string }[] }).data[0],
    (found) => found !== undefined,
  ) as Promise<{ id: string }>;

const product = (id: string, body: object = {}): object => ({
  id,
  name: 'Rain Jacket',
  items: [{ id: `item_of_${id}`, name: 'Rain Jacket, M', prices: { usd: 5900 }, inventory: { on_hand: 3 } }],
  ...body,
});
const endpoint = (): Promise<{ id: string }> =>
  call('/admin/webhook-endpoints', { url: `${shop.url}/sandbox/agent/webhooks` });
const madeKey = (): Promise<{ id: string }> =>
  call('/admin/api-keys', { name: 'shopping', scopes: ['agent'] });

/** One for each route under /admin that may change something, as the OpenAPI document has them. */
const cases: Record<string, () => Promise<Change>> = {
  'PATCH /admin/settings/{namespace}': async () => {
    const values = { secretKey: secret('sk_test_'), webhookSecret: secret('whsec_') };
    await call('/admin/settings/payments.stripe', values, 'PATCH');
    await call('/admin/settings/payments.stripe', { secretKey: null, webhookSecret: null }, 'PATCH');
    const body = { email: person.email, name: 'Tents' };
    return { path: '/admin/settings/store', body, action: 'settings.changed', subject: 'store' };
  },
  'POST /admin/settings/{namespace}/rollback': async () => {
    const { version } = await call('/admin/settings/checkout', { sessionTtlMinutes: 50 }, 'PATCH');
    const body = { version: Number(version) - 1 };
    return {
      path: '/admin/settings/checkout/rollback',
      body,
      action: 'settings.changed',
      subject: 'checkout',
    };
  },
  'POST /admin/payment-providers/{code}/verify': () =>
    Promise.resolve({ path: '/admin/payment-providers/stripe/verify', action: null }),
  'POST /admin/agents': () =>
    Promise.resolve({
      path: '/admin/agents',
      body: { name: 'Robo', options: { requestSigning: { required: false, secret: secret('sig_') } } },
      action: 'agent.created',
    }),
  'PATCH /admin/agents/{id}': async () => {
    const { id } = await call('/admin/agents', { name: 'Robo' });
    const body = { name: 'Robo 2', options: { requestSigning: { secret: secret('sig_') } } };
    return { path: `/admin/agents/${id}`, body, action: 'agent.updated', subject: id as string };
  },
  'POST /admin/agents/{id}/saved-tokens': async () => {
    const { id } = await call('/admin/agents', { name: 'Robo' });
    const body = { provider: 'razorpay', token: `token_${secretive}`, customer_id: `cust_${secretive}` };
    const path = `/admin/agents/${id}/saved-tokens`;
    return { path, body, action: 'saved_token.registered', subject: id as string };
  },
  'POST /admin/api-keys': () =>
    Promise.resolve({
      path: '/admin/api-keys',
      body: { name: 'k', scopes: ['agent'] },
      action: 'api_key.created',
    }),
  'POST /admin/api-keys/{id}/rotate': async () => {
    const { id } = await madeKey();
    return { path: `/admin/api-keys/${id}/rotate`, body: {}, action: 'api_key.rotated', subject: id };
  },
  'DELETE /admin/api-keys/{id}': async () => {
    const { id } = await madeKey();
    return { path: `/admin/api-keys/${id}`, action: 'api_key.revoked', subject: id };
  },
  'POST /admin/products': () =>
    Promise.resolve({
      path: '/admin/products',
      body: product('prod_made'),
      action: 'product.created',
      subject: 'prod_made',
    }),
  'POST /admin/products/import': () =>
    Promise.resolve({
      path: '/admin/products/import',
      body: JSON.stringify(product('prod_imported')),
      action: 'product.created',
      subject: 'prod_imported',
    }),
  'PATCH /admin/products/{id}': async () => {
    await call('/admin/products', product('prod_changed'));
    const path = '/admin/products/prod_changed';
    return { path, body: { name: 'Coat' }, action: 'product.updated', subject: 'prod_changed' };
  },
  'DELETE /admin/products/{id}': async () => {
    await call('/admin/products', product('prod_gone'));
    return { path: '/admin/products/prod_gone', action: 'product.removed', subject: 'prod_gone' };
  },
  'PATCH /admin/items/{id}/inventory': () =>
    Promise.resolve({
      path: '/admin/items/item_trail_shoe_9/inventory',
      body: { delta: 2, reason: person.sentence },
      action: 'inventory.changed',
      subject: 'item_trail_shoe_9',
    }),
  'POST /admin/inventory/repair': async () => {
    await shop.db.query(`UPDATE inventory SET reserved = 1 WHERE item_id = 'item_trail_shoe_10'`);
    return { path: '/admin/inventory/repair', body: {}, action: 'inventory.repaired', subject: 'inventory' };
  },
  'POST /admin/orders/{id}/cancel': async () => {
    const { path, id } = await order();
    const body = { reason: person.sentence };
    return { path: `${path}/cancel`, body, action: 'order.canceled', subject: id, hashed: ['reason'] };
  },
  'POST /admin/orders/{id}/status': async () => {
    const { path, id } = await order();
    return { path: `${path}/status`, body: { status: 'packing' }, action: 'order.status_set', subject: id };
  },
  'POST /admin/orders/{id}/review': async () => {
    const rejected = await order();
    const why = { decision: 'reject', reason: person.sentence };
    await call(`${rejected.path}/review`, why);
    const { path, id } = await order();
    const body = { decision: 'approve', reason: person.sentence };
    return { path: `${path}/review`, body, action: 'order.approved', subject: id, hashed: ['reason'] };
  },
  'POST /admin/orders/{id}/refunds': async () => {
    const { path, id } = await order();
    const body = { amount: 100, reason: person.sentence };
    return { path: `${path}/refunds`, body, action: 'order.refunded', subject: id, hashed: ['reason'] };
  },
  'POST /admin/orders/{id}/adjustments': async () => {
    const { path, id } = await order();
    const body = { type: 'credit', amount: 100, reason: person.place, description: person.sentence };
    const hashed = ['reason', 'description'];
    return { path: `${path}/adjustments`, body, action: 'order.adjusted', subject: id, hashed };
  },
  'POST /admin/orders/{id}/fulfillments': async () => {
    const { path, id, line } = await order();
    const parcel = { tracking_number: person.parcel, tracking_url: person.url, description: person.sentence };
    const body = { type: 'shipping', carrier: 'UPS', line_items: [{ id: line, quantity: 1 }], ...parcel };
    const [action, hashed] = ['order.fulfillment_added', Object.keys(parcel)];
    return { path: `${path}/fulfillments`, body, action, subject: id, hashed };
  },
  'POST /admin/orders/{id}/fulfillments/{fid}/events': async () => {
    const { path, id, line } = await order();
    const parcel = { type: 'shipping', line_items: [{ id: line, quantity: 1 }] };
    const { id: fid } = await call(`${path}/fulfillments`, parcel);
    const body = { type: 'shipped', description: person.sentence, location: person.place };
    const [action, hashed] = ['order.fulfillment_event', ['description', 'location']];
    return { path: `${path}/fulfillments/${fid}/events`, body, action, subject: id, hashed };
  },
  'POST /admin/payments/{id}/reconcile': async () => {
    const { paymentId: id } = await order();
    return { path: `/admin/payments/${id}/reconcile`, body: {}, action: 'payment.reconciled', subject: id };
  },
  'POST /admin/payments/{id}/capture': async () => {
    await call('/admin/settings/payments', { captureMethod: 'manual' }, 'PATCH');
    const { paymentId: id } = await order();
    await call('/admin/settings/payments', { captureMethod: null }, 'PATCH');
    return { path: `/admin/payments/${id}/capture`, body: {}, action: 'payment.captured', subject: id };
  },
  'POST /admin/webhook-events/{id}/replay': async () => {
    await order();
    const { id } = await first('/admin/webhook-events?state=processed&limit=1');
    return {
      path: `/admin/webhook-events/${id}/replay`,
      body: {},
      action: 'webhook_event.replayed',
      subject: id,
    };
  },
  'POST /admin/emails/{id}/resend': async () => {
    const { id: orderId } = await order();
    const { id } = await first(`/admin/emails?state=sent&order_id=${orderId}`);
    return { path: `/admin/emails/${id}/resend`, body: {}, action: 'email.resent', subject: id };
  },
  'POST /admin/webhook-endpoints': () =>
    Promise.resolve({
      path: '/admin/webhook-endpoints',
      body: { url: `${shop.url}/sandbox/agent/webhooks?key=${secretive}`, secret: secret('whsec_') },
      action: 'webhook_endpoint.created',
    }),
  'PATCH /admin/webhook-endpoints/{id}': async () => {
    const { id } = await endpoint();
    const body = { url: `${shop.url}/sandbox/agent/webhooks?key=${secretive}`, enabled: false };
    return { path: `/admin/webhook-endpoints/${id}`, body, action: 'webhook_endpoint.changed', subject: id };
  },
  'DELETE /admin/webhook-endpoints/{id}': async () => {
    const { id } = await endpoint();
    return { path: `/admin/webhook-endpoints/${id}`, action: 'webhook_endpoint.deleted', subject: id };
  },
  'POST /admin/webhook-endpoints/{id}/rotate-secret': async () => {
    const { id } = await endpoint();
    const path = `/admin/webhook-endpoints/${id}/rotate-secret`;
    const body = { secret: secret('whsec_'), overlap_seconds: 60 };
    return { path, body, action: 'webhook_endpoint.secret_rotated', subject: id };
  },
  'POST /admin/webhook-endpoints/{id}/test': async () => {
    const { id } = await endpoint();
    const path = `/admin/webhook-endpoints/${id}/test`;
    return { path, body: {}, action: 'webhook_endpoint.tested', subject: id };
  },
  'POST /admin/webhook-endpoints/{id}/preview': async () => {
    const { id } = await endpoint();
    return { path: `/admin/webhook-endpoints/${id}/preview`, body: {}, action: null };
  },
  'POST /admin/webhook-endpoints/{id}/recover': async () => {
    const { id } = await endpoint();
    const path = `/admin/webhook-endpoints/${id}/recover`;
    const body = { since: '2026-01-01T00:00:00Z' };
    return { path, body, action: 'webhook_endpoint.recovered', subject: id };
  },
  'POST /admin/webhook-deliveries/{id}/replay': async () => {
    const { id: orderId } = await order();
    const { id } = await first(`/admin/webhook-deliveries?order_id=${orderId}&state=delivered&limit=1`);
    const path = `/admin/webhook-deliveries/${id}/replay`;
    return { path, body: {}, action: 'webhook_delivery.replayed', subject: id };
  },
  'POST /admin/privacy/export': async () => {
    await order();
    return { path: '/admin/privacy/export', body: { email: person.email }, action: 'person.exported' };
  },
  'POST /admin/privacy/erase': async () => {
    await order();
    return { path: '/admin/privacy/erase', body: { email: person.email }, action: 'person.erased' };
  },
};

interface Entry {
  actor: string;
  action: string;
  subject: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}
const entriesOf = (requestId: string): Promise<Entry[]> =>
  shop.db.query<Entry & object>('SELECT * FROM audit_entry WHERE request_id = $1', [requestId]);

/** What only changes when somebody made a change. */
const entries = async (): Promise<number> =>
  (await shop.db.query<{ n: number }>('SELECT count(*)::int AS n FROM audit_entry'))[0]!.n;

describe('the audit log', () => {
  it('has a case here for every route under /admin that may change something', async () => {
    const { body } = await merchant(shop, '/docs/json');
    const routes = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const changing = routes.filter((route) => /^(POST|PUT|PATCH|DELETE) \/admin\//.test(route));
    expect(changing.length).toBeGreaterThan(30);
    expect(Object.keys(cases).sort()).toEqual(changing.sort());
  });

  it.each(Object.entries(cases))(
    'has an entry of who did what by %s, and one of it',
    async (route, prepare) => {
      const { path, body, action, subject, hashed = [] } = await prepare();
      const method = route.split(' ')[0]!;
      const send = (request: string, more: object = {}): Promise<MerchantAnswer> =>
        merchant(shop, path, { method, body, headers: { 'Request-Id': request }, ...more });
      const before = await entries();
      expect((await send('refused', { apiKey: readerKey })).status).toBe(403);
      expect(await entries()).toBe(before);

      const key = method === 'POST' ? { key: `once-${route}` } : {};
      const requestId = route.replace(' ', ':');
      const { status } = await send(requestId, key);
      expect([200, 201, 204]).toContain(status);
      const written = await entriesOf(requestId);
      expect(await entries()).toBe(before + (action === null ? 0 : 1));
      if (action === null) return;
      expect(written).toMatchObject([{ actor: adminId, action, ...(subject !== undefined && { subject }) }]);
      for (const name of hashed)
        expect(written[0]!.after![name]).toEqual({
          hmac_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        });
      if (method === 'POST') {
        const replay = await send('again', key);
        expect([replay.status, replay.headers.get('idempotent-replayed')]).toEqual([status, 'true']);
        expect(await entries()).toBe(before + 1);
      }
    },
  );

  it('tells what was before wherever something was', async () => {
    const found = await shop.db.query<Entry>(
      'SELECT DISTINCT ON (action) action, before, after FROM audit_entry ORDER BY action, position DESC',
    );
    const without = (side: 'before' | 'after'): string[] =>
      found.filter((entry) => entry[side] === null).map((entry) => entry.action);
    // What is made was not there before; what is only done changes nothing of what it is done to.
    expect(without('before')).toEqual([
      'agent.created',
      'api_key.created',
      'person.erased',
      'person.exported',
      'product.created',
      'saved_token.registered',
      'webhook_endpoint.created',
      'webhook_endpoint.recovered',
      'webhook_endpoint.tested',
    ]);
    expect(without('after')).toEqual(['product.removed', 'webhook_endpoint.deleted']);
  });

  it('has nothing of a change that was only tried, refused, or of an agent', async () => {
    const before = await entries();
    const line = JSON.stringify(product('prod_tried'));
    const tries: [string, { method?: string; body: object | string }, number][] = [
      ['/admin/settings/store?dry_run=true', { method: 'PATCH', body: { name: 'X' } }, 200],
      ['/admin/settings/checkout/rollback?dry_run=true', { body: { version: 0 } }, 200],
      ['/admin/products/import?dry_run=true', { body: line }, 200],
      ['/admin/privacy/erase?dry_run=true', { body: { email: person.email } }, 200],
      ['/admin/settings/store', { method: 'PATCH', body: { name: 7, email: person.email } }, 400],
      ['/admin/settings/checkout', { method: 'PATCH', body: {} }, 200],
      ['/admin/products', { body: { id: 'x' } }, 400],
      ['/admin/orders/ord_x/cancel', { body: { reason: person.sentence } }, 404],
      ['/admin/items/item_last_lantern/inventory', { method: 'PATCH', body: { delta: -999 } }, 409],
      ['/admin/api-keys/key_x/rotate', { body: {} }, 404],
    ];
    for (const [path, sent, status] of tries)
      expect([path, (await merchant(shop, path, sent)).status]).toEqual([path, status]);
    expect((await shop.agent.create()).status).toBe(201);
    expect(await entries()).toBe(before);
  });

  it('shows nothing that tells of a person, and no secret', async () => {
    const all = await shop.db.query<{ entry: string }>('SELECT e::text AS entry FROM audit_entry e');
    expect(all.length).toBeGreaterThan(40);
    const spoken = all.filter(({ entry }) => /zebedee|quackenbush/i.test(entry));
    expect(spoken).toEqual([]);
    const [kept] = await shop.db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM audit_entry WHERE before::text || after::text LIKE '%hmac_sha256%'`,
    );
    expect(kept!.n).toBeGreaterThan(6);
    const chain = new AuditStore(shop.server.app.get(Database)).chain();
    expect(await checkChain(chain)).toMatchObject({ count: all.length });
  });
});
