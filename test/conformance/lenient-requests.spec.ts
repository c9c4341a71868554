import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { total } from '../support/agent.js';
import { startShop, type Shop } from '../support/shop.js';

describe('requests that are right although they look different', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  it.each([
    ['flat', { type: 'shipping', option_id: 'ship_express', item_ids: ['item_merino_tee'] }],
    ['without a type', { option_id: 'ship_express', item_ids: ['item_merino_tee'] }],
    ['nested', { type: 'shipping', shipping: { option_id: 'ship_express', item_ids: ['item_merino_tee'] } }],
  ])('choose an option %s', async (_, choice) => {
    const { body } = await shop.agent.create();
    const updated = await shop.agent.update(body.id as string, { selected_fulfillment_options: [choice] });
    expect([updated.status, total(updated.body, 'fulfillment')]).toEqual([200, 1500]);
  });

  it('name no option at all, and are told where', async () => {
    const { body } = await shop.agent.create();
    const updated = await shop.agent.update(body.id as string, {
      selected_fulfillment_options: [{ type: 'shipping' }],
    });
    expect([updated.status, updated.body.param]).toEqual([
      400,
      '$.selected_fulfillment_options[0].option_id',
    ]);
  });

  it('clear the lines with null, as with an empty list', async () => {
    const { body } = await shop.agent.create();
    const updated = await shop.agent.update(body.id as string, { line_items: null });
    expect([updated.status, updated.body.status]).toEqual([200, 'not_ready_for_payment']);
    expect(updated.body.messages).toMatchObject([{ code: 'missing', param: '$.line_items' }]);
  });

  it.each([
    [{ provider: 'p' }, '$.affiliate_attribution.token'],
    [{ token: 't' }, '$.affiliate_attribution.provider'],
    [{ provider: 'p', token: 7 }, '$.affiliate_attribution.token'],
  ])('but not an attribution like %j', async (affiliate_attribution, param) => {
    const answer = await shop.agent.create({ affiliate_attribution });
    expect([answer.status, answer.body.param]).toEqual([400, param]);
  });

  it('keep a good attribution for the merchant and never show it to an agent', async () => {
    const answer = await shop.agent.create({
      affiliate_attribution: { provider: 'p', publisher_id: 'somebody' },
    });
    expect(answer.status).toBe(201);
    expect(answer.text).not.toContain('somebody');
    const [row] = await shop.db.query<{ first: unknown }>(
      `SELECT content -> 'attribution' -> 'first' AS first FROM checkout_session WHERE id = $1`,
      [answer.body.id],
    );
    expect(row?.first).toEqual({ provider: 'p', publisher_id: 'somebody' });
  });

  it('are answered in the language the answer is in', async () => {
    const answer = await shop.agent.create({}, { headers: { 'Accept-Language': 'de' } });
    expect(answer.headers.get('content-language')).toBe('en');
  });
});

describe('a shop whose provider is not set up', () => {
  it('offers no way to pay, and says so', async () => {
    const shop = await startShop();
    await shop.db.query(
      `INSERT INTO setting (namespace, version, "values", updated_at, updated_by)
       VALUES ('payments', 1, '{"providersByCurrency": {}}', now(), 'test')`,
    );
    await expect.poll(async () => (await shop.agent.create()).body.status).toBe('not_ready_for_payment');
    const { body } = await shop.agent.create();
    expect(body.messages).toMatchObject([{ code: 'unsupported', param: '$.capabilities.payment.handlers' }]);
    await shop.close();
  });
});
