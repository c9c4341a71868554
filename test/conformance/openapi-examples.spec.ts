import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MailServer } from '../support/mail-server.js';
import { type Document, type Operation, ServedDocument } from '../support/openapi.js';
import { startShop, type Shop } from '../support/shop.js';
import { StripeWebhooks } from '../support/stripe-webhooks.js';
import { until } from '../support/wait.js';

interface Press {
  /** Values of parameters for which the document has no example, or that stand for one that exists. */
  with?: Record<string, string>;
  /** Name of the example of the body; the first one is what the page shows. */
  example?: string;
  /** Ids in the body that exist only here. */
  body?: (example: Document) => void;
  headers?: (body: string) => Record<string, string>;
  /** What it is answered with, if that is no success. */
  status?: number;
}

const timings = { emailsEveryMs: 50, relayEveryMs: 50, settingsCacheMs: 20, deliverEveryMs: 50 };

describe('every example of the documentation', () => {
  let shop: Shop;
  let mail: MailServer;
  let document: ServedDocument;
  const pressed = new Set<string>();

  beforeAll(async () => {
    mail = await MailServer.start();
    shop = await startShop({ SMTP_URL: mail.url }, { timings });
    document = await ServedDocument.of(shop.url);
  });
  afterAll(async () => {
    await shop.close();
    await mail.close();
  });

  /** Sends what the page would: the examples as they are. Held to what is documented of the answer. */
  async function press(operationId: string, how: Press = {}): Promise<Document> {
    const operation = document.operations.find((known) => known.operationId === operationId);
    if (!operation) throw new Error(`there is no operation ${operationId}`);
    const { type, name, body } = bodyOf(operation, how);
    pressed.add(name === undefined ? operationId : `${operationId}: ${name}`);
    const response = await fetch(`${shop.url}${pathOf(operation, how.with)}`, {
      method: operation.method.toUpperCase(),
      headers: {
        ...(operation.security && {
          Authorization: `Bearer ${isAgents(operation) ? 'agent_sandbox_key' : 'admin_sandbox_key'}`,
        }),
        ...(body !== undefined && { 'Content-Type': type }),
        ...headersOf(operation),
        ...how.headers?.(body ?? ''),
      },
      ...(body !== undefined && { body }),
    });
    return held(operation, response, await response.text(), how.status);
  }

  /** An answer is a success, and of a documented status, type and shape. */
  function held(
    { operationId, responses }: Operation,
    response: Response,
    text: string,
    status = response.ok ? response.status : 200,
  ): Document {
    const documented = responses[String(response.status)];
    const where = `${operationId} → ${response.status} ${text.slice(0, 2_000)}`;
    expect(response.status, where).toBe(status);
    expect(documented, where).toBeDefined();
    const [[type, media] = []] = Object.entries(documented?.content ?? {});
    if (!type || !media?.schema) {
      expect(text, where).toBe('');
      return undefined;
    }
    expect(response.headers.get('content-type'), where).toContain(type);
    if (type !== 'application/json') return text;
    const body = JSON.parse(text);
    expect(document.complaints(media.schema, body), where).toEqual([]);
    return body;
  }

  const isAgents = ({ path }: Operation): boolean => /^\/(checkout_sessions|acp|sandbox)/.test(path);

  const buy = async (items?: object[]): Promise<Document> => {
    const session = await press('checkoutSessions.create', {
      body: (body) => Object.assign(body, items && { line_items: items }),
    });
    const { order } = await press('checkoutSessions.complete', { with: { id: session.id } });
    return order;
  };
  const tees = (quantity = 3): object[] => [{ id: 'item_merino_tee', quantity }];
  const lineOf =
    (order: Document) =>
    (body: Document): void => {
      for (const line of body.line_items ?? []) line.id = order.line_items[0].id;
    };

  it('of the checkout works', async () => {
    const created = await press('checkoutSessions.create');
    const { id } = created;
    await press('checkoutSessions.create', { example: 'items only' });
    await press('checkoutSessions.get', { with: { id } });
    for (const example of ['faster shipping', 'another quantity', 'an address'])
      await press('checkoutSessions.update', { with: { id }, example });
    await press('checkoutSessions.complete', { with: { id }, example: 'a card that is declined' });
    const paid = await press('checkoutSessions.complete', { with: { id } });
    expect(paid.status).toBe('completed');
    await press('orderPage.show', { with: { id: paid.order.id } });
    for (const example of ['with a reason', 'without']) {
      const other = await press('checkoutSessions.create');
      await press('checkoutSessions.cancel', { with: { id: other.id }, example });
    }
    const careful = await press('checkoutSessions.create');
    const asked = await press('checkoutSessions.complete', {
      with: { id: careful.id },
      example: 'a card that wants 3-D Secure',
    });
    expect(asked.status).toBe('authentication_required');
  });

  it('of the guide works', async () => {
    await press('guideTools.list');
    const made = await press('guideCheckout.create');
    for (const example of ['one product, as the tool sends it', 'without an address'])
      await press('guideCheckout.create', { example });
    for (const example of ['faster shipping', 'an address', 'another quantity'])
      await press('guideCheckout.update', { with: { id: made.checkout_id }, example });
    const declined = await press('guideCheckout.complete', {
      with: { id: made.checkout_id },
      example: 'a card that is declined',
      status: 402,
    });
    expect(declined.error.code).toBe('payment_declined');
    const bought = await press('guideCheckout.complete', { with: { id: made.checkout_id } });
    expect(bought.status).toBe('confirmed');
  });

  it('of orders works', async () => {
    const order = await buy(tees());
    const at = { id: order.id as string };
    await press('orders.list');
    await press('ordersCsv.export');
    for (const example of ['being packed', 'to be looked at'])
      await press('orders.setStatus', { with: at, example });
    await press('orders.review', { with: at });
    const parcel = await press('fulfillments.add', { with: at, body: lineOf(order) });
    await press('fulfillments.add', { with: at, body: lineOf(order), example: 'a pickup' });
    for (const example of ['shipped', 'delivered'])
      await press('fulfillments.record', { with: { ...at, fid: parcel.id }, example });
    for (const example of ['a return', 'a credit'])
      await press('adjustments.adjust', { with: at, body: lineOf(order), example });
    for (const example of ['a part', 'what was paid for one piece', 'all that is left'])
      await press('adjustments.refund', { with: at, body: lineOf(order), example });
    await press('orders.get', { with: at });
    const refused = await buy(tees(1));
    await press('orders.setStatus', { with: { id: refused.id }, example: 'to be looked at' });
    await press('orders.review', { with: { id: refused.id }, example: 'not this one' });
    await press('orders.cancel', { with: { id: (await buy(tees(1))).id } });
  });

  it('of sessions and payments works', async () => {
    const { data: sessions } = await press('checkout.list');
    await press('checkout.get', { with: { id: sessions[0].id } });
    const { data: payments } = await press('payments.list');
    await press('payments.get', { with: { id: payments[0].id } });
    await press('payments.reconcile', { with: { id: payments[0].id } });
    await press('settings.change', {
      with: { namespace: 'payments' },
      example: 'payments: capture when shipping',
    });
    const order = await buy(tees(1));
    const { payment } = await press('orders.get', { with: { id: order.id } });
    expect(payment.state).toBe('authorized');
    await press('payments.capture', { with: { id: payment.id } });
    await press('paymentProviders.list');
    for (const code of ['stripe', 'razorpay'])
      expect((await press('paymentProviders.verify', { with: { code } })).ok).toBe(true);
  });

  it('of agents and keys works', async () => {
    const agent = await press('agents.create');
    const at = { id: agent.id as string };
    await press('agents.create', { example: 'signs its requests' });
    await press('agents.list');
    await press('agents.get', { with: at });
    for (const example of ['another name', '201 for a completed purchase', 'as the settings say'])
      await press('agents.update', { with: at, example });
    await press('savedTokens.register', { with: at });
    const key = await press('apiKeys.create');
    await press('apiKeys.create', { example: 'to read everything, for a while' });
    await press('apiKeys.list');
    const next = await press('apiKeys.rotate', { with: { id: key.id } });
    const last = await press('apiKeys.rotate', { with: { id: next.id }, example: 'at once' });
    await press('apiKeys.revoke', { with: { id: last.id } });
  });

  it('of webhooks works', async () => {
    const made = await press('webhookEndpoints.create');
    await press('webhookEndpoints.create', { example: 'in the form of another platform' });
    await press('webhookEndpoints.list');
    // The sandbox's own endpoint, which the page names.
    await press('webhookEndpoints.get');
    for (const example of ['another description', 'off for now', 'on again'])
      await press('webhookEndpoints.change', { with: { id: made.id }, example });
    for (const example of ['in an hour', 'at once'])
      await press('webhookEndpoints.rotate', { with: { id: made.id }, example });
    await press('webhookEndpoints.preview');
    await press('webhookEndpoints.test');
    for (const example of ['what was missed', 'all of it again'])
      await press('webhookRecovery.recover', { example });
    // A test is not sent again.
    const sent = await until(async () => {
      const { data: deliveries } = await press('webhookDeliveries.list');
      return deliveries.find(({ order_id }: Document) => order_id !== null);
    });
    await press('webhookDeliveries.get', { with: { id: sent.id } });
    await press('webhookDeliveries.replay', { with: { id: sent.id } });
    await press('webhookEndpoints.remove', { with: { id: made.id } });
    await until(
      () => press('agentReceiver.list'),
      (received) => received.data.length > 0,
    );
    await press('agentReceiver.receive', {
      headers: (body) => ({ 'Merchant-Signature': signed(body, 'whsec_agent_sandbox') }),
    });
    await press('inboundWebhooks.receive', {
      headers: (body) => ({ 'Stripe-Signature': new StripeWebhooks(shop.url).sign(body) }),
    });
    const { data: events } = await press('webhookEvents.list');
    await press('webhookEvents.get', { with: { id: events[0].id } });
    await press('webhookEvents.replay', { with: { id: events[0].id } });
  });

  it('of e-mails works', async () => {
    const { data: emails } = await until(
      () => press('emails.list'),
      ({ data }) => data.length > 0,
    );
    await press('emails.resend', { with: { id: emails[0].id } });
  });

  it('of settings works', async () => {
    await press('settings.list');
    await press('settings.schemas');
    await press('settings.get');
    const examples = Object.keys(
      document.operation('patch', '/admin/settings/{namespace}').requestBody?.content['application/json']
        ?.examples ?? {},
    );
    for (const example of examples)
      await press('settings.change', { with: { namespace: example.split(':')[0] as string }, example });
    await press('settings.rollback');
    await press('settings.history');
  });

  it('of the catalogue works', async () => {
    await press('products.list');
    await press('products.create');
    await press('products.create', { example: 'a download' });
    const report = await press('products.import');
    expect(report).toMatchObject({ created: 2, failed: 1 });
    await press('products.get');
    for (const example of ['a new price and one more size', 'no description any more'])
      await press('products.change', { example });
    await press('inventory.get');
    for (const example of ['a count', 'a delivery', 'no longer counted'])
      await press('inventory.change', { example });
    await press('inventory.movements');
    await press('inventory.check');
    await press('inventory.repair');
    await press('products.change', { example: 'one size off sale, another one removed' });
    await press('products.remove');
  });

  it('of the audit log and of privacy works', async () => {
    await press('audit.list');
    await press('audit.export');
    const copy = await press('privacy.export');
    expect(copy.orders.length).toBeGreaterThan(0);
    await press('privacy.erase');
  });

  it('of operations works', async () => {
    await press('health.live');
    await press('health.ready');
    await press('metrics.show');
  });

  it('was tried', () => {
    const all = document.operations.flatMap((operation) => {
      const { operationId } = operation;
      const names = Object.keys(mediaOf(operation)?.[1].examples ?? {});
      return names.length === 0 ? [operationId] : names.map((name) => `${operationId}: ${name}`);
    });
    expect(all.filter((one) => !pressed.has(one))).toEqual([]);
  });

  it('is one that its schema allows', () => {
    const wrong: string[] = [];
    for (const { operationId, requestBody, responses } of document.operations) {
      const told: [string, Partial<Operation['responses'][string]>][] = Object.entries({
        request: requestBody ?? {},
        ...responses,
      });
      for (const [where, { content = {} }] of told) {
        for (const { schema, example, examples } of Object.values(content)) {
          for (const value of [...(example === undefined ? [] : [example]), ...valuesOf(examples)])
            for (const complaint of document.complaints(schema as object, value))
              wrong.push(`${operationId} ${where}: ${complaint}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

const valuesOf = (examples: Record<string, { value: unknown }> = {}): unknown[] =>
  Object.values(examples).map(({ value }) => value);

const mediaOf = ({ requestBody }: Operation) => Object.entries(requestBody?.content ?? {})[0];

function bodyOf(
  operation: Operation,
  { example, body: mend }: Press,
): { type: string; name?: string; body?: string } {
  const [type, media] = mediaOf(operation) ?? [];
  if (!type || !media) return { type: '' };
  const { examples, schema } = media as { examples?: Record<string, { value: unknown }>; schema: Document };
  const [name, shown] = examples
    ? (Object.entries(examples).find(([known]) => example === undefined || known === example) ?? [])
    : [undefined, { value: schema.example as unknown }];
  if (!shown) throw new Error(`${operation.operationId} has no example ${example}`);
  const value = structuredClone(shown.value);
  mend?.(value);
  return { type, name, body: typeof value === 'string' ? value : JSON.stringify(value) };
}

/** Path and query, with examples where there are some. */
function pathOf({ path, parameters = [] }: Operation, given: Record<string, string> = {}): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place, example } of parameters) {
    const value = given[name] ?? example;
    if (place === 'query' && value !== undefined) query.set(name, value);
    if (place === 'path') {
      if (value === undefined) throw new Error(`${path} wants ${name}`);
      filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    }
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}

/** As the page does it: a key of its own in place of `new`. */
const headersOf = ({ parameters = [] }: Operation): Record<string, string> =>
  Object.fromEntries(
    parameters
      .filter(({ in: place, example }) => place === 'header' && example !== undefined)
      .map(({ name, example }) => [name, example === 'new' ? randomUUID() : String(example)]),
  );

function signed(body: string, secret: string): string {
  const t = Math.floor(Date.now() / 1000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}
