import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, type Answer, caAddress, payWith, total } from '../support/agent.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const scarce = 'item_trail_shoe_10';
const plentiful = 'item_merino_tee';

/** ACP §2: what each status answers to each verb, and the status that follows. */
const matrix: Record<string, Record<'update' | 'complete' | 'cancel', string>> = {
  not_ready_for_payment: {
    update: '200 not_ready_for_payment',
    complete: '400 not_ready_for_payment',
    cancel: '200 canceled',
  },
  ready_for_payment: { update: '200 ready_for_payment', complete: '200 completed', cancel: '200 canceled' },
  authentication_required: {
    update: '200 authentication_required',
    complete: '400 requires_3ds',
    cancel: '200 canceled',
  },
  complete_in_progress: {
    update: '409 completion_in_progress',
    complete: '409 completion_in_progress',
    cancel: '409 completion_in_progress',
  },
  completed: {
    update: '405 session_completed',
    complete: '405 session_completed',
    cancel: '405 session_completed',
  },
  canceled: {
    update: '405 session_canceled',
    complete: '405 session_canceled',
    cancel: '405 session_canceled',
  },
  expired: { update: '405 session_expired', complete: '405 session_expired', cancel: '200 canceled' },
};

describe('the states of a checkout session', () => {
  let shop: Shop;
  /** Its charges are given up soon, and nobody looks after them again while the tests run. */
  let impatient: Shop;
  beforeAll(async () => {
    const never = 3_600_000;
    const soon = { completeAnswerMs: 1000, chargeDeadlineMs: 1200, attemptLeaseMs: 2000 };
    [shop, impatient] = await Promise.all([
      startShop({}, { timings: { expireEveryMs: never } }),
      startShop({}, { timings: { ...soon, expireEveryMs: never, reconcileEveryMs: never } }),
    ]);
  });
  afterAll(() => Promise.all([shop.close(), impatient.close()]));

  const reserved = async (itemId: string): Promise<number> =>
    (
      await shop.db.query<{ reserved: number }>('SELECT reserved FROM inventory WHERE item_id = $1', [itemId])
    )[0]?.reserved as number;

  const authenticating = async (line = { id: plentiful, quantity: 1 }): Promise<string> => {
    const { body } = await shop.agent.create({ line_items: [line] });
    await shop.agent.complete(body.id, 'tok_threeDSecure2Required');
    return body.id;
  };
  const inProgress = async (): Promise<string> => {
    const { agent, db, simulator } = impatient;
    const { body } = await agent.create({ line_items: [{ id: plentiful, quantity: 1 }] });
    await simulator.inject({ match: { path: 'payment_intents', times: 1000 }, action: 'reset' });
    const answer = await agent.complete(body.id);
    expect(answer.status).toBe(503);
    await until(
      () => db.query('SELECT state FROM payment_attempt WHERE subject_id = $1', [body.id]),
      ([attempt]) => attempt?.state === 'unknown',
    );
    await simulator.clearFaults();
    return body.id;
  };
  const expire = async (id: string, { db } = shop): Promise<string> => {
    await db.query("UPDATE checkout_session SET expires_at = now() - interval '1 second' WHERE id = $1", [
      id,
    ]);
    return id;
  };
  const createdId = async (body: object = {}): Promise<string> =>
    (await shop.agent.create(body)).body.id as string;

  const sessionsIn: Record<keyof typeof matrix, () => Promise<string>> = {
    not_ready_for_payment: () => createdId({ fulfillment_details: undefined }),
    ready_for_payment: () => createdId(),
    authentication_required: () => authenticating(),
    complete_in_progress: () => inProgress(),
    completed: async () => {
      const id = await createdId();
      await shop.agent.complete(id);
      return id;
    },
    canceled: async () => {
      const id = await createdId();
      await shop.agent.cancel(id);
      return id;
    },
    expired: async () => expire(await createdId()),
  };
  const verbs = {
    update: (agent: Agent, id: string): Promise<Answer> => agent.update(id, { order_notes: 'ring twice' }),
    complete: (agent: Agent, id: string): Promise<Answer> => agent.complete(id),
    cancel: (agent: Agent, id: string): Promise<Answer> => agent.cancel(id),
  };

  describe.each(Object.entries(matrix))('%s', (status, answers) => {
    let agent: Agent;
    let id: string;
    let before: Answer;
    beforeEach(async () => {
      ({ agent } = status === 'complete_in_progress' ? impatient : shop);
      id = await (sessionsIn[status] as () => Promise<string>)();
      before = await agent.get(id);
    });

    it('is shown', () => {
      expect(before.status).toBe(200);
      expect(before.body.status).toBe(status);
      expect('order' in before.body).toBe(status === 'completed');
      expect('authentication_metadata' in before.body).toBe(status === 'authentication_required');
    });

    it.each(Object.entries(answers))('answers %s with %s', async (verb, expected) => {
      const answer = await verbs[verb as keyof typeof verbs](agent, id);
      expect(`${answer.status} ${answer.body.code ?? answer.body.status}`).toBe(expected);
      const after = await agent.get(id);
      if (answer.status === 200) {
        expect(after.body).toEqual(answer.body);
        return;
      }
      // A refusal changes nothing.
      expect(after.text).toBe(before.text);
      expect(answer.headers.get('allow')).toBe(answer.status === 405 ? 'GET' : null);
      expect(answer.headers.get('retry-after')).toEqual(
        answer.status === 409 ? expect.stringMatching(/^[1-9]\d*$/) : null,
      );
    });
  });

  describe('a session that is not ready', () => {
    it.each([
      ['the address', { fulfillment_details: undefined }, '$.fulfillment_details.address'],
      ['the stock', { line_items: [{ id: plentiful }, { id: 'item_sold_out_scarf' }] }, '$.line_items[1]'],
      ['the number', { line_items: [{ id: 'item_enamel_mug', quantity: 11 }] }, '$.line_items[0]'],
      [
        'the country',
        { fulfillment_details: { address: { ...caAddress, country: 'JP' } } },
        '$.fulfillment_details.address.country',
      ],
    ])('names what is in the way of complete: %s', async (_, body, param) => {
      const id = await createdId(body);
      const answer = await shop.agent.complete(id);
      expect(answer.body).toMatchObject({ code: 'not_ready_for_payment', param });
    });
  });

  describe('complete', () => {
    it('answers a decline with the session, ready for another card', async () => {
      const id = await createdId();
      const declined = await shop.agent.complete(id, 'tok_chargeDeclined');
      expect(declined.status).toBe(200);
      expect(declined.body.status).toBe('ready_for_payment');
      expect(declined.body).not.toHaveProperty('order');
      expect(declined.body.messages).toMatchObject([
        { type: 'error', code: 'payment_declined', param: '$.payment_data' },
      ]);
      expect((await shop.agent.get(id)).body).toEqual(declined.body);
      const paid = await shop.agent.complete(id);
      expect(paid.body).toMatchObject({ status: 'completed', messages: [] });
    });

    it('answers lost stock with the session, and charges nothing', async () => {
      const id = await createdId({ line_items: [{ id: 'item_trail_shoe_9', quantity: 2 }] });
      const stock = (onHand: number): Promise<unknown> =>
        shop.db.query("UPDATE inventory SET on_hand = $1 WHERE item_id = 'item_trail_shoe_9'", [onHand]);
      await stock(1);
      const short = await shop.agent.complete(id);
      expect(short.status).toBe(200);
      expect(short.body.status).toBe('not_ready_for_payment');
      expect(short.body.messages).toMatchObject([
        { type: 'error', code: 'quantity_exceeded', param: '$.line_items[0]' },
      ]);
      await shop.agent.update(id, {});
      await stock(0);
      expect((await shop.agent.update(id, {})).body.messages).toMatchObject([{ code: 'out_of_stock' }]);
      expect(await shop.simulator.ledger(id)).toEqual([]);
      await stock(25);
    });

    it('is replayed to the same key and body after the session is completed', async () => {
      const id = await createdId();
      const key = `complete-${id}`;
      const first = await shop.agent.complete(id, 'tok_visa', { key });
      const second = await shop.agent.complete(id, 'tok_visa', { key });
      expect([first.status, second.status]).toEqual([200, 200]);
      expect(second.text).toBe(first.text);
      expect(await shop.simulator.ledger(id)).toHaveLength(1);
    });

    it('keeps showing one order', async () => {
      const id = await createdId();
      const { body } = await shop.agent.complete(id);
      expect(body.order).toMatchObject({ type: 'order', checkout_session_id: id, status: 'confirmed' });
      expect((await shop.agent.get(id)).body.order).toEqual(body.order);
    });
  });

  describe('authentication', () => {
    it('is demanded with all that the buyer needs for it', async () => {
      const { body: created } = await shop.agent.create({
        capabilities: { interventions: { supported: ['3ds'] } },
      });
      const { status, body } = await shop.agent.complete(created.id, 'tok_threeDSecure2Required');
      expect(status).toBe(200);
      expect(body.status).toBe('authentication_required');
      expect(body).not.toHaveProperty('order');
      expect(body.authentication_metadata).toEqual({
        acquirer_details: {
          acquirer_bin: expect.stringMatching(/^\d{1,11}$/),
          acquirer_country: expect.stringMatching(/^[A-Z]{2}$/),
          acquirer_merchant_id: expect.stringMatching(/^.{1,35}$/),
          merchant_name: expect.stringMatching(/^.{1,40}$/),
        },
        directory_server: 'visa',
      });
      expect(body.messages).toMatchObject([{ type: 'error', code: 'requires_3ds', param: '$.payment_data' }]);
      expect(await shop.simulator.ledger(created.id)).toEqual([]);
    });

    it('is not skipped by a complete without its result', async () => {
      const id = await authenticating();
      const answer = await shop.agent.complete(id, payWith('tok_visa'));
      expect({ status: answer.status, ...answer.body }).toMatchObject({
        status: 400,
        type: 'invalid_request',
        code: 'requires_3ds',
        param: '$.authentication_result',
      });
      expect(await shop.simulator.ledger(id)).toEqual([]);
    });

    describe('while the stock is held for it', () => {
      let id: string;
      beforeEach(async () => {
        id = await authenticating({ id: scarce, quantity: 2 });
        expect(await reserved(scarce)).toBe(2);
      });
      afterEach(async () => {
        await shop.agent.cancel(id);
        expect(await reserved(scarce)).toBe(0);
      });

      it('goes on through an update that leaves the total and the lines as they are', async () => {
        const { body: before } = await shop.agent.get(id);
        const { body } = await shop.agent.update(id, { buyer: { email: 'ada@example.com' } });
        expect(body.status).toBe('authentication_required');
        expect(body.authentication_metadata).toEqual(before.authentication_metadata);
        expect(body.messages).toEqual(before.messages);
        expect(await reserved(scarce)).toBe(2);
      });

      it.each([
        ['a dearer option', { selected_fulfillment_options: [{ option_id: 'ship_express' }] }],
        ['another state', { fulfillment_details: { address: { ...caAddress, state: 'NY' } } }],
        ['fewer items', { line_items: [{ id: scarce, quantity: 1 }] }],
        ['another item of the same price', { line_items: [{ id: 'item_trail_shoe_9', quantity: 2 }] }],
      ])('ends with an update to %s, and the stock is free again', async (_, change) => {
        const { body } = await shop.agent.update(id, change);
        expect(body.status).toBe('ready_for_payment');
        expect(body).not.toHaveProperty('authentication_metadata');
        expect(body.messages).toEqual([]);
        expect(await reserved(scarce)).toBe(0);
      });

      it('ends with cancel, and the stock is free again', async () => {
        await shop.agent.cancel(id);
        expect(await reserved(scarce)).toBe(0);
      });

      it('leaves the held stock to nobody else, and to itself', async () => {
        const { body: other } = await shop.agent.create({ line_items: [{ id: scarce, quantity: 2 }] });
        expect(other.messages).toMatchObject([{ code: 'quantity_exceeded' }]);
        const { body } = await shop.agent.update(id, {});
        expect(body).toMatchObject({
          status: 'authentication_required',
          messages: [{ code: 'requires_3ds' }],
        });
      });
    });
  });

  describe('time', () => {
    it('ends a session after the minutes that the merchant has set', async () => {
      const brief = await startShop({}, { timings: { settingsCacheMs: 1, expireEveryMs: 3_600_000 } });
      try {
        await brief.db.query(
          `INSERT INTO setting (namespace, version, "values", updated_at, updated_by)
           VALUES ('checkout', 1, '{"sessionTtlMinutes": 0.05}', now(), 'test')`,
        );
        const { body } = await brief.agent.create();
        expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(3000);
        await until(
          () => brief.agent.get(body.id),
          (seen) => seen.body.status === 'expired',
        );
        expect((await brief.agent.complete(body.id)).body.code).toBe('session_expired');
      } finally {
        await brief.close();
      }
    });

    it('gives the stock back that an expired session held', async () => {
      const swept = await startShop({}, { timings: { expireEveryMs: 50 } });
      try {
        const { body } = await swept.agent.create({ line_items: [{ id: scarce, quantity: 2 }] });
        await swept.agent.complete(body.id, 'tok_threeDSecure2Required');
        const held = (): Promise<object[]> =>
          swept.db.query('SELECT reserved FROM inventory WHERE item_id = $1', [scarce]);
        expect(await held()).toEqual([{ reserved: 2 }]);
        await swept.db.query('UPDATE checkout_session SET expires_at = now()');
        await until(held, ([row]) => (row as { reserved: number }).reserved === 0);
        const expired = await swept.agent.get(body.id);
        expect(expired.body.status).toBe('expired');
        expect(expired.body).not.toHaveProperty('authentication_metadata');
        expect((await swept.agent.cancel(body.id)).body.status).toBe('canceled');
        expect(await held()).toEqual([{ reserved: 0 }]);
      } finally {
        await swept.close();
      }
    });

    it('does not end a session while its payment is under way', async () => {
      const id = await expire(await inProgress(), impatient);
      expect((await impatient.agent.get(id)).body.status).toBe('complete_in_progress');
      expect((await impatient.agent.cancel(id)).status).toBe(409);
    });

    it('is not won back by an update', async () => {
      const { body } = await shop.agent.create();
      const updated = await shop.agent.update(body.id, { line_items: [{ id: plentiful, quantity: 2 }] });
      expect(total(updated.body)).not.toBe(total(body));
      expect(updated.body.expires_at).toBe(body.expires_at);
    });
  });
});
