import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, total } from '../support/agent.js';
import { CrashShop, type Line, persist } from '../support/crash-shop.js';
import { open } from '../support/purchases.js';
import { type Way, ways } from './ways.js';

interface Purchase {
  sessionId: string;
  amount: number;
  send(): Promise<Answer>;
  /** The answer after the crash. */
  answer: Promise<Answer>;
}

const tee = 'item_merino_tee';
const mug = 'item_enamel_mug';
const shoe = 'item_trail_shoe_9';

/** Who stands still in a transaction holds its item: each of these has one for itself. */
const inTransaction: [string, Line, string][] = [
  ['before intend commits', { after: 'AttemptStore.insert' }, mug],
  ['before settle commits', { after: 'OutboxService.append' }, shoe],
];

const linesOf = ({ lines }: Way): [string, Line, string][] => [
  ['before the claim', { before: 'ClaimStore.claim' }, tee],
  ['after the claim', { before: 'CompleteCheckoutService.complete' }, tee],
  ['after intend', { before: 'SettlementService.advance' }, tee],
  ...Object.entries(lines).map(([point, line]): [string, Line, string] => [point, line, tee]),
  ['after settle', { after: 'SettlementService.advance' }, tee],
  ...inTransaction,
];

/** Every line at which a completing process can die, then the agent that asks again. No webhook comes to its help. */
describe.each(ways)('completing with $name', (way) => {
  let shop: CrashShop;
  beforeAll(async () => {
    shop = await CrashShop.open();
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(() => shop.close());

  describe.each([
    // The request itself takes up what it began; what another one left is for the sweep.
    { again: 'with the same key', sameKey: true, role: 'api' as const },
    { again: 'with a new key', sameKey: false, role: 'all' as const },
  ])('and asking again $again', ({ sameKey, role }) => {
    const lines = linesOf(way);
    const purchases = new Map<string, Purchase>();
    let stockBefore: Map<string, number>;

    beforeAll(async () => {
      stockBefore = await stock();
      for (const [point, line, item] of lines) {
        const { body } = await open(shop, way.psp, { line_items: [{ id: item, quantity: 1 }] });
        const payment = await way.pay(shop, body);
        const key = randomUUID();
        const send = (): Promise<Answer> => shop.agent.complete(body.id, payment, sameKey ? { key } : {});
        await shop.stop(line, () => shop.agent.complete(body.id, payment, { key }));
        const purchase = { sessionId: body.id as string, amount: total(body)!, send };
        purchases.set(point, { ...purchase, answer: new Promise(() => undefined) });
      }
      await shop.kill();
      await shop.revive(role);
      for (const purchase of purchases.values()) purchase.answer = persist(purchase.send);
      await Promise.allSettled([...purchases.values()].map(({ answer }) => answer));
    });

    it.each(lines)('charges once and makes one order after a kill %s', async (point) => {
      const { sessionId, amount, send, answer } = purchases.get(point)!;
      const { status, text, body } = await answer;
      if (sameKey) {
        expect([status, body.status]).toEqual([200, 'completed']);
        expect((await send()).text).toBe(text);
      } else expect([200, 405]).toContain(status);
      expect((await shop.agent.get(sessionId)).body).toMatchObject({ status: 'completed', order: {} });
      expect(await shop.simulator.ledger(sessionId)).toMatchObject([{ type: 'capture', amount }]);
      expect(
        await shop.db.query(
          'SELECT type, seq FROM shop_order o LEFT JOIN outbox_event e ON e.order_id = o.id WHERE session_id = $1',
          [sessionId],
        ),
      ).toEqual([{ type: 'order_create', seq: 1 }]);
    });

    it('takes each piece from the shelf once', async () => {
      const sold = lines.map(([, , item]) => item);
      const left = [...stockBefore].map(([item, onHand]) => [
        item,
        onHand - sold.filter((one) => one === item).length,
      ]);
      expect(Object.fromEntries(await stock())).toEqual(Object.fromEntries(left));
      expect(await shop.db.query('SELECT 1 FROM inventory WHERE reserved <> 0')).toEqual([]);
      expect(await shop.db.query('SELECT 1 FROM inventory_hold')).toEqual([]);
    });

    it('tells of no order that did not come about', async () => {
      expect(
        await shop.db.query(
          'SELECT order_id FROM outbox_event WHERE order_id NOT IN (SELECT id FROM shop_order)',
        ),
      ).toEqual([]);
    });
  });

  async function stock(): Promise<Map<string, number>> {
    const rows = await shop.db.query<{ item_id: string; on_hand: number }>(
      'SELECT item_id, on_hand FROM inventory',
    );
    return new Map(rows.map(({ item_id, on_hand }) => [item_id, on_hand]));
  }
});
