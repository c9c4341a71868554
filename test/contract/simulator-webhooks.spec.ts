import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Razorpay from 'razorpay';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PspSimulator, startPspSimulator } from '../../src/sandbox/psp/simulator.js';
import { freePort } from '../support/ports.js';
import { type Received, WebhookReceiver } from '../support/receiver.js';
import { SimulatorClient } from '../support/simulator.js';
import { until } from '../support/wait.js';

const SECRET = 'whsec_current';
const OLD_SECRET = 'whsec_previous';
const RAZORPAY_SECRET = 'rzp_whsec';
/** The events of one card payment, in the order they happen. */
const PAID = ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded', 'charge.updated'];

let dataDir: string;
let simulator: PspSimulator;
let client: SimulatorClient;
let stripe: Stripe;
let shop: WebhookReceiver;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'psp-hooks-'));
  shop = await WebhookReceiver.start();
  await start();
});

afterEach(async () => {
  await simulator.close();
  await shop.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  simulator = await startPspSimulator({ port: 0, dataDir });
  client = new SimulatorClient(simulator.url);
  const { port } = simulator;
  stripe = new Stripe('sk_test_sandbox', { host: '127.0.0.1', port, protocol: 'http', telemetry: false });
}

async function register(url = shop.url, events: string[] = []): Promise<void> {
  await client.registerWebhook({ provider: 'stripe', url, secrets: [SECRET, OLD_SECRET], events });
  await client.registerWebhook({ provider: 'razorpay', url, secrets: [RAZORPAY_SECRET], events });
}

const pay = (params: Partial<Stripe.PaymentIntentCreateParams> = {}, options: Stripe.RequestOptions = {}) =>
  stripe.paymentIntents.create(
    { amount: 1999, currency: 'usd', confirm: true, payment_method: 'pm_card_visa', ...params },
    options,
  );

/** One event and no API call around it. */
const sendStripe = (type = 'test.happened') => client.sendEvent('stripe', type, { id: 'obj_1' });
const sendRazorpay = (note = 'ग्राहक') =>
  client.sendEvent('razorpay', 'payment.captured', { payment: { entity: { id: 'pay_1', notes: [note] } } });

const arrived = (count: number) =>
  until(
    () => Promise.resolve(shop.received),
    (seen) => seen.length >= count,
  );
const settled = () =>
  until(
    () => client.events(),
    (events) => events.every(({ state }) => state !== 'pending'),
  );
const attempts = (count: number) =>
  until(
    () => client.deliveries(),
    (seen) => seen.length >= count,
  );

function verified({ body, headers }: Received, secret = SECRET): Stripe.Event {
  return stripe.webhooks.constructEvent(body, String(headers['stripe-signature']), secret);
}

function isGenuine({ body, headers }: Received, secret = RAZORPAY_SECRET): boolean {
  return Razorpay.validateWebhookSignature(body, String(headers['x-razorpay-signature']), secret);
}

describe('a delivery', () => {
  it('tells a payment event by event, in order, each signed with every secret', async () => {
    shop.reply = () => new Promise((resolve) => setTimeout(() => resolve({ status: 200 }), 20));
    await register();
    const paid = await pay({}, { idempotencyKey: 'acp:1' });
    await settled();
    expect(shop.types()).toEqual(PAID);
    expect(shop.mostOpen).toBe(1);
    const [created, , succeeded] = shop.received.map((one) => verified(one));
    expect(shop.received.map((one) => verified(one, OLD_SECRET).type)).toEqual(PAID);
    for (const { body } of shop.received) expect(body).toBe(JSON.stringify(JSON.parse(body), null, 2));
    expect(created?.data.object).toMatchObject({
      id: paid.id,
      status: 'requires_payment_method',
      latest_charge: null,
    });
    expect(succeeded).toMatchObject({
      object: 'event',
      livemode: false,
      pending_webhooks: 1,
      request: { id: paid.lastResponse.requestId, idempotency_key: 'acp:1' },
      data: { object: { id: paid.id, status: 'succeeded', amount_received: 1999 } },
    });
    expect(new Set(shop.received.map((one) => verified(one).id)).size).toBe(4);
  });

  it('looks like one of Stripe', async () => {
    await register(`${shop.url}/webhooks/stripe`);
    await sendStripe();
    const [one] = await arrived(1);
    expect(one?.path).toBe('/webhooks/stripe');
    expect(one?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    });
    expect(one?.body).toBe(JSON.stringify(JSON.parse(one?.body ?? ''), null, 2));
  });

  it('looks like one of Razorpay', async () => {
    await register();
    const id = await sendRazorpay();
    const [one] = await arrived(1);
    expect(one && isGenuine(one)).toBe(true);
    expect(one && isGenuine(one, 'another')).toBe(false);
    expect(one?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-razorpay-event-id': id,
    });
    expect(one?.body).toContain('ग्राहक');
    expect(one?.body).toBe(JSON.stringify(JSON.parse(one?.body ?? '')));
    expect(one?.body).not.toContain(id);
  });

  it('does not hold up the answer', async () => {
    let answer: () => void = () => undefined;
    shop.reply = () => new Promise((resolve) => (answer = () => resolve({ status: 200 })));
    await register();
    expect(await pay()).toMatchObject({ status: 'succeeded' });
    await arrived(1);
    expect((await client.events({ state: 'delivered' })).length).toBe(0);
    answer();
    await arrived(2);
  });

  it('goes to the latest registered address of its provider, whatever it answers', async () => {
    const other = await WebhookReceiver.start();
    await register(other.url);
    await register();
    await sendStripe();
    await sendRazorpay();
    await settled();
    expect([other.received.length, shop.received.length]).toEqual([0, 2]);
    await register(other.url);
    await sendStripe();
    await settled();
    expect([other.received.length, shop.received.length]).toEqual([1, 2]);
    await other.close();
    const { webhooks } = await client.get<{ webhooks: unknown[] }>('/_sim/webhooks');
    expect(webhooks).toHaveLength(4);
  });

  it('leaves out what happened before anybody registered, and what nobody asked for', async () => {
    await sendStripe('too.early');
    await register(shop.url, ['charge.*', 'payment_intent.succeeded']);
    await pay();
    await settled();
    expect(shop.types()).toEqual(['charge.succeeded', 'payment_intent.succeeded', 'charge.updated']);
    expect((await client.events({ state: 'unsent' })).map(({ type }) => type)).toEqual([
      'too.early',
      'payment_intent.created',
    ]);
  });

  it.each([['stripe'], ['razorpay']] as const)(
    'of %s is told apart from others by what it is',
    async (provider) => {
      await register();
      await sendStripe();
      await sendRazorpay();
      await settled();
      expect((await client.events({ provider })).length).toBe(1);
      expect((await client.deliveries({ provider })).map(({ status }) => status)).toEqual([200]);
    },
  );
});

describe('retries', () => {
  it.each([
    ['an error', { status: 500 }],
    ['a refusal', { status: 400 }],
    ['a redirect', { status: 302, headers: { Location: '/elsewhere' } }],
  ])('follow %s, with the same event and a fresh signature', async (_, reply) => {
    shop.reply = () => (shop.received.length === 1 ? reply : { status: 204 });
    await register();
    const id = await sendStripe();
    await arrived(2);
    const [event] = await settled();
    expect(event).toMatchObject({ id, state: 'delivered', attempts: 2 });
    expect((await client.deliveries({ event: id })).map(({ status }) => status)).toEqual([reply.status, 204]);
    const [first, second] = shop.received.map((one) => String(one.headers['stripe-signature']));
    expect(shop.received.map((one) => verified(one).id)).toEqual([id, id]);
    expect(first).not.toBe(second);
    expect(shop.received.map(({ path }) => path)).toEqual(['/', '/']);
  });

  it('of Stripe end after three, each brought on by the clock', async () => {
    shop.reply = () => ({ status: 503 });
    await register();
    await sendStripe();
    for (let tries = 1; tries <= 3; tries += 1) {
      await attempts(tries);
      await client.advanceClock(60);
    }
    await attempts(4);
    expect(await client.events()).toMatchObject([{ state: 'failed', attempts: 4 }]);
    await client.advanceClock(24 * 3600);
    await sendStripe('another.one');
    await attempts(5);
    expect(shop.received.filter(({ body }) => body.includes('test.happened'))).toHaveLength(4);
  });

  it('of Razorpay end after a day, and with them the webhook', async () => {
    shop.reply = () => ({ status: 500 });
    await register();
    await sendRazorpay();
    for (const seconds of [60, 60, 60, 12 * 3600]) {
      await attempts(shop.received.length || 1);
      const tried = shop.received.length;
      await client.advanceClock(seconds);
      await attempts(tried + 1);
      expect(await client.events()).toMatchObject([{ state: 'pending', attempts: tried + 1 }]);
    }
    await client.advanceClock(12 * 3600);
    await attempts(6);
    expect(await client.events()).toMatchObject([{ state: 'failed', attempts: 6 }]);
    const answered = shop.received.length;
    shop.reply = () => ({ status: 200 });
    await sendRazorpay();
    expect((await client.events()).map(({ state }) => state)).toEqual(['failed', 'unsent']);
    await register();
    await sendRazorpay();
    await settled();
    expect(shop.received).toHaveLength(answered + 1);
  });

  it('follow an answer that does not come in time: ten seconds for Stripe, five for Razorpay', async () => {
    shop.reply = () => null;
    await register();
    await Promise.all([sendStripe(), sendRazorpay()]);
    const started = Date.now();
    const [razorpay] = await attempts(1);
    expect(razorpay).toMatchObject({ type: 'payment.captured', status: null });
    expect(Date.now() - started).toBeGreaterThan(4_500);
    await until(
      () => client.deliveries({ provider: 'stripe' }),
      (seen) => seen.length > 0,
    );
    expect(Date.now() - started).toBeGreaterThan(9_500);
  });

  it('reach a shop that was not there', async () => {
    const port = await freePort();
    await register(`http://127.0.0.1:${port}`);
    await sendStripe();
    expect(await attempts(1)).toMatchObject([{ status: null, error: 'ECONNREFUSED' }]);
    const late = await WebhookReceiver.start(port);
    await settled();
    expect(late.received).toHaveLength(1);
    await late.close();
  });
});

describe('a restart', () => {
  async function restart(): Promise<void> {
    await simulator.close();
    await start();
  }

  it('delivers what was on its way, once, and what was not answered', async () => {
    shop.reply = () => ({ status: 500 });
    await register();
    await pay();
    await attempts(1);
    await restart();
    shop.reply = () => ({ status: 200 });
    const events = await settled();
    expect(events.map(({ type, state }) => [type, state])).toEqual(PAID.map((type) => [type, 'delivered']));
    const delivered = (await client.deliveries()).filter(({ status }) => status === 200);
    expect(delivered.map(({ type }) => type).sort()).toEqual([...PAID].sort());
    await restart();
    await sendStripe('after.all');
    await settled();
    expect((await client.deliveries()).filter(({ status }) => status === 200)).toHaveLength(5);
  });

  it('delivers what was cut off in the middle', async () => {
    shop.reply = () => null;
    await register();
    const id = await sendStripe();
    await arrived(1);
    shop.reply = () => ({ status: 200 });
    await restart();
    await settled();
    expect(shop.received.map((one) => verified(one).id)).toEqual([id, id]);
    expect(
      await until(
        () => Promise.resolve(shop.open),
        (open) => open === 0,
      ),
    ).toBe(0);
  });

  it('keeps what is held and what was dropped', async () => {
    await register();
    await client.webhookMode({ mode: 'manual', type: '^held' });
    await client.webhookMode({ mode: 'drop', type: '^dropped' });
    await sendStripe('held');
    const dropped = await sendStripe('dropped');
    await restart();
    await client.release();
    await settled();
    expect(shop.types()).toEqual(['held']);
    await client.replay([dropped]);
    await settled();
    expect(shop.types()).toEqual(['held', 'dropped']);
  });
});

describe('mode', () => {
  it('manual: holds events and releases them in the given order', async () => {
    await register();
    await client.webhookMode({ mode: 'manual' });
    await pay();
    const held = await client.events({ state: 'held' });
    expect(held.map(({ type }) => type)).toEqual(PAID);
    expect(shop.received).toEqual([]);
    const backwards = held.map(({ id }) => id).reverse();
    expect(await client.release(backwards)).toEqual(backwards);
    await settled();
    expect(shop.types()).toEqual([...PAID].reverse());
    await pay();
    await client.release();
    await settled();
    expect(shop.types().slice(4)).toEqual(PAID);
  });

  it('manual: only for the events that match, until the modes are cleared', async () => {
    await register();
    await client.webhookMode({ mode: 'manual', provider: 'stripe', type: '^charge\\.' });
    await pay();
    await client.sendEvent('razorpay', 'charge.elsewhere', {});
    await settled();
    expect((await client.events({ state: 'held' })).map(({ type }) => type)).toEqual([
      'charge.succeeded',
      'charge.updated',
    ]);
    await client.clearWebhookModes();
    await sendStripe('charge.later');
    await settled();
    expect(shop.received.filter(({ body }) => body.includes('"charge.later"'))).toHaveLength(1);
    expect(await client.events({ state: 'held' })).toHaveLength(2);
  });

  it('duplicate: the same event as often as asked', async () => {
    await register();
    await client.webhookMode({ mode: 'duplicate', n: 3, times: 1 });
    const id = await sendStripe();
    await sendStripe('single');
    await settled();
    expect(shop.received.map((one) => verified(one).id).filter((one) => one === id)).toHaveLength(3);
    expect(await client.events()).toMatchObject([{ attempts: 3 }, { attempts: 1 }]);
  });

  it('burst: copies at the same time, never more than twenty', async () => {
    let answer: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (answer = resolve));
    shop.reply = () => all.then(() => ({ status: 200 }));
    await register();
    await client.webhookMode({ mode: 'burst', n: 50 });
    await sendStripe();
    await arrived(20);
    await client.sendEvent('razorpay', 'payment.captured', {});
    expect((await client.events()).map(({ attempts }) => attempts)).toEqual([0, 0]);
    answer();
    await settled();
    expect(shop.received).toHaveLength(100);
    expect(shop.mostOpen).toBe(20);
  });

  it('shuffle: another order, and the same one for the same seed', async () => {
    await register();
    const orders: string[][] = [];
    for (const n of [1, 2, 1, 3, 4, 5]) {
      await client.clearWebhookModes();
      await client.webhookMode({ mode: 'shuffle', n });
      await pay();
      await settled();
      orders.push(shop.types().slice(-4));
    }
    for (const order of orders) expect([...order].sort()).toEqual([...PAID].sort());
    expect(orders[0]).toEqual(orders[2]);
    expect(new Set(orders.map((order) => order.join())).size).toBeGreaterThan(2);
  });

  it('delay: later by so much, on the clock of the simulator', async () => {
    await register();
    await client.webhookMode({ mode: 'delay', ms: 3_600_000, type: '^slow' });
    await sendStripe('slow');
    await sendStripe('fast');
    await arrived(1);
    expect(shop.types()).toEqual(['fast']);
    await client.advanceClock(3600);
    await settled();
    expect(shop.types()).toEqual(['fast', 'slow']);
    await client.webhookMode({ mode: 'delay', ms: 300 });
    const started = Date.now();
    await sendStripe('soon');
    await arrived(3);
    expect(Date.now() - started).toBeGreaterThanOrEqual(290);
  });

  it('drop: never, until it is replayed', async () => {
    await register();
    await client.webhookMode({ mode: 'drop', times: 1 });
    const id = await sendStripe('lost');
    await sendStripe('found');
    await settled();
    expect(shop.types()).toEqual(['found']);
    await client.advanceClock(7 * 24 * 3600);
    expect(await client.release()).toEqual([]);
    expect(await client.replay([id])).toEqual([id]);
    await settled();
    expect(shop.types()).toEqual(['found', 'lost']);
  });

  it('bad_signature, wrong_secret, tampered_body, stale_timestamp: not to be believed', async () => {
    await register();
    for (const mode of ['bad_signature', 'wrong_secret', 'tampered_body', 'stale_timestamp']) {
      await client.webhookMode({ mode, times: 2 });
      await sendStripe();
      await sendRazorpay();
      await settled();
      const [ours, theirs] = shop.received.splice(0).sort((a) => (a.headers['stripe-signature'] ? -1 : 1));
      if (!ours || !theirs) throw new Error('Two were sent.');
      expect(() => verified(ours), mode).toThrow(Stripe.errors.StripeSignatureVerificationError);
      expect(isGenuine(theirs), mode).toBe(mode === 'stale_timestamp');
      expect(JSON.parse(ours.body), mode).toMatchObject({ type: 'test.happened' });
    }
    await sendStripe();
    const [last] = await arrived(1);
    expect(last && verified(last).type).toBe('test.happened');
  });

  it('stale_timestamp: genuine, and 301 seconds old', async () => {
    await register();
    await client.webhookMode({ mode: 'stale_timestamp' });
    await sendStripe();
    const [one] = await arrived(1);
    const signature = String(one?.headers['stripe-signature']);
    expect(() => stripe.webhooks.constructEvent(one?.body ?? '', signature, SECRET, 300)).toThrow(
      /tolerance/,
    );
    expect(stripe.webhooks.constructEvent(one?.body ?? '', signature, SECRET, 330)).toBeTruthy();
  });

  it('old_secret: signed with the last of the secrets only', async () => {
    await register();
    await client.registerWebhook({ provider: 'razorpay', url: shop.url, secrets: ['new', 'old'] });
    await sendRazorpay();
    const [current] = await arrived(1);
    expect(current && [isGenuine(current, 'new'), isGenuine(current, 'old')]).toEqual([true, false]);
    await client.webhookMode({ mode: 'old_secret' });
    await sendStripe();
    const [, stripes] = await arrived(2);
    await sendRazorpay();
    const [, , razorpays] = await arrived(3);
    if (!stripes || !razorpays) throw new Error('Three were sent.');
    expect(verified(stripes, OLD_SECRET).type).toBe('test.happened');
    expect(() => verified(stripes)).toThrow(Stripe.errors.StripeSignatureVerificationError);
    expect([isGenuine(razorpays, 'new'), isGenuine(razorpays, 'old')]).toEqual([false, true]);
  });

  it('before_response: the shop knows before it is answered, and may ask back meanwhile', async () => {
    await register();
    await client.webhookMode({ mode: 'before_response', type: '^payment_intent\\.' });
    const order: string[] = [];
    shop.reply = async ({ body }) => {
      const { type, data } = JSON.parse(body) as Stripe.Event;
      const { id } = data.object as { id: string };
      if (type === 'payment_intent.succeeded') {
        order.push(`webhook ${(await stripe.paymentIntents.retrieve(id)).status}`);
      }
      return { status: 200 };
    };
    const paid = await pay().then(({ id }) => (order.push('answer'), id));
    expect(order).toEqual(['webhook succeeded', 'answer']);
    expect((await client.events({ type: 'succeeded$', state: 'delivered' }))[0]?.subject).toBe(paid);
  });

  it('before_response: a call waits for the webhooks it caused and for no others', async () => {
    await register();
    await client.webhookMode({ mode: 'before_response', type: '^payment_intent\\.created' });
    let answer: () => void = () => undefined;
    shop.reply = ({ body }) =>
      body.includes('"payment_intent.created"')
        ? new Promise((resolve) => (answer = () => resolve({ status: 200 })))
        : { status: 200 };
    let answered = false;
    const paying = pay().finally(() => (answered = true));
    await arrived(1);
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
    await attempts(3);
    expect(answered).toBe(false);
    answer();
    expect(await paying).toMatchObject({ status: 'succeeded' });
  });

  it('auto: spares its events from what is set for all', async () => {
    await register();
    await client.webhookMode({ mode: 'drop' });
    await client.webhookMode({ mode: 'auto', type: 'spared' });
    await sendStripe('spared');
    await sendStripe('lost');
    await settled();
    expect(shop.types()).toEqual(['spared']);
  });

  it.each([
    [{ mode: 'explode' }, /mode must be one of/],
    [{ mode: 'drop', type: '(' }, /regular expression/],
    [{ mode: 'drop', provider: 'adyen' }, /provider must be/],
    [{ mode: 'drop', kind: 'x' }, /kind is not one of/],
  ])('refuses %j', async (mode, message) => {
    await expect(client.webhookMode(mode as never)).rejects.toThrow(message);
  });
});

describe('a missed event', () => {
  it('is found in the list of Stripe until it is delivered', async () => {
    await sendRazorpay();
    await register();
    await client.webhookMode({ mode: 'drop', type: '^payment_intent\\.succeeded' });
    await pay();
    await settled();
    const listed = async (delivery_success: boolean) =>
      (await stripe.events.list({ delivery_success })).data.map(({ id, type, pending_webhooks }) => ({
        id,
        type,
        pending_webhooks,
      }));
    const missed = await listed(false);
    expect(missed).toMatchObject([{ type: 'payment_intent.succeeded', pending_webhooks: 1 }]);
    expect(await listed(true)).toHaveLength(3);
    await client.replay([missed[0]?.id ?? '']);
    await settled();
    expect(await listed(false)).toEqual([]);
    const delivered = await listed(true);
    expect(delivered.map(({ pending_webhooks }) => pending_webhooks)).toEqual([0, 0, 0, 0]);
  });
});

describe('a dispute', () => {
  const types = () =>
    shop.received.map(({ body }) => {
      const { type, event } = JSON.parse(body) as { type?: string; event?: string };
      return type ?? event;
    });

  it('of a Stripe payment is told from its beginning to its end, in order', async () => {
    const { id: payment } = await pay();
    await register();
    const opened = await client.dispute({ payment, outcome: 'lost' });
    expect(opened.status).toBe('lost');
    await settled();
    expect(types()).toEqual([
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.closed',
    ]);
    expect(shop.received.map((one) => verified(one).data.object)).toMatchObject([
      { id: opened.id, payment_intent: payment, status: 'needs_response' },
      { id: opened.id },
      { id: opened.id, status: 'lost' },
    ]);
  });

  it('of a Razorpay payment is told as well', async () => {
    const call = (path: string, body: object) =>
      fetch(`${simulator.url}${path}`, {
        method: 'POST',
        headers: {
          Authorization: `Basic ${Buffer.from('rzp_test_sandbox:rzp_sandbox_secret').toString('base64')}`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify(body),
      }).then((response) => response.json() as Promise<Record<string, string>>);
    const order = await call('/v1/orders', { amount: 50000, currency: 'INR' });
    const bought = { order_id: order.id, method: 'upi', vpa: 'success@razorpay', outcome: 'captured' };
    const { razorpay_payment_id: payment = '' } = await call('/_sim/razorpay/checkout', bought);
    await register();
    const opened = await client.dispute({ payment, outcome: 'needs_response' });
    expect(opened.status).toBe('open');
    await client.closeDispute(opened.id, 'won');
    await settled();
    expect(types()).toEqual(['payment.dispute.created', 'payment.dispute.won']);
    expect(shop.received.map((one) => isGenuine(one))).toEqual([true, true]);
    expect(
      (await client.events({ provider: 'razorpay', type: 'dispute' })).map(({ subject }) => subject),
    ).toEqual([payment, payment]);
  });
});

describe('replay', () => {
  it('sends everything that was sent again, under the same ids', async () => {
    await client.sendEvent('stripe', 'unsent', {});
    await register();
    await pay();
    await settled();
    const ids = shop.received.map((one) => verified(one).id);
    expect(await client.replay()).toEqual(ids);
    await client.replay([ids[3] ?? '', ids[0] ?? '']);
    await arrived(10);
    expect(
      shop.received
        .slice(4)
        .map((one) => verified(one).id)
        .sort(),
    ).toEqual([...ids, ids[3], ids[0]].sort());
  });

  it('knows what there is', async () => {
    await expect(client.replay(['evt_none'])).rejects.toThrow(/no event evt_none/);
    await expect(client.release(['evt_none'])).rejects.toThrow(/404/);
  });
});
