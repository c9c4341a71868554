import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/agent.js';
import { LockPatience } from '../support/lock-patience.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const racers = 50;
const raceOf = (run: (n: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: racers }, (_, n) => run(n)));

const countBy = (answers: Answer[], key: (answer: Answer) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[key(answer)] = (counts[key(answer)] ?? 0) + 1;
  return counts;
};
const outcome = ({ status, body }: Answer): string => `${status} ${body.code ?? body.status}`;

describe('races', () => {
  let shop: Shop;
  beforeAll(() => LockPatience.begin());
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  const invariants = async (): Promise<void> => {
    const wrong = await shop.db.query(
      `SELECT s.item_id, s.reserved, coalesce(sum(h.quantity), 0)::int8 AS held FROM inventory s
       LEFT JOIN inventory_hold h USING (item_id) GROUP BY s.item_id, s.reserved
       HAVING s.reserved <> coalesce(sum(h.quantity), 0)`,
    );
    expect(wrong).toEqual([]);
  };

  it('charges once when 50 completes arrive with one key, and gives every one the same answer', async () => {
    const { body: session } = await shop.agent.create();
    const key = randomUUID();
    const answers = await raceOf(() => shop.agent.complete(session.id, 'tok_visa', { key }));
    const allowed = new Set(['200 completed', '409 idempotency_in_flight']);
    expect(answers.map(outcome).filter((text) => !allowed.has(text))).toEqual([]);
    expect(new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text)).size).toBe(1);

    const retried = await raceOf(() => shop.agent.complete(session.id, 'tok_visa', { key }));
    expect(new Set(retried.map(({ text }) => text)).size).toBe(1);
    expect(retried[0]?.headers.get('idempotent-replayed')).toBe('true');
    expect(await shop.simulator.ledger(session.id)).toHaveLength(1);
    expect(await shop.db.query('SELECT 1 FROM shop_order WHERE session_id = $1', [session.id])).toHaveLength(
      1,
    );
    await invariants();
  });

  it('charges once when 50 completes arrive with 50 keys', async () => {
    const { body: session } = await shop.agent.create({
      line_items: [{ id: 'item_trail_shoe_9' }, { id: 'item_enamel_mug' }],
    });
    const answers = await raceOf(() => shop.agent.complete(session.id));
    const counts = countBy(answers, outcome);
    expect(counts['200 completed']).toBe(1);
    const others = (counts['409 completion_in_progress'] ?? 0) + (counts['405 session_completed'] ?? 0);
    expect(others).toBe(racers - 1);
    expect(await shop.simulator.ledger(session.id)).toHaveLength(1);
    expect(await shop.db.query('SELECT 1 FROM shop_order WHERE session_id = $1', [session.id])).toHaveLength(
      1,
    );
    await invariants();
  });

  it('sells the last lantern to one of 50 agents and tells the others before any charge', async () => {
    const sessions = await raceOf(() => shop.agent.create({ line_items: [{ id: 'item_last_lantern' }] }));
    expect(new Set(sessions.map(({ body }) => body.status as string))).toEqual(
      new Set(['ready_for_payment']),
    );
    const answers = await Promise.all(sessions.map(({ body }) => shop.agent.complete(body.id as string)));
    expect(countBy(answers, outcome)).toEqual({
      '200 completed': 1,
      '200 not_ready_for_payment': racers - 1,
    });
    const told = answers.filter(({ body }) => body.status !== 'completed');
    expect(
      told.every(
        ({ body }) =>
          body.messages[0].code === 'out_of_stock' && body.messages[0].param === '$.line_items[0]',
      ),
    ).toBe(true);
    const ledgers = await Promise.all(sessions.map(({ body }) => shop.simulator.ledger(body.id as string)));
    expect(ledgers.flat()).toHaveLength(1);
    expect(
      await shop.db.query(`SELECT on_hand, reserved FROM inventory WHERE item_id = 'item_last_lantern'`),
    ).toEqual([{ on_hand: 0, reserved: 0 }]);
  });

  it('never sells more than there is when carts of several items in any order compete', async () => {
    await shop.db.query(
      `UPDATE inventory SET on_hand = 10 WHERE item_id IN ('item_trail_shoe_9', 'item_trail_shoe_10')`,
    );
    const both = ['item_trail_shoe_9', 'item_trail_shoe_10'];
    const sessions = await raceOf((n) =>
      shop.agent.create({ line_items: (n % 2 ? both : both.toReversed()).map((id) => ({ id })) }),
    );
    const answers = await Promise.all(sessions.map(({ body }) => shop.agent.complete(body.id as string)));
    expect(countBy(answers, outcome)).toEqual({
      '200 completed': 10,
      '200 not_ready_for_payment': racers - 10,
    });
    expect(
      await shop.db.query(`SELECT DISTINCT on_hand, reserved FROM inventory WHERE item_id = ANY($1)`, [both]),
    ).toEqual([{ on_hand: 0, reserved: 0 }]);
    await invariants();
  });

  it('lets an update and a complete race without ever charging what was not shown', async () => {
    for (let round = 0; round < 10; round++) {
      const { body: session } = await shop.agent.create({
        line_items: [{ id: 'item_enamel_mug', quantity: 1 }],
      });
      const [updated, completed] = await Promise.all([
        shop.agent.update(session.id, { line_items: [{ id: 'item_enamel_mug', quantity: 3 }] }),
        shop.agent.complete(session.id),
      ]);
      const { body: now } = await shop.agent.get(session.id);
      const charged = await shop.simulator.ledger(session.id);
      const shown = (now.totals as { type: string; amount: number }[]).find(
        ({ type }) => type === 'total',
      )?.amount;
      if (now.status === 'completed') expect(charged).toMatchObject([{ amount: shown }]);
      else expect(charged).toEqual([]);
      expect([200, 405, 409]).toContain(updated.status);
      expect(completed.status).toBe(200);
    }
    await invariants();
  });

  it('answers a cancel and a complete that race with exactly one of the two', async () => {
    for (let round = 0; round < 10; round++) {
      const { body: session } = await shop.agent.create();
      await Promise.all([shop.agent.cancel(session.id), shop.agent.complete(session.id)]);
      const { body: now } = await until(
        () => shop.agent.get(session.id),
        ({ body }) => body.status !== 'complete_in_progress',
      );
      expect(['completed', 'canceled']).toContain(now.status);
      expect(await shop.simulator.ledger(session.id)).toHaveLength(now.status === 'completed' ? 1 : 0);
    }
    await invariants();
  });

  it('refuses the same key with another body while and after it runs, and does not tell the first body', async () => {
    const { body: session } = await shop.agent.create();
    const key = randomUUID();
    const [first, second] = await Promise.all([
      shop.agent.complete(session.id, 'tok_visa', { key }),
      shop.agent.complete(session.id, 'tok_mastercard', { key }),
    ]);
    expect([first.status, second.status].sort()).toEqual([200, 422]);
    expect(await shop.simulator.ledger(session.id)).toHaveLength(1);
  });
});
