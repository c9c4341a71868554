import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { SecretBox } from '../../src/settings/secret-box.js';
import { type Answer, payWith } from './agent.js';
import { GuideAgent } from './guide-agent.js';
import { OrderDesk } from './orders.js';
import { adminCall } from './razorpay.js';
import type { Shop } from './shop.js';
import { StripeWebhooks } from './stripe-webhooks.js';

/** A buyer who fills in every field of the protocol; whatever they say can be told from all else by their mark. */
export class Person {
  readonly email: string;

  /** `mark` is in everything they say, in small letters. */
  constructor(
    private readonly shop: Shop,
    readonly mark: string,
  ) {
    this.email = `${mark}@buyer.example`;
  }

  say = (what: string): string => `${this.mark}-${what}`;

  get buyer(): object {
    const { say } = this;
    return {
      // As people type it.
      email: this.email.replace(/^./, (letter) => letter.toUpperCase()),
      first_name: say('first'),
      last_name: say('last'),
      full_name: say('full'),
      phone_number: say('phone'),
      customer_id: say('customer'),
      account_type: 'business',
      authentication_status: 'authenticated',
      company: { name: say('company'), tax_id: say('tax'), department: say('dep'), cost_center: say('cost') },
      loyalty: { tier: say('tier'), points_balance: 7, member_since: '2020-01-01T00:00:00Z' },
      tax_exemption: {
        certificate_id: say('certificate'),
        certificate_type: 'resale',
        exempt_regions: [say('region')],
      },
    };
  }

  get destination(): object {
    const { say } = this;
    const street = {
      line_one: say('street'),
      line_two: say('flat'),
      company: say('firm'),
      city: say('city'),
    };
    return {
      name: say('recipient'),
      phone_number: say('recipient-phone'),
      email: this.email,
      address: { name: say('door'), ...street, state: 'CA', country: 'US', postal_code: say('zip') },
    };
  }

  /** Everything a create can say. */
  everything(item = 'item_merino_tee'): object {
    const { say } = this;
    return {
      line_items: [{ id: item, quantity: 2 }],
      buyer: this.buyer,
      fulfillment_details: this.destination,
      capabilities: { interventions: { supported: ['3ds'] }, extensions: ['discount'] },
      discounts: { codes: [say('code')] },
      order_notes: say('notes'),
      locale: say('locale'),
      timezone: say('timezone'),
      quote_id: say('quote'),
      metadata: { [say('member')]: say('metadata') },
      affiliate_attribution: { ...this.attribution, touchpoint: 'first' },
    };
  }

  get attribution(): object {
    const { say } = this;
    return {
      provider: say('affiliate'),
      token: say('token'),
      publisher_id: say('publisher'),
      campaign_id: say('campaign'),
      creative_id: say('creative'),
      sub_id: say('sub'),
      source: { url: say('source') },
      metadata: { note: say('affiliate-note') },
    };
  }

  async open(item?: string, key?: string): Promise<string> {
    const { status, body } = await this.shop.agent.create(this.everything(item), key ? { key } : {});
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.id as string;
  }

  /** An update, a demand for 3-D Secure, the proof, and the order. */
  async buyWithProof(keys: { create?: string; update?: string; complete?: string } = {}): Promise<Purchase> {
    const sessionId = await this.open('item_merino_tee', keys.create);
    const update = { key: keys.update ?? crypto.randomUUID() };
    await this.shop.agent.update(sessionId, { order_notes: this.say('later-notes') }, update);
    await this.shop.agent.complete(sessionId, 'tok_threeDSecure2Required');
    const details = {
      three_ds_cryptogram: this.say('cryptogram'),
      electronic_commerce_indicator: '05',
      transaction_id: crypto.randomUUID(),
      version: '2.2.0',
    };
    const done = await this.shop.agent.complete(
      sessionId,
      {
        ...payWith('tok_threeDSecure2Required'),
        authentication_result: { outcome: 'authenticated', outcome_details: details },
        buyer: this.buyer,
        order_notes: this.say('last-notes'),
        affiliate_attribution: { ...this.attribution, touchpoint: 'last' },
        marketing_consents: [{ channel: this.say('channel'), opted_in: true }],
      },
      keys.complete ? { key: keys.complete } : {},
    );
    return this.purchase(done);
  }

  async buy(item?: string): Promise<Purchase> {
    return this.purchase(await this.shop.agent.complete(await this.open(item)));
  }

  /** On the other wire, in rupees, paid in Razorpay Checkout. */
  async buyByGuide(): Promise<Purchase> {
    const guide = new GuideAgent(this.shop.url);
    const address = { name: this.say('name'), street: this.say('road'), city: this.say('town') };
    const { body } = await guide.create({
      shipping_address: { ...address, state: 'KA', zip: '560001', country: 'IN' },
    });
    const method = body.payment_methods.find(({ type }: { type: string }) => type === 'razorpay_payment');
    const paid = (await this.shop.simulator.post('/_sim/razorpay/checkout', {
      order_id: method.config.order_id as string,
      method: 'upi',
      vpa: 'success@razorpay',
    })) as Record<string, string>;
    const { body: done } = await guide.confirm(body.checkout_id as string, {
      payment_token: {
        type: 'razorpay_payment',
        token: paid.razorpay_payment_id,
        order_id: paid.razorpay_order_id,
        signature: paid.razorpay_signature,
      },
      buyer: { email: this.email, name: this.say('payer') },
    });
    return { sessionId: body.checkout_id as string, orderId: done.order_id as string };
  }

  private purchase({ body }: Answer): Purchase {
    if (body.status !== 'completed') throw new Error(JSON.stringify(body));
    return { sessionId: body.id as string, orderId: body.order.id as string };
  }

  /** A parcel with a number, an event on its way, a credit and some of the money back. */
  async shipAndRefund({ orderId }: Purchase): Promise<void> {
    const desk = new OrderDesk(this.shop, orderId);
    const { say } = this;
    const parcel = await desk.fulfill(
      {
        carrier: 'UPS',
        tracking_number: say('tracking'),
        tracking_url: `https://track.example/${say('parcel')}`,
        description: say('parcel-words'),
        line_items: [{ id: await desk.line(), quantity: 1 }],
      },
      crypto.randomUUID(),
    );
    const event = { type: 'shipped', location: say('place'), description: say('event-words') };
    await desk.event(parcel.body.id as string, event, crypto.randomUUID());
    await desk.adjust(
      { type: 'credit', amount: 100, reason: say('credit'), description: say('credit-words') },
      crypto.randomUUID(),
    );
    const { status, body } = await desk.refund({ amount: 200, reason: say('refund') }, crypto.randomUUID());
    if (status !== 201) throw new Error(JSON.stringify(body));
  }

  async download({ orderId }: Purchase): Promise<void> {
    const desk = new OrderDesk(this.shop, orderId);
    const { status, body } = await desk.fulfill({
      type: 'digital',
      digital_delivery: {
        access_url: `https://files.example/${this.say('file')}`,
        license_key: this.say('license'),
      },
      line_items: [{ id: await desk.line(), quantity: 2 }],
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
  }

  cancel = ({ orderId }: Purchase, key: string = crypto.randomUUID()): ReturnType<typeof adminCall> =>
    adminCall(this.shop, `/admin/orders/${orderId}/cancel`, { body: { reason: this.say('cancel') }, key });

  /** What the provider knows of them: in events about this payment, and at first in some of types that we do not know. */
  async tellByProvider(payment: string, { again = false } = {}): Promise<void> {
    const stripe = new StripeWebhooks(this.shop.url);
    const about = stripe.event({ payment, email: this.say('receipt') });
    const unread = stripe.event({ payment, type: 'charge.updated', email: this.say('receipt') });
    const unknown = stripe.event({ type: 'customer.updated', email: this.email });
    for (const body of [about, ...(again ? [] : [unread, unknown])]) {
      const { status } = await stripe.send(body);
      if (status !== 200) throw new Error(`a webhook was answered ${status}`);
    }
  }
}

export interface Purchase {
  sessionId: string;
  orderId: string;
}

/** In how many rows of each table, keys of Redis and lines of the log a mark stands, ciphertexts opened. None are left out. */
export async function traces(shop: Shop, mark: string, redisUrl?: string): Promise<Record<string, number>> {
  const tables = await shop.db.query<{ name: string }>(
    `SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name AS name
     FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema !~ '^(pg_|information_schema)' ORDER BY 1`,
  );
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const rows = await shop.db.query<{ row: Record<string, unknown> }>(
      `SELECT to_jsonb(t) AS row FROM ${name} AS t`,
    );
    const texts = rows.map(({ row }) => JSON.stringify(opened(shop, row)));
    found[name] = texts.filter((text) => text.toLowerCase().includes(mark)).length;
  }
  if (redisUrl) found.redis = (await everythingIn(redisUrl)).filter((text) => text.includes(mark)).length;
  const log = await readFile(join(shop.env.DATA_DIR ?? '', 'webhooks.log'), 'utf8').catch(() => '');
  found['webhooks.log'] = log
    .toLowerCase()
    .split('\n')
    .filter((line) => line.includes(mark)).length;
  return Object.fromEntries(Object.entries(found).filter(([, count]) => count > 0));
}

/** What is encrypted is bound to the id of its row. */
function opened(shop: Shop, row: Record<string, unknown>): Record<string, unknown> {
  const box = shop.server.app.get(SecretBox, { strict: false });
  const open = (value: unknown): unknown =>
    box.isCiphertext(value) && typeof row.id === 'string' && !('namespace' in row)
      ? decrypted(value, row.id)
      : value;
  const decrypted = (value: string, id: string): unknown => {
    try {
      return box.decrypt(value, id);
    } catch {
      return value;
    }
  };
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, open(value)]));
}

async function everythingIn(url: string): Promise<string[]> {
  const redis = new Redis(url);
  const texts: string[] = [];
  for (const key of await redis.keys('*')) {
    const read = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, 0, -1),
      stream: () => redis.xrange(key, '-', '+'),
    }[await redis.type(key)];
    texts.push(`${key} ${JSON.stringify(await read?.())}`.toLowerCase());
  }
  redis.disconnect();
  return texts;
}
