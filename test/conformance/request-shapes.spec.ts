import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, caAddress, payWith, total } from '../support/agent.js';
import { startShop, type Shop } from '../support/shop.js';

const shoe = 'item_trail_shoe_9';
const tee = 'item_merino_tee';
const mug = 'item_enamel_mug';
const guide = 'item_field_guide';
const indianAddress = { ...caAddress, city: 'Pune', state: 'MH', country: 'IN', postal_code: '411001' };

const refusal = ({ status, body: { code, param } }: Answer): object => ({ status, code, param });
const refused = (code: string, param: string): object => ({ status: 400, code, param });
const quantities = ({ body }: Answer): object =>
  Object.fromEntries(
    body.line_items.map((line: { item: { id: string }; quantity: number }) => [line.item.id, line.quantity]),
  );
const optionIds = ({ body }: Answer): string[] =>
  body.fulfillment_options.map(({ id }: { id: string }) => id);
const selectedIds = ({ body }: Answer): string[] =>
  body.selected_fulfillment_options.map(({ option_id }: { option_id: string }) => option_id);
const messages = ({ body }: Answer): object[] =>
  body.messages.map(({ type, code, param }: Record<string, string>) => ({ type, code, param }));

describe('the shapes of requests', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  const create = (body: object = {}): Promise<Answer> => shop.agent.create(body);
  const createdId = async (body: object = {}): Promise<string> => (await create(body)).body.id as string;

  describe('quantities', () => {
    const shapes: [string, object[], object][] = [
      ['an id alone', [{ id: tee }], { [tee]: 1 }],
      ['an id and a quantity', [{ id: tee, quantity: 3 }], { [tee]: 3 }],
      ['an item', [{ item: { id: tee } }], { [tee]: 1 }],
      ['an item and a quantity', [{ item: { id: tee }, quantity: 3 }], { [tee]: 3 }],
      [
        'an echoed line',
        [{ id: 'li_1', item: { id: tee, name: 'Tee', unit_amount: 1 }, quantity: 3 }],
        { [tee]: 3 },
      ],
      ['an item with the quantity inside', [{ item: { id: tee, quantity: 3 } }], { [tee]: 3 }],
      ['a quantity outside and inside', [{ item: { id: tee, quantity: 3 }, quantity: 2 }], { [tee]: 2 }],
      ['several items', [{ id: tee }, { item: { id: mug }, quantity: 2 }], { [tee]: 1, [mug]: 2 }],
      ['an item twice', [{ id: tee }, { id: mug }, { id: tee, quantity: 4 }], { [tee]: 5, [mug]: 1 }],
      ['a price of its own', [{ id: tee, name: 'Cheap tee', unit_amount: 1 }], { [tee]: 1 }],
    ];

    it.each(shapes)('are read from %s, on create and on update', async (_, line_items, expected) => {
      const created = await create({ line_items });
      expect(created.status).toBe(201);
      expect(quantities(created)).toEqual(expected);
      const updated = await shop.agent.update(await createdId(), { line_items });
      expect(updated.status).toBe(200);
      expect(quantities(updated)).toEqual(expected);
      expect(total(updated.body)).toBe(total(created.body));
    });

    it("never take the agent's word for a price", async () => {
      const { body } = await create({ line_items: [{ id: tee, name: 'Gift', unit_amount: 1 }] });
      expect(body.line_items[0]).toMatchObject({ name: 'Merino Tee', unit_amount: 4500 });
    });

    it('are whole numbers, however they are written', async () => {
      const answer = await shop.agent.send(
        'POST',
        '/checkout_sessions',
        `{"currency":"usd","capabilities":{},"line_items":[{"id":"${tee}","quantity":2.0}]}`,
      );
      expect(quantities(answer)).toEqual({ [tee]: 2 });
    });

    it.each([0, -1, 1.5, '1', true, [], {}, 1_000_001, 9_007_199_254_740_991])(
      'cannot be %j',
      async (quantity) => {
        const id = await createdId();
        const before = await shop.agent.get(id);
        const wrong = refused('invalid', '$.line_items[1].quantity');
        const line_items = [{ id: mug }, { id: tee, quantity }];
        expect(refusal(await create({ line_items }))).toEqual(wrong);
        expect(refusal(await shop.agent.update(id, { line_items }))).toEqual(wrong);
        expect((await shop.agent.get(id)).text).toBe(before.text);
      },
    );

    it('cannot be too many in sum', async () => {
      const line_items = [{ id: tee, quantity: 600_000 }, { id: mug }, { id: tee, quantity: 600_000 }];
      expect(refusal(await create({ line_items }))).toEqual(refused('invalid', '$.line_items[2].quantity'));
    });

    it('keep the id of a line as long as its item is in the cart', async () => {
      const created = await create({ line_items: [{ id: tee }, { id: mug }] });
      const updated = await shop.agent.update(created.body.id, {
        line_items: [{ id: mug, quantity: 2 }, { id: shoe }],
      });
      expect(updated.body.line_items[0].id).toBe(created.body.line_items[1].id);
      expect(updated.body.line_items[1].id).not.toBe(created.body.line_items[0].id);
    });
  });

  describe('`items`', () => {
    it('is another name of `line_items`, with the currency and capabilities left out', async () => {
      const { status, body } = await shop.agent.post('/checkout_sessions', {
        items: [{ id: tee, quantity: 2 }],
      });
      expect(status).toBe(201);
      expect(body).toMatchObject({ currency: 'usd', line_items: [{ item: { id: tee }, quantity: 2 }] });
    });

    it('replaces the lines on update', async () => {
      const updated = await shop.agent.update(await createdId(), { items: [{ id: mug }] });
      expect(quantities(updated)).toEqual({ [mug]: 1 });
    });

    it('gives way to `line_items`, which are checked all the same', async () => {
      expect(quantities(await create({ items: [{ id: mug }], line_items: [{ id: tee }] }))).toEqual({
        [tee]: 1,
      });
      const wrong = await create({ items: [{ id: mug }], line_items: [{ id: tee, quantity: -1 }] });
      expect(refusal(wrong)).toEqual(refused('invalid', '$.line_items[0].quantity'));
      expect(refusal(await create({ items: [{ id: mug }], line_items: 'all' }))).toEqual(
        refused('invalid_type', '$.line_items'),
      );
    });

    it('does not excuse a missing `line_items` when it is null', async () => {
      const answer = await shop.agent.post('/checkout_sessions', { items: null });
      expect(refusal(answer)).toEqual(refused('missing', '$.line_items'));
    });
  });

  describe('create', () => {
    it.each(['line_items', 'currency', 'capabilities'])('wants %s', async (member) => {
      expect(refusal(await create({ [member]: undefined }))).toEqual(refused('missing', `$.${member}`));
    });

    it('wants at least one line', async () => {
      expect((await create({ line_items: [] })).body).toMatchObject({ param: '$.line_items' });
      expect((await create({ line_items: [] })).status).toBe(400);
    });

    it('wants an id on every line', async () => {
      expect(refusal(await create({ line_items: [{ id: tee }, { quantity: 2 }] }))).toEqual(
        refused('missing', '$.line_items[1].id'),
      );
    });

    it('refuses an unknown item', async () => {
      const line_items = [{ id: tee }, { id: 'item_unknown' }];
      expect(refusal(await create({ line_items }))).toEqual(refused('invalid_item_id', '$.line_items[1].id'));
      expect(refusal(await shop.agent.update(await createdId(), { line_items }))).toEqual(
        refused('invalid_item_id', '$.line_items[1].id'),
      );
    });

    it('points at an unknown item where the request has it, whatever was merged before it', async () => {
      const line_items = [{ id: tee }, { id: tee }, { id: 'item_unknown' }];
      expect(refusal(await create({ line_items }))).toEqual(refused('invalid_item_id', '$.line_items[2].id'));
    });

    it.each(['eur', 'EUR', 'xxx'])(
      'refuses the currency %s, which the shop does not take',
      async (currency) => {
        expect(refusal(await create({ currency }))).toEqual(refused('unsupported_currency', '$.currency'));
      },
    );

    it('refuses what is no currency', async () => {
      expect(refusal(await create({ currency: 'dollars' }))).toEqual(refused('invalid', '$.currency'));
      expect(refusal(await create({ currency: 840 }))).toEqual(refused('invalid_type', '$.currency'));
    });

    it('takes a currency in any case and shows it in lower case', async () => {
      expect((await create({ currency: 'USD' })).body.currency).toBe('usd');
    });

    it('shows the buyer, locale, time zone, quote and metadata as they came', async () => {
      const shown = {
        buyer: {
          email: 'ada@example.com',
          first_name: 'Ada',
          last_name: 'Example',
          full_name: 'Ada Example',
          phone_number: '+14155550100',
          customer_id: 'c1',
          account_type: 'business',
          authentication_status: 'authenticated',
          company: { name: 'Example Inc.', tax_id: '1', department: 'R&D', cost_center: '7' },
          loyalty: { tier: 'gold', points_balance: 7, member_since: '2020-02-29T12:00:00Z' },
          tax_exemption: {
            certificate_id: 'x',
            certificate_type: 'resale',
            exempt_regions: ['CA'],
            expires_at: '2030-01-01T00:00:00+01:00',
          },
        },
        locale: 'en-US',
        timezone: 'America/Los_Angeles',
        quote_id: 'quote_1',
        metadata: { nested: { list: [1, 'two', null, { three: false }] } },
      };
      const created = await create(shown);
      expect(created.body).toMatchObject(shown);
      expect((await shop.agent.get(created.body.id)).body).toMatchObject(shown);
    });

    it('shows nothing of what is for the merchant alone', async () => {
      const id = await createdId({
        affiliate_attribution: { provider: 'net', token: 'secret-token' },
        order_notes: 'ring twice',
      });
      await shop.agent.update(id, { order_notes: 'ring thrice' });
      const { text } = await shop.agent.get(id);
      expect(text).not.toContain('secret-token');
      expect(text).not.toContain('order_notes');
    });

    it('ignores members that it does not know, at any depth', async () => {
      const unknown = { unknown: { deep: [1] }, fulfillment_groups: [], metadata_2: null };
      const { status, text } = await create({
        ...unknown,
        line_items: [{ id: tee, ...unknown }],
        buyer: { email: 'ada@example.com', ...unknown },
        fulfillment_details: { ...unknown, address: { ...caAddress, ...unknown } },
        capabilities: { ...unknown, interventions: { supported: ['3ds'], ...unknown } },
      });
      expect(status).toBe(201);
      expect(text).not.toContain('deep');
    });

    it.each([
      'ada',
      'ada@',
      '@example.com',
      'ada example@example.com',
      'ädá@example.com',
      '"a b"@example.com',
      'ada@exämple.com',
    ])('refuses the address %s, which the protocol could not show as an email', async (email) => {
      expect(refusal(await create({ buyer: { email } }))).toEqual(refused('invalid', '$.buyer.email'));
      expect(refusal(await create({ fulfillment_details: { email } }))).toEqual(
        refused('invalid', '$.fulfillment_details.email'),
      );
    });

    it.each([7, true, [], {}])(
      'tells a wrong type from a wrong value: %j is no email at all',
      async (email) => {
        expect(refusal(await create({ buyer: { email } }))).toEqual(refused('invalid_type', '$.buyer.email'));
      },
    );

    it.each(['yesterday', '2020-02-30T00:00:00Z', '2020-02-01', '2020-02-01T25:00:00Z'])(
      'refuses the time %s, which the protocol could not show',
      async (time) => {
        const loyalty = { member_since: time };
        expect(refusal(await create({ buyer: { email: 'ada@example.com', loyalty } }))).toEqual(
          refused('invalid', '$.buyer.loyalty.member_since'),
        );
      },
    );

    it('leaves out what is null inside the buyer: the protocol has no nulls to show', async () => {
      const { body } = await create({
        buyer: {
          email: 'ada@example.com',
          first_name: null,
          company: { name: 'Example Inc.', tax_id: null },
          loyalty: null,
        },
      });
      expect(body.buyer).toEqual({ email: 'ada@example.com', company: { name: 'Example Inc.' } });
    });
  });

  describe('stock', () => {
    it('sells nothing that is sold out, and says so in a session', async () => {
      const answer = await create({ line_items: [{ id: tee }, { id: 'item_sold_out_scarf' }] });
      expect(answer.status).toBe(201);
      expect(answer.body.status).toBe('not_ready_for_payment');
      expect(messages(answer)).toEqual([{ type: 'error', code: 'out_of_stock', param: '$.line_items[1]' }]);
      expect(answer.body.line_items[1]).toMatchObject({
        quantity: 1,
        availability_status: 'out_of_stock',
        available_quantity: 0,
      });
    });

    it.each([
      ['on the shelf', { id: 'item_trail_shoe_10', quantity: 4 }],
      ['allowed in one order', { id: mug, quantity: 11 }],
    ])('sells no more than are %s, and changes no quantity by itself', async (_, line) => {
      const answer = await create({ line_items: [line] });
      expect(answer.status).toBe(201);
      expect(answer.body.status).toBe('not_ready_for_payment');
      expect(messages(answer)).toEqual([
        { type: 'error', code: 'quantity_exceeded', param: '$.line_items[0]' },
      ]);
      expect(quantities(answer)).toEqual({ [line.id]: line.quantity });
      const mended = await shop.agent.update(answer.body.id, {
        line_items: [{ ...line, quantity: line.quantity - 1 }],
      });
      expect(mended.body).toMatchObject({ status: 'ready_for_payment', messages: [] });
    });

    it('tells when little is left', async () => {
      const { body } = await create({ line_items: [{ id: 'item_trail_shoe_10' }] });
      expect(body.line_items[0]).toMatchObject({ availability_status: 'low_stock', available_quantity: 3 });
    });
  });

  describe('fulfillment options', () => {
    it('are offered once there is an address, the cheapest of them selected', async () => {
      const created = await create({ fulfillment_details: undefined });
      expect(created.status).toBe(201);
      expect(created.body).toMatchObject({ status: 'not_ready_for_payment', fulfillment_options: [] });
      expect(messages(created)).toEqual([
        { type: 'error', code: 'missing', param: '$.fulfillment_details.address' },
      ]);
      const updated = await shop.agent.update(created.body.id, {
        fulfillment_details: { address: caAddress },
      });
      expect(updated.body).toMatchObject({ status: 'ready_for_payment', messages: [] });
      expect(optionIds(updated)).toEqual(['ship_standard', 'ship_express']);
      expect(updated.body.selected_fulfillment_options).toEqual([
        { type: 'shipping', option_id: 'ship_standard', item_ids: [tee] },
      ]);
    });

    it.each(['items', 'lines', 'nothing'])('are selected for ids of %s', async (by) => {
      const { body } = await create();
      const item_ids = { items: [tee], lines: [body.line_items[0].id], nothing: undefined }[by];
      for (const type of ['shipping', undefined]) {
        const answer = await shop.agent.update(body.id, {
          selected_fulfillment_options: [{ type, option_id: 'ship_express', item_ids }],
        });
        expect(answer.body.selected_fulfillment_options).toEqual([
          { type: 'shipping', option_id: 'ship_express', item_ids: [tee] },
        ]);
        expect(total(answer.body, 'fulfillment')).toBe(1500);
      }
    });

    it.each([
      ['that is not offered', { option_id: 'ship_teleport' }],
      ['of another country', { option_id: 'ship_international' }],
      ['for an item that is not in the cart', { option_id: 'ship_express', item_ids: [mug] }],
    ])('cannot be one %s, which keeps the session from being paid', async (_, option) => {
      const answer = await shop.agent.update(await createdId(), { selected_fulfillment_options: [option] });
      expect(answer.status).toBe(200);
      expect(answer.body.status).toBe('not_ready_for_payment');
      expect(messages(answer)).toEqual([
        { type: 'error', code: 'invalid', param: '$.selected_fulfillment_options[0]' },
      ]);
    });

    it('stay as chosen while other things change, and fall back to the cheapest when they are gone', async () => {
      const id = await createdId();
      await shop.agent.update(id, { selected_fulfillment_options: [{ option_id: 'ship_express' }] });
      expect(selectedIds(await shop.agent.update(id, { line_items: [{ id: mug }] }))).toEqual([
        'ship_express',
      ]);
      const abroad = await shop.agent.update(id, {
        fulfillment_details: { address: { ...caAddress, country: 'CA', state: 'BC' } },
      });
      expect(selectedIds(abroad)).toEqual(['ship_international']);
      expect(abroad.body.status).toBe('ready_for_payment');
    });

    it('need no address for what is downloaded', async () => {
      const created = await create({ line_items: [{ id: guide }], fulfillment_details: undefined });
      expect(created.body).toMatchObject({ status: 'ready_for_payment', messages: [] });
      expect(optionIds(created)).toEqual(['digital_download']);
      expect(total(created.body)).toBe(900);
      expect((await shop.agent.complete(created.body.id)).body.status).toBe('completed');
    });

    it('are one for what is shipped and one for what is downloaded', async () => {
      const answer = await create({ line_items: [{ id: guide }, { id: tee }] });
      expect(optionIds(answer)).toEqual(['ship_standard', 'ship_express', 'digital_download']);
      expect(answer.body.selected_fulfillment_options).toEqual([
        { type: 'shipping', option_id: 'ship_standard', item_ids: [tee] },
        { type: 'digital', option_id: 'digital_download', item_ids: [guide] },
      ]);
      expect(answer.body.status).toBe('ready_for_payment');
    });

    it.each([
      ['a country that is not served', { country: 'JP' }, 'usd'],
      ['a country that does not exist', { country: 'ZZ' }, 'usd'],
      ['a country served in another currency only', { country: 'IN', state: 'MH' }, 'usd'],
      ['the home country in a foreign currency', {}, 'inr'],
    ])('do not lead to %s', async (_, place, currency) => {
      const answer = await create({ currency, fulfillment_details: { address: { ...caAddress, ...place } } });
      expect(answer.status).toBe(201);
      expect(answer.body.status).toBe('not_ready_for_payment');
      expect(messages(answer)).toContainEqual({
        type: 'error',
        code: 'region_restricted',
        param: '$.fulfillment_details.address.country',
      });
    });

    it.each(['CA', 'US-CA', 'ca', 'us-ca'])('and taxes know the state %s', async (state) => {
      const answer = await create({ fulfillment_details: { address: { ...caAddress, state } } });
      expect(total(answer.body, 'tax')).toBe(371);
      expect(answer.body.fulfillment_details.address.state).toBe(state);
    });

    it('take the country in lower case', async () => {
      const answer = await create({ fulfillment_details: { address: { ...caAddress, country: 'us' } } });
      expect(answer.body.fulfillment_details.address.country).toBe('US');
      expect(answer.body.status).toBe('ready_for_payment');
    });

    it.each(['name', 'line_one', 'city', 'state', 'country', 'postal_code'])(
      'want an address with its %s',
      async (member) => {
        const address = { ...caAddress, [member]: undefined };
        expect(refusal(await create({ fulfillment_details: { address } }))).toEqual(
          refused('missing', `$.fulfillment_details.address.${member}`),
        );
      },
    );
  });

  describe('absent and null', () => {
    const full = {
      line_items: [{ id: mug, quantity: 2 }],
      buyer: {
        email: 'ada@example.com',
        first_name: 'Ada',
        full_name: 'Ada Example',
        phone_number: '+1',
        company: { name: 'X', tax_id: '1' },
      },
      fulfillment_details: { name: 'Ada', phone_number: '+1', email: 'ada@example.com', address: caAddress },
      discounts: { codes: ['NOPE'] },
      order_notes: 'ring twice',
    };

    it('leave everything as it is when nothing is said', async () => {
      const created = await create(full);
      const { body } = await shop.agent.update(created.body.id, {});
      // Delivery is counted from now on.
      const { updated_at, fulfillment_options } = body;
      expect(body).toEqual({ ...created.body, updated_at, fulfillment_options });
    });

    it('clear a member that is null', async () => {
      const id = await createdId(full);
      const notes = async (): Promise<unknown> =>
        (
          await shop.db.query("SELECT content->'orderNotes' AS notes FROM checkout_session WHERE id = $1", [
            id,
          ])
        )[0]?.notes;
      expect(await notes()).toBe('ring twice');
      await shop.agent.update(id, { selected_fulfillment_options: [{ option_id: 'ship_express' }] });
      const { body } = await shop.agent.update(id, {
        buyer: null,
        discounts: null,
        selected_fulfillment_options: null,
        order_notes: null,
      });
      expect(body).not.toHaveProperty('buyer');
      expect(body).not.toHaveProperty('discounts');
      expect(selectedIds({ body } as Answer)).toEqual(['ship_standard']);
      expect(await notes()).toBeNull();
      const cleared = await shop.agent.update(id, { fulfillment_details: null });
      expect(cleared.body).not.toHaveProperty('fulfillment_details');
      expect(cleared.body.status).toBe('not_ready_for_payment');
    });

    it('merge the buyer', async () => {
      const id = await createdId(full);
      const { body } = await shop.agent.update(id, { buyer: { last_name: 'Example', full_name: null } });
      const { full_name: _, ...kept } = full.buyer;
      expect(body.buyer).toEqual({ ...kept, last_name: 'Example' });
    });

    it('take older names of the buyer', async () => {
      const { body } = await create({
        buyer: { email: 'ada@example.com', name: 'Ada Example', phone: '+1' },
      });
      expect(body.buyer).toEqual({ email: 'ada@example.com', full_name: 'Ada Example', phone_number: '+1' });
    });

    it('refuse a buyer without an email, once it is cleared too', async () => {
      expect(refusal(await create({ buyer: { first_name: 'Ada' } }))).toEqual(
        refused('missing', '$.buyer.email'),
      );
      const id = await createdId(full);
      expect(refusal(await shop.agent.update(id, { buyer: { email: null } }))).toEqual(
        refused('missing', '$.buyer.email'),
      );
    });

    it('merge the fulfillment details, but replace the address whole', async () => {
      const id = await createdId({
        ...full,
        fulfillment_details: { ...full.fulfillment_details, address: { ...caAddress, line_two: 'Apt 2' } },
      });
      const address = { ...caAddress, line_one: '2 Main Street' };
      const { body } = await shop.agent.update(id, { fulfillment_details: { phone_number: null, address } });
      expect(body.fulfillment_details).toEqual({ name: 'Ada', email: 'ada@example.com', address });
    });

    it('clear the address alone', async () => {
      const id = await createdId(full);
      const { body } = await shop.agent.update(id, { fulfillment_details: { address: null } });
      expect(body.fulfillment_details).toEqual({ name: 'Ada', phone_number: '+1', email: 'ada@example.com' });
      expect(body.status).toBe('not_ready_for_payment');
    });

    it('take an empty list of lines and wait for the next one', async () => {
      const id = await createdId();
      const emptied = await shop.agent.update(id, { line_items: [] });
      expect(emptied.body).toMatchObject({ status: 'not_ready_for_payment', line_items: [] });
      expect(messages(emptied)).toContainEqual({ type: 'error', code: 'missing', param: '$.line_items' });
      expect((await shop.agent.update(id, { line_items: [{ id: tee }] })).body.status).toBe(
        'ready_for_payment',
      );
    });

    it('leave the capabilities of create as they are', async () => {
      const id = await createdId({ capabilities: { interventions: { supported: ['3ds'] } } });
      const { body } = await shop.agent.update(id, { capabilities: { interventions: { supported: [] } } });
      expect(body.capabilities.interventions.supported).toEqual(['3ds']);
    });
  });

  describe('discount codes', () => {
    it.each([
      ['discounts', { discounts: { codes: ['WELCOME10', 'nope'] } }],
      ['the older coupons', { coupons: ['WELCOME10', 'nope'] }],
      ['discounts before coupons', { discounts: { codes: ['WELCOME10', 'nope'] }, coupons: ['other'] }],
    ])('come as %s, are rejected in the session and block nothing', async (_, body) => {
      for (const answer of [await create(body), await shop.agent.update(await createdId(), body)]) {
        expect(answer.status).toBeLessThan(300);
        expect(answer.body.status).toBe('ready_for_payment');
        expect(answer.body.discounts).toMatchObject({
          codes: ['WELCOME10', 'nope'],
          applied: [],
          rejected: [
            { code: 'WELCOME10', reason: 'discount_code_invalid' },
            { code: 'nope', reason: 'discount_code_invalid' },
          ],
        });
        expect(messages(answer)).toEqual([
          { type: 'warning', code: 'discount_code_invalid', param: '$.discounts.codes[0]' },
          { type: 'warning', code: 'discount_code_invalid', param: '$.discounts.codes[1]' },
        ]);
      }
    });

    it.each(['', ' ', 'x'.repeat(300), '<script>', "'; DROP TABLE discount; --", '🎁'])(
      'are never a refusal, not even %j',
      async (code) => {
        const { status, body } = await create({ discounts: { codes: [code] } });
        expect(status).toBe(201);
        expect(body.discounts.rejected).toMatchObject([{ code, reason: 'discount_code_invalid' }]);
      },
    );

    it('replace those sent before, and an empty list clears them', async () => {
      const id = await createdId({ discounts: { codes: ['A'] } });
      expect((await shop.agent.update(id, { discounts: { codes: ['B'] } })).body.discounts.codes).toEqual([
        'B',
      ]);
      const cleared = await shop.agent.update(id, { discounts: { codes: [] } });
      expect(cleared.body).not.toHaveProperty('discounts');
      expect(cleared.body.messages).toEqual([]);
    });

    it('are refused when they are no texts', async () => {
      expect(refusal(await create({ discounts: { codes: [7] } }))).toEqual(
        refused('invalid_type', '$.discounts.codes'),
      );
      expect(refusal(await create({ coupons: 'A' }))).toEqual(refused('invalid_type', '$.coupons'));
    });
  });

  describe('a session in rupees', () => {
    it('is priced and taxed, and offers Razorpay and a link', async () => {
      const created = await create({
        currency: 'inr',
        line_items: [{ id: mug, quantity: 2 }],
        fulfillment_details: { address: indianAddress },
      });
      expect(created.status).toBe(201);
      expect(optionIds(created)).toEqual(['ship_standard', 'ship_express']);
      expect(total(created.body, 'subtotal')).toBe(299_800);
      expect(total(created.body, 'tax')).toBe(53_964);
      expect(total(created.body, 'fulfillment')).toBe(9900);
      expect(total(created.body)).toBe(299_800 + 53_964 + 9900);
      expect(created.body.status).toBe('ready_for_payment');
      expect(messages(created)).toEqual([]);
      expect(created.body.capabilities.payment.handlers).toMatchObject([
        { psp: 'razorpay', config: { amount: 363_664, currency: 'INR' } },
      ]);
      expect(created.body.continue_url).toMatch(/^http/);
      const { id } = created.body;
      expect(refusal(await shop.agent.complete(id))).toEqual(
        refused('invalid_payment_handler', '$.payment_data.handler_id'),
      );
    });
  });

  describe('capabilities', () => {
    it.each([
      [{}, []],
      [{ interventions: {} }, []],
      [{ interventions: { supported: [] } }, []],
      [{ interventions: { supported: ['biometric', '3ds', 'telepathy'] } }, ['3ds']],
      [{ interventions: { supported: ['biometric'], display_context: 'native', max_redirects: 1 } }, []],
    ])('of %j agree on the steps %j', async (capabilities, supported) => {
      const created = await create({ capabilities });
      for (const { body } of [
        created,
        await shop.agent.get(created.body.id),
        await shop.agent.update(created.body.id, {}),
      ]) {
        expect(body.capabilities.interventions).toEqual({
          supported,
          required: [],
          enforcement: 'conditional',
        });
      }
    });

    it.each([
      ['no handler', {}],
      ['the same handler', { payment: { handlers: [{ id: 'x', name: 'dev.acp.tokenized.card' }] } }],
      ['other handlers only', { payment: { handlers: [{ name: 'com.example.points' }, {}] } }],
    ])('that name %s find the card', async (_, capabilities) => {
      const { body } = await create({ capabilities });
      expect(body.capabilities.payment.handlers).toMatchObject([
        {
          id: 'card_tokenized',
          name: 'dev.acp.tokenized.card',
          psp: 'stripe',
          requires_delegate_payment: true,
          requires_pci_compliance: false,
          config: { psp: 'stripe', environment: 'sandbox' },
        },
      ]);
      expect(JSON.stringify(body.capabilities)).not.toContain('sk_test');
    });

    it.each([
      ['no extensions', [], undefined],
      ['names', ['discount', 'other'], [{ name: 'discount' }]],
      ['versioned names', ['discount@2026-01-27'], [{ name: 'discount' }]],
      ['objects', [{ name: 'discount', extends: ['$.CheckoutSession.discounts'] }], [{ name: 'discount' }]],
      ['unknown extensions only', ['com.example.other', { name: 'loyalty' }, 7, null], undefined],
    ])('agree on extensions given as %s', async (_, extensions, active) => {
      const { status, body } = await create({ capabilities: { extensions } });
      expect(status).toBe(201);
      expect(body.capabilities.extensions?.map(({ name }: { name: string }) => ({ name }))).toEqual(active);
    });

    it('include discounts as soon as there are any', async () => {
      const { body } = await create({ discounts: { codes: ['A'] } });
      expect(body.capabilities.extensions).toMatchObject([{ name: 'discount' }]);
    });
  });

  describe('complete', () => {
    const card = (change: object = {}): object => ({
      payment_data: {
        handler_id: 'card_tokenized',
        instrument: { type: 'card', credential: { type: 'spt', token: 'tok_visa' } },
        ...change,
      },
    });

    it.each([
      ['a handler and an instrument', card()],
      ['the older token and provider', { payment_data: { token: 'tok_visa', provider: 'stripe' } }],
      [
        'more than is needed',
        {
          ...card({ billing_address: caAddress, unknown: 1 }),
          risk_signals: {},
          marketing_consents: [],
          unknown: 1,
        },
      ],
      [
        'an agentic token',
        card({ instrument: { type: 'card', credential: { type: 'agentic_token', token: 'tok_visa' } } }),
      ],
    ])('pays with %s', async (_, body) => {
      const { status, body: session } = await shop.agent.complete(await createdId(), body);
      expect({ status, shown: session.status }).toEqual({ status: 200, shown: 'completed' });
    });

    it.each<[string, object, string, string]>([
      ['nothing', {}, 'missing', '$.payment_data'],
      ['null', { payment_data: null }, 'missing', '$.payment_data'],
      ['a text', { payment_data: 'tok_visa' }, 'invalid_type', '$.payment_data'],
      ['a list', { payment_data: [] }, 'invalid_type', '$.payment_data'],
      ['no instrument', card({ instrument: undefined }), 'missing', '$.payment_data.instrument'],
      ['no handler', card({ handler_id: undefined }), 'missing', '$.payment_data.handler_id'],
      [
        'a handler of another session',
        card({ handler_id: 'razorpay' }),
        'invalid_payment_handler',
        '$.payment_data.handler_id',
      ],
      [
        'an instrument the handler does not take',
        card({ instrument: { type: 'bank', credential: { type: 'spt', token: 'tok_visa' } } }),
        'invalid',
        '$.payment_data.instrument.type',
      ],
      [
        'a credential the instrument does not take',
        card({ instrument: { type: 'card', credential: { type: 'pan', token: '4242424242424242' } } }),
        'invalid',
        '$.payment_data.instrument.credential.type',
      ],
      [
        'no credential',
        card({ instrument: { type: 'card' } }),
        'missing',
        '$.payment_data.instrument.credential',
      ],
      [
        'no token',
        card({ instrument: { type: 'card', credential: { type: 'spt' } } }),
        'missing',
        '$.payment_data.instrument.credential.token',
      ],
      [
        'an empty token',
        card({ instrument: { type: 'card', credential: { type: 'spt', token: '' } } }),
        'invalid',
        '$.payment_data.instrument.credential.token',
      ],
      [
        'a token that can be none',
        card({ instrument: { type: 'card', credential: { type: 'spt', token: 'spt with spaces' } } }),
        'invalid',
        '$.payment_data.instrument.credential.token',
      ],
      [
        'a token that the provider does not know',
        card({ instrument: { type: 'card', credential: { type: 'spt', token: 'spt_unknown' } } }),
        'invalid',
        '$.payment_data.instrument.credential.token',
      ],
      [
        'an older token without its provider',
        { payment_data: { token: 'tok_visa' } },
        'missing',
        '$.payment_data.provider',
      ],
      [
        'an older token of another provider',
        { payment_data: { token: 'tok_visa', provider: 'adyen' } },
        'invalid_payment_handler',
        '$.payment_data.handler_id',
      ],
      [
        'an older token that is null',
        { payment_data: { token: null, provider: 'stripe' } },
        'missing',
        '$.payment_data.instrument',
      ],
      [
        'a purchase order',
        { payment_data: { purchase_order_number: 'PO-1' } },
        'missing',
        '$.payment_data.instrument',
      ],
      ['a buyer without an email', { ...card(), buyer: { first_name: 'Ada' } }, 'missing', '$.buyer.email'],
    ])('is refused with %s, and takes no money', async (_, body, code, param) => {
      const id = await createdId();
      const answer = await shop.agent.complete(id, body);
      expect(refusal(answer)).toEqual(refused(code, param));
      expect(answer.text).not.toContain('4242424242424242');
      expect((await shop.agent.get(id)).body.status).toBe('ready_for_payment');
      expect(await shop.simulator.ledger(id)).toEqual([]);
    });

    it('takes the buyer and the notes along', async () => {
      const id = await createdId({ buyer: { email: 'ada@example.com', first_name: 'Ada' } });
      const { body } = await shop.agent.complete(id, {
        ...card(),
        buyer: { last_name: 'Example' },
        order_notes: 'ring twice',
      });
      expect(body.buyer).toEqual({ email: 'ada@example.com', first_name: 'Ada', last_name: 'Example' });
      expect(body.order.confirmation.order_notes).toBe('ring twice');
      expect((await shop.agent.get(id)).body.buyer).toEqual(body.buyer);
    });

    it('shows nothing of the payment data', async () => {
      const id = await createdId();
      const { text } = await shop.agent.complete(id, payWith('tok_visa'));
      expect(text).not.toContain('tok_visa');
    });
  });

  describe('cancel', () => {
    it.each<[string, object | undefined]>([
      ['no body', undefined],
      ['an empty body', {}],
      [
        'a reason',
        {
          intent_trace: {
            reason_code: 'shipping_cost',
            trace_summary: 'too dear',
            metadata: { a: 'x', b: 1, c: true },
          },
        },
      ],
      ['a reason that is not known', { intent_trace: { reason_code: 'solar_eclipse' } }],
      ['a reason that goes on and on', { intent_trace: { reason_code: 'x'.repeat(300) } }],
      ['more than the protocol knows', { intent_trace: { reason_code: 'other', unknown: [1] }, unknown: {} }],
    ])('works with %s, and shows no trace of it', async (_, body) => {
      const id = await createdId();
      const answer = await shop.agent.cancel(id, body);
      expect({ status: answer.status, shown: answer.body.status }).toEqual({
        status: 200,
        shown: 'canceled',
      });
      expect(answer.body.messages).toEqual([]);
      expect(answer.text).not.toContain('intent_trace');
    });

    it.each<[string, object, string, string]>([
      ['no object', { intent_trace: 'why not' }, 'invalid_type', '$.intent_trace'],
      ['no reason', { intent_trace: {} }, 'missing', '$.intent_trace.reason_code'],
      [
        'a number for a reason',
        { intent_trace: { reason_code: 7 } },
        'invalid_type',
        '$.intent_trace.reason_code',
      ],
      [
        'a summary that is too long',
        { intent_trace: { reason_code: 'other', trace_summary: 'x'.repeat(501) } },
        'invalid',
        '$.intent_trace.trace_summary',
      ],
      [
        'nested metadata',
        { intent_trace: { reason_code: 'other', metadata: { a: { b: 1 } } } },
        'invalid_type',
        '$.intent_trace.metadata',
      ],
      [
        'metadata of null',
        { intent_trace: { reason_code: 'other', metadata: { a: null } } },
        'invalid_type',
        '$.intent_trace.metadata',
      ],
    ])('is refused when the trace has %s', async (_, body, code, param) => {
      const id = await createdId();
      expect(refusal(await shop.agent.cancel(id, body))).toEqual(refused(code, param));
      expect((await shop.agent.get(id)).body.status).toBe('ready_for_payment');
    });
  });
});
