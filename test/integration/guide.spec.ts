import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeysService } from '../../src/access/api-keys.service.js';
import { ChargingService } from '../../src/payments/charging.service.js';
import { type Answer, payWith } from '../support/agent.js';
import { Gate } from '../support/gate.js';
import { GuideAgent, indianAddress, usAddress } from '../support/guide-agent.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const usd = (amount: number): object => ({ amount, currency: 'USD' });
const inr = (amount: number): object => ({ amount, currency: 'INR' });

describe('the guide dialect', () => {
  let shop: Shop;
  let agent: GuideAgent;
  beforeAll(async () => {
    const timings = { attemptPollMs: 20, settingsCacheMs: 1, reconcileEveryMs: 3_600_000 };
    shop = await startShop({}, { timings });
    agent = new GuideAgent(shop.url);
  });
  afterAll(() => shop.close());
  afterEach(() => shop.simulator.clearFaults());

  const created = async (body: object = {}): Promise<string> => {
    const answer = await agent.create(body);
    expect(answer.status).toBe(201);
    return answer.body.checkout_id as string;
  };
  const setPrice = (itemId: string, amount: number): Promise<unknown> =>
    shop.db.query(`UPDATE item_price SET amount = $2 WHERE item_id = $1 AND currency = 'usd'`, [
      itemId,
      amount,
    ]);
  const setStock = (itemId: string, onHand: number): Promise<unknown> =>
    shop.db.query('UPDATE inventory SET on_hand = $2, reserved = 0 WHERE item_id = $1', [itemId, onHand]);
  const error = ({ status, body }: Answer): object => ({ status, ...body.error });

  describe('on create', () => {
    it('answers all that has to be read to the buyer', async () => {
      const items = [{ product_id: 'prod_trail_shoe', variant_id: 'item_trail_shoe_9', quantity: 2 }];
      const { status, body } = await agent.create({ items });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        checkout_id: expect.stringMatching(/^cs_/),
        status: 'pending_confirmation',
        items: [
          {
            product_id: 'prod_trail_shoe',
            variant_id: 'item_trail_shoe_9',
            name: 'Trail Shoe, size 9',
            quantity: 2,
            unit_price: usd(12900),
          },
        ],
        subtotal: usd(25800),
        shipping_options: [
          { id: 'ship_standard', name: 'Standard shipping', cost: usd(500) },
          { id: 'ship_express', name: 'Express shipping', cost: usd(1500) },
        ],
        selected_shipping: { id: 'ship_standard', cost: usd(500) },
        tax: usd(2129),
        total: usd(28429),
        payment_methods: [{ provider: 'stripe', type: 'card', config: { merchant_id: 'acct_sandbox' } }],
      });
      const days = (time: string): number => Math.round((Date.parse(time) - Date.now()) / 86_400_000);
      const { earliest, latest } = body.selected_shipping.delivery_estimate;
      expect([days(earliest), days(latest)]).toEqual([4, 6]);
      expect((Date.parse(body.expires_at) - Date.now()) / 60_000).toBeCloseTo(15, 0);
    });

    it.each([
      ['an item', { product_id: 'item_merino_tee' }],
      ['a product with one item', { product_id: 'prod_merino_tee' }],
      ['a product and its item', { product_id: 'prod_merino_tee', variant_id: 'item_merino_tee' }],
      ['an item twice', { product_id: 'item_merino_tee', variant_id: 'item_merino_tee' }],
      ['a list', { items: [{ product_id: 'prod_merino_tee' }] }],
    ])('understands %s', async (_, body) => {
      const answer = await agent.create(body);
      expect(answer.body.items).toMatchObject([
        { product_id: 'prod_merino_tee', variant_id: 'item_merino_tee', quantity: 1 },
      ]);
    });

    it('tells no tax and no shipping before it knows where to', async () => {
      const { body } = await agent.create({ shipping_address: undefined });
      expect(body).toMatchObject({
        shipping_options: [],
        selected_shipping: null,
        tax: null,
        total: usd(4500),
      });
    });

    it('prices in rupees for an address in India, in dollars elsewhere, and as it is told', async () => {
      const shipped = { shipping_address: indianAddress };
      const answers = await Promise.all([
        agent.create(shipped),
        agent.create(),
        agent.create({ currency: 'inr', shipping_address: undefined }),
        agent.create({ currency: 'usd', shipping_address: undefined }),
      ]);
      expect(answers.map(({ body }) => body.subtotal)).toEqual([
        inr(379900),
        usd(4500),
        inr(379900),
        usd(4500),
      ]);
      expect(answers[0]?.body).toMatchObject({ tax: inr(68382), total: inr(458182) });
    });

    it('refuses what is sold out with what else there is, and keeps nothing of it', async () => {
      const count = async (): Promise<unknown> => shop.db.query('SELECT count(*) FROM checkout_session');
      const before = await count();
      const answer = await agent.create({ product_id: 'prod_scarf' });
      expect(error(answer)).toEqual({
        status: 409,
        code: 'out_of_stock',
        message: 'Wool Scarf is out of stock.',
        retryable: false,
        alternatives: [{ id: 'item_merino_tee', name: 'Merino Tee', price: usd(4500) }],
      });
      expect(await count()).toEqual(before);
    });

    it('offers other variants of the product first, never what is in the cart or sold out', async () => {
      await setStock('item_trail_shoe_9', 0);
      const sizeNine = { product_id: 'item_trail_shoe_9' };
      const alone = await agent.create({ items: [sizeNine] });
      const both = await agent.create({ items: [sizeNine, { product_id: 'item_trail_shoe_10' }] });
      await setStock('item_trail_shoe_10', 0);
      const soldOut = await agent.create({ items: [sizeNine] });
      await setStock('item_trail_shoe_9', 25);
      await setStock('item_trail_shoe_10', 3);
      expect(alone.body.error.alternatives).toMatchObject([{ id: 'item_trail_shoe_10' }]);
      expect(both.body.error).not.toHaveProperty('alternatives');
      expect(soldOut.body.error).not.toHaveProperty('alternatives');
    });

    it('refuses more than there is as out of stock, and more than one may order as a mistake', async () => {
      const tooMany = await agent.create({ product_id: 'item_trail_shoe_10', quantity: 4 });
      expect(error(tooMany)).toMatchObject({ status: 409, code: 'out_of_stock' });
      expect(tooMany.body.error.message).toContain('At most 3');
      expect(error(await agent.create({ product_id: 'prod_enamel_mug', quantity: 11 }))).toMatchObject({
        status: 400,
        code: 'invalid_request',
        fields: ['quantity'],
      });
    });
  });

  describe('on update', () => {
    it('changes items, address and shipping, and leaves what is not named', async () => {
      const id = await created({ shipping_address: undefined });
      const addressed = await agent.update(id, { shipping_address: usAddress });
      const faster = await agent.update(id, { shipping_option_id: 'ship_express' });
      const more = await agent.update(id, { items: [{ product_id: 'prod_merino_tee', quantity: 2 }] });
      expect([addressed, faster, more].map(({ status, body }) => [status, body.total.amount])).toEqual([
        [200, 5371],
        [200, 6371],
        [200, 11243],
      ]);
      expect(more.body).toMatchObject({ checkout_id: id, selected_shipping: { id: 'ship_express' } });
    });

    it('refuses what cannot be, and changes nothing', async () => {
      const id = await created();
      const refused = await Promise.all([
        agent.update(id, { shipping_option_id: 'ship_rocket' }),
        agent.update(id, { items: [{ product_id: 'prod_scarf' }] }),
        agent.update(id, { shipping_address: { ...usAddress, country: 'JP', zip: '100-0001' } }),
        agent.update(id, { items: [] }),
      ]);
      expect(refused.map(error)).toMatchObject([
        { status: 400, code: 'invalid_request', fields: ['shipping_option_id'] },
        { status: 409, code: 'out_of_stock' },
        { status: 400, code: 'invalid_address', fields: ['country'] },
        { status: 400, code: 'invalid_request', fields: ['items'] },
      ]);
      expect((await agent.update(id, {})).body).toMatchObject({
        total: usd(5371),
        selected_shipping: { id: 'ship_standard' },
        items: [{ quantity: 1 }],
      });
    });

    it('needs no key and honours one', async () => {
      const id = await created();
      const key = randomUUID();
      const first = await agent.update(id, { shipping_option_id: 'ship_express' }, { key });
      const unkeyed = await agent.update(id, { shipping_option_id: 'ship_standard' });
      const again = await agent.update(id, { shipping_option_id: 'ship_express' }, { key });
      expect([unkeyed.status, unkeyed.headers.get('idempotent-replayed')]).toEqual([200, null]);
      expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
      const inBody = { idempotency_key: key, shipping_option_id: 'ship_express' };
      expect((await agent.update(id, inBody)).text).toBe(first.text);
    });
  });

  describe('on complete', () => {
    it('is confirmed once it is paid', async () => {
      const id = await created();
      const buyer = { email: 'ada@example.com', name: 'Ada Example' };
      const answer = await agent.confirm(id, { payment_token: 'tok_visa', buyer });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ checkout_id: id, status: 'confirmed', total: usd(5371) });
      expect(Object.keys(answer.body.estimated_delivery)).toEqual(['earliest', 'latest']);
      expect(answer.body.permalink_url).toMatch(new RegExp(`/orders/${answer.body.order_id}$`));
      expect(await shop.simulator.ledger(id)).toMatchObject([{ amount: 5371, currency: 'usd' }]);
      expect((await shop.agent.get(id)).body).toMatchObject({
        status: 'completed',
        buyer: { email: 'ada@example.com', full_name: 'Ada Example' },
        order: { id: answer.body.order_id },
      });
    });

    it('fails when the card is declined, and another card under a new key is charged once', async () => {
      const id = await created();
      for (const token of ['tok_chargeDeclined', 'tok_cvcCheckFail']) {
        const declined = await agent.complete(id, token);
        expect(error(declined)).toMatchObject({ status: 402, code: 'payment_declined', retryable: true });
        expect(declined.body.checkout).toMatchObject({ checkout_id: id, status: 'failed', total: usd(5371) });
      }
      expect((await agent.update(id, {})).body.status).toBe('pending_confirmation');
      expect((await agent.complete(id)).body.status).toBe('confirmed');
      expect(await shop.simulator.ledger(id)).toHaveLength(1);
    });

    it('says when a card may never be tried again', async () => {
      const declined = await agent.complete(await created(), 'tok_chargeDeclinedLostCard');
      expect(error(declined)).toMatchObject({ status: 402, code: 'payment_declined', retryable: false });
    });

    it('ends a demand for 3-D Secure as a payment that failed: stock back, open to another card', async () => {
      const id = await created({ product_id: 'prod_lantern' });
      const demanded = await agent.complete(id, 'tok_threeDSecure2Required');
      expect(error(demanded)).toMatchObject({
        status: 402,
        code: 'authentication_required',
        retryable: true,
      });
      expect(demanded.body.checkout.status).toBe('failed');
      const [lantern] = await shop.db.query(
        `SELECT reserved FROM inventory WHERE item_id = 'item_last_lantern'`,
      );
      expect(lantern).toEqual({ reserved: 0 });
      expect((await agent.complete(id)).body.status).toBe('confirmed');
      await setStock('item_last_lantern', 1);
    });

    it('charges nothing when the price has changed, until the new total is confirmed', async () => {
      const id = await created({ product_id: 'prod_enamel_mug' });
      await setPrice('item_enamel_mug', 1900);
      const key = randomUUID();
      const changed = await agent.complete(id, 'tok_visa', { key });
      const replayed = await agent.complete(id, 'tok_visa', { key });
      const confirmed = await agent.complete(id);
      await setPrice('item_enamel_mug', 1800);
      expect(error(changed)).toMatchObject({ status: 409, code: 'price_changed', retryable: true });
      expect(changed.body.checkout).toMatchObject({
        checkout_id: id,
        status: 'pending_confirmation',
        items: [{ unit_price: usd(1900) }],
        total: usd(2557),
      });
      expect(replayed.text).toBe(changed.text);
      expect(confirmed.body).toMatchObject({ status: 'confirmed', total: usd(2557) });
      expect(await shop.simulator.ledger(id)).toMatchObject([{ amount: 2557 }]);
    });

    it('says with an update that the shop has changed a price, once', async () => {
      const id = await created({ product_id: 'prod_enamel_mug' });
      expect((await agent.update(id, {})).body).not.toHaveProperty('notice');
      await setPrice('item_enamel_mug', 1900);
      const { status, body } = await agent.update(id, {});
      const again = await agent.update(id, {});
      await setPrice('item_enamel_mug', 1800);
      expect([status, body]).toEqual([
        200,
        expect.objectContaining({
          total: usd(2557),
          notice: { code: 'price_changed', message: expect.stringContaining('the new total') },
        }),
      ]);
      expect([again.body.total, again.body.notice]).toEqual([body.total, undefined]);
      // What the agent asks for itself is no news to it.
      const more = await agent.update(id, { items: [{ product_id: 'item_merino_tee', quantity: 2 }] });
      expect(more.body).not.toHaveProperty('notice');
    });

    it('takes the shipping option that was read, and asks again for another one', async () => {
      const id = await created();
      const pay = (shipping_option_id: string): Promise<Answer> =>
        agent.confirm(id, { payment_token: 'tok_visa', shipping_option_id });
      expect(error(await pay('ship_rocket'))).toMatchObject({ status: 400, fields: ['shipping_option_id'] });
      const changed = await pay('ship_express');
      expect(error(changed)).toMatchObject({ status: 409, code: 'price_changed' });
      expect(changed.body.checkout).toMatchObject({
        selected_shipping: { id: 'ship_express' },
        total: usd(6371),
      });
      expect(await shop.simulator.ledger(id)).toEqual([]);
      expect((await pay('ship_express')).body).toMatchObject({ status: 'confirmed', total: usd(6371) });
    });

    it('names what is missing', async () => {
      const id = await created({ shipping_address: undefined });
      expect(error(await agent.complete(id))).toMatchObject({
        status: 409,
        code: 'not_ready',
        retryable: true,
        fields: ['shipping_address'],
      });
      await agent.update(id, { shipping_address: usAddress });
      expect(error(await agent.confirm(id, {}))).toMatchObject({ status: 400, fields: ['payment_token'] });
      expect((await agent.complete(id)).body.status).toBe('confirmed');
    });

    it('checks the stock again, and sells once there is some', async () => {
      const id = await created({ product_id: 'prod_lantern' });
      await setStock('item_last_lantern', 0);
      const key = randomUUID();
      const gone = await agent.complete(id, 'tok_visa', { key });
      const replayed = await agent.complete(id, 'tok_visa', { key });
      await setStock('item_last_lantern', 1);
      expect(error(gone)).toMatchObject({
        status: 409,
        code: 'out_of_stock',
        alternatives: [{ id: 'item_enamel_mug', name: 'Enamel Mug', price: usd(1800) }],
      });
      expect(replayed.text).toBe(gone.text);
      expect((await agent.complete(id)).body.status).toBe('confirmed');
      await setStock('item_last_lantern', 1);
    });

    it('needs no payment for what costs nothing', async () => {
      await setPrice('item_field_guide', 0);
      const id = await created({ product_id: 'prod_field_guide', shipping_address: undefined });
      const answer = await agent.confirm(id, { buyer: { email: 'ada@example.com' } });
      await setPrice('item_field_guide', 900);
      expect(answer.body).toMatchObject({ status: 'confirmed', total: usd(0), estimated_delivery: null });
    });

    it('is final once it is confirmed, canceled or expired; what has expired is created again', async () => {
      const [confirmed, canceled, expired] = [await created(), await created(), await created()];
      await agent.complete(confirmed);
      await shop.agent.cancel(canceled);
      await shop.db.query(`UPDATE checkout_session SET expires_at = now() WHERE id = $1`, [expired]);
      for (const act of [(id: string) => agent.complete(id), (id: string) => agent.update(id, {})]) {
        expect(error(await act(confirmed))).toMatchObject({
          status: 409,
          code: 'already_confirmed',
          retryable: false,
        });
        expect(error(await act(canceled))).toMatchObject({
          status: 409,
          code: 'checkout_canceled',
          retryable: false,
        });
        expect(error(await act(expired))).toMatchObject({
          status: 410,
          code: 'checkout_expired',
          retryable: true,
        });
      }
      expect((await agent.complete(await created())).body.status).toBe('confirmed');
      expect(await shop.simulator.ledger(confirmed)).toHaveLength(1);
    });

    it('says that a payment is under way, and the same key gives its result', async () => {
      const id = await created();
      const key = randomUUID();
      const pending = await agent.complete(id, 'tok_simProcessing', { key });
      expect(error(pending)).toMatchObject({ status: 409, code: 'completion_in_progress', retryable: true });
      expect(pending.headers.get('retry-after')).toMatch(/^\d+$/);
      const still = await agent.complete(id, 'tok_simProcessing', { key });
      expect([still.status, still.headers.get('idempotent-replayed')]).toEqual([409, null]);
      expect(error(await agent.complete(id))).toMatchObject({ status: 409, code: 'completion_in_progress' });
      const [attempt] = await shop.db.query<{ reference: string }>(
        'SELECT reference FROM payment_attempt WHERE subject_id = $1',
        [id],
      );
      await shop.simulator.post(`/_sim/payment_intents/${attempt?.reference}/succeed`, {});
      const result = await agent.complete(id, 'tok_simProcessing', { key });
      expect(result.body).toMatchObject({ checkout_id: id, status: 'confirmed' });
      expect((await agent.complete(id, 'tok_simProcessing', { key })).text).toBe(result.text);
    });

    it('does not know what became of a payment while the provider is away; the same key tells later', async () => {
      const id = await created();
      const key = randomUUID();
      await shop.simulator.inject({
        match: { provider: 'stripe', times: 1000 },
        action: 'status',
        status: 503,
      });
      const unknown = await agent.complete(id, 'tok_visa', { key });
      expect(error(unknown)).toMatchObject({ status: 503, code: 'service_unavailable', retryable: true });
      expect(unknown.headers.get('retry-after')).toMatch(/^\d+$/);
      await shop.simulator.clearFaults();
      const result = await until(
        () => agent.complete(id, 'tok_visa', { key }),
        ({ status }) => status !== 503,
      );
      expect(result.body).toMatchObject({ checkout_id: id, status: 'confirmed' });
      expect(await shop.simulator.ledger(id)).toHaveLength(1);
    });

    it('refuses a token that is not one, and another provider than is offered', async () => {
      const id = await created();
      expect(error(await agent.complete(id, 'tok_nonsense'))).toMatchObject({
        status: 400,
        code: 'invalid_request',
        fields: ['payment_token'],
      });
      const elsewhere = { payment_token: 'tok_visa', payment_provider: 'adyen' };
      expect(error(await agent.confirm(id, elsewhere))).toMatchObject({
        status: 400,
        code: 'invalid_request',
        fields: ['payment_provider'],
      });
    });

    it('takes a payment that the buyer made on Razorpay, once', async () => {
      const { body } = await agent.create({ shipping_address: indianAddress });
      const method = body.payment_methods.find(({ type }: { type: string }) => type === 'razorpay_payment');
      expect(method).toMatchObject({ provider: 'razorpay' });
      const paid = (await shop.simulator.post('/_sim/razorpay/checkout', {
        order_id: method.config.order_id,
        method: 'upi',
        vpa: 'success@razorpay',
      })) as Record<string, string>;
      const token = {
        type: 'razorpay_payment',
        token: paid.razorpay_payment_id,
        order_id: paid.razorpay_order_id,
        signature: paid.razorpay_signature,
      };
      const forged = await agent.complete(body.checkout_id, { ...token, signature: '0'.repeat(64) });
      expect(error(forged)).toMatchObject({ status: 400, fields: ['payment_token.signature'] });
      const confirmed = await agent.complete(body.checkout_id, token);
      expect(confirmed.body).toMatchObject({ status: 'confirmed', total: inr(458182) });
      const captures = (await shop.simulator.ledger(body.checkout_id as string)).map(({ amount }) => amount);
      expect(captures).toEqual([458182]);
    });

    it('charges a saved token of Razorpay', async () => {
      const id = await created({ shipping_address: indianAddress });
      const token = (name: string): object => ({
        type: 'razorpay_token',
        token: name,
        customer_id: 'cust_sim',
      });
      expect(error(await agent.complete(id, token('token_simDeclined')))).toMatchObject({ status: 402 });
      expect((await agent.complete(id, token('token_simSuccess'))).body.status).toBe('confirmed');
    });
  });

  describe('as the other wire of the same shop', () => {
    it('shows no agent the checkout of another', async () => {
      const { key } = await shop.server.app
        .get(ApiKeysService)
        .create({ name: 'rival', scopes: ['agent'], actor: 'test' });
      const rival = new GuideAgent(shop.url, key);
      const id = await created();
      const refused = [await rival.update(id, {}), await rival.complete(id)];
      const withOption = { payment_token: 'tok_visa', shipping_option_id: 'ship_express' };
      for (const answer of [...refused, await rival.confirm(id, withOption)])
        expect(error(answer)).toMatchObject({ status: 404, code: 'not_found', retryable: false });
    });

    it('goes on where the protocol left a checkout, and the other way round', async () => {
      const { body: session } = await shop.agent.create();
      expect((await agent.update(session.id, { shipping_option_id: 'ship_express' })).body).toMatchObject({
        checkout_id: session.id,
        total: usd(6371),
      });
      expect((await shop.agent.complete(session.id)).body.status).toBe('completed');
      const id = await created();
      const authenticating = await shop.agent.complete(id, payWith('tok_threeDSecure2Required'));
      expect(authenticating.body.status).toBe('authentication_required');
      expect(error(await agent.complete(id))).toMatchObject({
        status: 402,
        code: 'authentication_required',
        retryable: false,
      });
    });
  });

  describe('with an idempotency key', () => {
    it('in the header or in the body answers a repeated request byte for byte', async () => {
      const key = randomUUID();
      const first = await agent.create({ idempotency_key: key }, { key: null });
      const again = await agent.create({ idempotency_key: key }, { key: null });
      const byHeader = await agent.create({}, { key });
      const headerWins = await agent.create({ idempotency_key: randomUUID() }, { key });
      expect(first.status).toBe(201);
      for (const repeated of [again, byHeader, headerWins]) {
        expect(repeated.text).toBe(first.text);
        expect(repeated.headers.get('idempotent-replayed')).toBe('true');
      }
    });

    it('repeats refusals byte for byte too', async () => {
      const id = await created();
      const declined = { payment_token: 'tok_chargeDeclined', idempotency_key: randomUUID() };
      const unclear = { product_id: 'prod_trail_shoe', idempotency_key: randomUUID() };
      for (const send of [
        () => agent.confirm(id, declined, { key: null }),
        () => agent.create(unclear, { key: null }),
      ]) {
        const first = await send();
        const again = await send();
        expect(first.status).toBeGreaterThanOrEqual(400);
        expect([again.status, again.text]).toEqual([first.status, first.text]);
        expect(again.headers.get('idempotent-replayed')).toBe('true');
        expect(again.headers.get('allow')).toBeNull();
      }
    });

    it('refuses another body under the same key', async () => {
      const idempotency_key = randomUUID();
      await agent.create({ idempotency_key }, { key: null });
      const other = await agent.create({ idempotency_key, quantity: 2 }, { key: null });
      expect(error(other)).toMatchObject({ status: 422, code: 'idempotency_conflict', retryable: false });
    });

    it('that is missing on create and complete is refused', async () => {
      const id = await created();
      const pay = { payment_token: 'tok_visa' };
      const refused = [
        await agent.create({}, { key: null }),
        await agent.create({ idempotency_key: '' }, { key: null }),
        await agent.confirm(id, pay, { key: null }),
      ];
      for (const answer of refused)
        expect(error(answer)).toMatchObject({
          status: 400,
          code: 'idempotency_key_required',
          fields: ['idempotency_key'],
        });
    });

    it('charges once, however many send it at once; those who are early are told to wait', async () => {
      const id = await created();
      const body = { payment_token: 'tok_visa', idempotency_key: randomUUID() };
      const charging = Gate.before(shop.server.app.get(ChargingService), 'act');
      let answered = 0;
      const sent = [1, 2, 3, 4].map(() =>
        agent.confirm(id, body, { key: null }).finally(() => (answered += 1)),
      );
      await until(
        () => Promise.resolve(answered),
        (count) => count === 3,
      );
      charging.open();
      const answers = await Promise.all(sent);
      const early = answers.filter(({ status }) => status === 409);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(early).toHaveLength(3);
      for (const answer of early) {
        expect(error(answer)).toMatchObject({ code: 'idempotency_in_flight', retryable: true });
        expect(answer.headers.get('retry-after')).toBe('1');
      }
      expect(await shop.simulator.ledger(id)).toHaveLength(1);
    });
  });
});
