import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, payWith } from '../support/agent.js';
import { type Shop, startShop } from '../support/shop.js';

const details = (transactionId: string = randomUUID()): object => ({
  three_ds_cryptogram: 'AbCdEfGhIjKlMnOpQrStUvWxY0=',
  electronic_commerce_indicator: '05',
  transaction_id: transactionId,
  version: '2.2.0',
});

describe('3-D Secure, from the demand to the order', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  /** A session whose bank wants the buyer to authenticate; it holds the last lantern if asked to. */
  async function demanded(item = 'item_merino_tee'): Promise<Answer> {
    const { body } = await shop.agent.create({
      line_items: [{ id: item, quantity: 1 }],
      capabilities: { interventions: { supported: ['3ds'] } },
    });
    return shop.agent.complete(body.id as string, 'tok_threeDSecure2Required');
  }
  const finish = (id: string, authentication_result: object, key?: string): Promise<Answer> =>
    shop.agent.complete(
      id,
      { ...payWith('tok_threeDSecure2Required'), authentication_result },
      ...(key ? [{ key }] : []),
    );
  const charged = async (id: string): Promise<number> => (await shop.simulator.ledger(id)).length;
  const reserved = async (item: string): Promise<unknown> =>
    (await shop.db.query('SELECT reserved FROM inventory WHERE item_id = $1', [item]))[0];

  it.each(['authenticated', 'attempt_acknowledged', 'informational'])(
    'charges once with the proof of %s',
    async (outcome) => {
      const { body, status } = await demanded();
      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: 'authentication_required',
        authentication_metadata: { directory_server: 'visa' },
      });
      const key = randomUUID();
      const paid = await finish(body.id, { outcome, outcome_details: details() }, key);
      expect(paid.body).toMatchObject({ status: 'completed', order: { status: 'confirmed' } });
      expect(await charged(body.id)).toBe(1);
      const attempts = await shop.db.query(
        'SELECT n, state FROM payment_attempt WHERE subject_id = $1 ORDER BY n',
        [body.id],
      );
      expect(attempts).toEqual([
        { n: 1, state: 'failed' },
        { n: 2, state: 'captured' },
      ]);
    },
  );

  it.each(['denied', 'rejected', 'not_supported', 'internal_error', 'processing_error'])(
    'never charges after %s; the session is open again and its stock free',
    async (outcome) => {
      const { body } = await demanded('item_last_lantern');
      expect(await reserved('item_last_lantern')).toEqual({ reserved: 1 });
      const answer = await finish(body.id, { outcome });
      expect(answer).toMatchObject({ status: 200, body: { status: 'ready_for_payment' } });
      expect(answer.body.messages).toContainEqual(
        expect.objectContaining({ code: 'payment_declined', resolution: 'requires_buyer_input' }),
      );
      expect(await charged(body.id)).toBe(0);
      expect(await reserved('item_last_lantern')).toEqual({ reserved: 0 });
      await shop.agent.cancel(body.id);
    },
  );

  it.each(['abandoned', 'canceled'])('after %s the buyer may still authenticate', async (outcome) => {
    const { body } = await demanded('item_last_lantern');
    const answer = await finish(body.id, { outcome });
    expect(answer).toMatchObject({ status: 200, body: { status: 'authentication_required' } });
    expect(answer.body.messages).toContainEqual(expect.objectContaining({ code: 'requires_3ds' }));
    expect(await reserved('item_last_lantern')).toEqual({ reserved: 1 });
    expect(await charged(body.id)).toBe(0);
    await shop.agent.cancel(body.id);
    expect(await reserved('item_last_lantern')).toEqual({ reserved: 0 });
  });

  it('wants the result, and its details where there are some', async () => {
    const { body } = await demanded();
    expect((await shop.agent.complete(body.id, 'tok_threeDSecure2Required')).body).toMatchObject({
      code: 'requires_3ds',
      param: '$.authentication_result',
    });
    expect((await finish(body.id, { outcome: 'authenticated' })).body).toMatchObject({
      code: 'missing',
      param: '$.authentication_result.outcome_details',
    });
    expect((await finish(body.id, { outcome: 'whatever' })).status).toBe(400);
    const { transaction_id: _, ...incomplete } = details() as Record<string, string>;
    expect(
      (await finish(body.id, { outcome: 'authenticated', outcome_details: incomplete })).body.param,
    ).toBe('$.authentication_result.outcome_details.transaction_id');
    expect(await charged(body.id)).toBe(0);
  });

  it('accepts a proof once', async () => {
    const transactionId = randomUUID();
    const proof = { outcome: 'authenticated', outcome_details: details(transactionId) };
    const first = await demanded();
    const second = await demanded();
    expect((await finish(first.body.id, proof)).body.status).toBe('completed');
    expect(await finish(second.body.id, proof)).toMatchObject({
      status: 400,
      body: { param: '$.authentication_result.outcome_details.transaction_id' },
    });
    expect(await charged(second.body.id)).toBe(0);
  });

  it('voids the authentication when the total changes', async () => {
    const { body } = await demanded();
    const { body: updated } = await shop.agent.update(body.id, {
      line_items: [{ id: 'item_merino_tee', quantity: 2 }],
    });
    expect(updated.status).toBe('ready_for_payment');
    // The proof is of another total: it is not sent on, and the bank asks again.
    const answer = await finish(body.id, { outcome: 'authenticated', outcome_details: details() });
    expect(answer).toMatchObject({ status: 200, body: { status: 'authentication_required' } });
    expect(await charged(body.id)).toBe(0);
  });

  it('does not charge a session for which the buyer was denied, whoever asked for that', async () => {
    const { body } = await shop.agent.create();
    const answer = await shop.agent.complete(body.id, {
      ...payWith('tok_visa'),
      authentication_result: { outcome: 'denied' },
    });
    expect(answer).toMatchObject({ status: 200, body: { status: 'ready_for_payment' } });
    expect(await charged(body.id)).toBe(0);
  });

  it('voids it too when the price has changed behind the session: nothing is charged, the stock is free', async () => {
    const { body } = await demanded('item_trail_shoe_10');
    await shop.db.query(`UPDATE item_price SET amount = amount + 100 WHERE item_id = 'item_trail_shoe_10'`);
    const answer = await finish(body.id, { outcome: 'authenticated', outcome_details: details() });
    expect(answer.body.messages).toContainEqual(expect.objectContaining({ code: 'price_change' }));
    expect(answer.body.status).toBe('ready_for_payment');
    expect(await reserved('item_trail_shoe_10')).toEqual({ reserved: 0 });
    expect(await charged(body.id)).toBe(0);
  });

  it('keeps the authentication, and accepts its proof again, when the provider could not be asked', async () => {
    const { body } = await demanded();
    const proof = { outcome: 'authenticated', outcome_details: details() };
    const key = randomUUID();
    await shop.simulator.inject({
      match: { provider: 'stripe', method: 'POST', path: 'payment_intents', times: 1 },
      action: 'status',
      status: 401,
    });
    expect((await finish(body.id, proof, key)).status).toBe(500);
    expect((await shop.agent.get(body.id)).body.status).toBe('authentication_required');
    expect((await finish(body.id, proof, key)).body.status).toBe('completed');
    expect(await charged(body.id)).toBe(1);
  });
});
