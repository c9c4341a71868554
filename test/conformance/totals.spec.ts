import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caAddress, total } from '../support/agent.js';
import { startShop, type Shop } from '../support/shop.js';

interface Totals {
  totals: { type: string; amount: number; display_text: string }[];
}

const prices = {
  item_trail_shoe_9: { usd: 12900, inr: 1079900 },
  item_trail_shoe_10: { usd: 12900, inr: 1079900 },
  item_merino_tee: { usd: 4500, inr: 379900 },
  item_enamel_mug: { usd: 1800, inr: 149900 },
  item_field_guide: { usd: 900, inr: 79900 },
} as const;
type ItemId = keyof typeof prices;

const places = [
  { country: 'US', state: 'CA', currency: 'usd', partsPerMillion: 82_500n },
  { country: 'US', state: 'US-CA', currency: 'usd', partsPerMillion: 82_500n },
  { country: 'US', state: 'NY', currency: 'usd', partsPerMillion: 88_750n },
  { country: 'US', state: 'TX', currency: 'usd', partsPerMillion: 0n },
  { country: 'GB', state: 'London', currency: 'usd', partsPerMillion: 0n },
  { country: 'IN', state: 'MH', currency: 'inr', partsPerMillion: 180_000n },
  { country: 'CA', state: 'BC', currency: 'inr', partsPerMillion: 0n },
  { country: undefined, state: undefined, currency: 'usd', partsPerMillion: 0n },
] as const;

const carts = fc.record({
  lines: fc.uniqueArray(
    fc.record({
      id: fc.constantFrom(...(Object.keys(prices) as ItemId[])),
      quantity: fc.integer({ min: 1, max: 9 }),
    }),
    { selector: ({ id }) => id, minLength: 1 },
  ),
  place: fc.constantFrom(...places),
  /** Chooses among the options that are offered. */
  choice: fc.nat(3),
});

/** Half a cent is rounded up, on each line. */
const taxOf = (amount: number, partsPerMillion: bigint): number =>
  Number((BigInt(amount) * partsPerMillion * 2n + 1_000_000n) / 2_000_000n);

describe('the totals of a session', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  /** ACP §3.2; every amount is a whole number of minor units, none is negative, none is told twice. */
  function assertIdentities(
    session: Totals & { line_items: (Totals & { unit_amount: number; quantity: number })[] },
  ): void {
    const of = (part: Totals, type: string): number => total(part, type) ?? 0;
    for (const part of [session, ...session.line_items]) {
      expect(new Set(part.totals.map(({ type }) => type)).size).toBe(part.totals.length);
      for (const { amount, display_text } of part.totals) {
        expect(Number.isSafeInteger(amount) && amount >= 0).toBe(true);
        expect(display_text).not.toBe('');
      }
    }
    for (const line of session.line_items) {
      expect(of(line, 'items_base_amount')).toBe(line.unit_amount * line.quantity);
      expect(of(line, 'subtotal')).toBe(of(line, 'items_base_amount') - of(line, 'items_discount'));
      expect(of(line, 'total')).toBe(of(line, 'subtotal') + of(line, 'tax'));
    }
    for (const type of ['items_base_amount', 'items_discount', 'subtotal', 'tax']) {
      expect(of(session, type)).toBe(session.line_items.reduce((sum, line) => sum + of(line, type), 0));
    }
    expect(of(session, 'subtotal')).toBe(of(session, 'items_base_amount') - of(session, 'items_discount'));
    expect(of(session, 'total')).toBe(
      of(session, 'subtotal') - of(session, 'discount') + of(session, 'fulfillment') + of(session, 'tax'),
    );
  }

  it('add up, line by line and in all, for any cart', async () => {
    await fc.assert(
      fc.asyncProperty(carts, async ({ lines, place, choice }) => {
        const { country, state, currency, partsPerMillion } = place;
        const created = await shop.agent.create({
          line_items: lines,
          currency,
          fulfillment_details: country ? { address: { ...caAddress, country, state } } : undefined,
        });
        expect(created.status).toBe(201);
        assertIdentities(created.body);

        const expected = lines.map(({ id, quantity }) => {
          const base = prices[id][currency] * quantity;
          return { base, tax: taxOf(base, partsPerMillion) };
        });
        created.body.line_items.forEach((line: Totals, index: number) => {
          expect(total(line, 'items_base_amount')).toBe(expected[index]?.base);
          expect(total(line, 'tax')).toBe(expected[index]?.tax);
        });

        const shipping = created.body.fulfillment_options.filter(
          ({ type }: { type: string }) => type === 'shipping',
        );
        if (shipping.length === 0) return;
        const costs = shipping.map((option: Totals) => total(option));
        expect(total(created.body, 'fulfillment')).toBe(Math.min(...costs));
        const chosen = shipping[choice % shipping.length];
        const updated = await shop.agent.update(created.body.id, {
          selected_fulfillment_options: [{ type: 'shipping', option_id: chosen.id, item_ids: [] }],
        });
        assertIdentities(updated.body);
        expect(total(updated.body, 'fulfillment')).toBe(total(chosen));
        expect(total(updated.body, 'tax')).toBe(total(created.body, 'tax'));
      }),
      { numRuns: 40, seed: 2026 },
    );
  });

  it('round half a minor unit up on each line, not on the sum', async () => {
    await shop.db.query(
      "UPDATE item_price SET amount = 200 WHERE currency = 'usd' AND item_id IN ('item_enamel_mug', 'item_field_guide')",
    );
    const { body } = await shop.agent.create({
      line_items: [{ id: 'item_enamel_mug' }, { id: 'item_field_guide' }],
    });
    // 8.25 % of 200 is 16.5 on each; of their sum it is 33.
    expect(body.line_items.map((line: Totals) => total(line, 'tax'))).toEqual([17, 17]);
    expect(total(body, 'tax')).toBe(34);
    const prices = [1800, 900];
    for (const [index, item] of ['item_enamel_mug', 'item_field_guide'].entries()) {
      await shop.db.query("UPDATE item_price SET amount = $2 WHERE currency = 'usd' AND item_id = $1", [
        item,
        prices[index],
      ]);
    }
  });

  it('leave the tax open until it is known where the goods go', async () => {
    const { body } = await shop.agent.create({ fulfillment_details: undefined });
    expect(body.totals.map(({ type }: { type: string }) => type)).toEqual([
      'items_base_amount',
      'subtotal',
      'total',
    ]);
  });

  it('are the totals of the order', async () => {
    const created = await shop.agent.create({
      line_items: [{ id: 'item_enamel_mug', quantity: 3 }, { id: 'item_field_guide' }],
    });
    const { body } = await shop.agent.complete(created.body.id);
    expect(body.order.totals).toEqual(created.body.totals);
    expect(body.order.line_items.map((line: Totals) => line.totals.map(({ amount }) => amount))).toEqual(
      created.body.line_items.map((line: Totals) => line.totals.map(({ amount }) => amount)),
    );
    expect(await shop.simulator.ledger(created.body.id)).toMatchObject([
      { type: 'capture', amount: total(created.body) },
    ]);
  });

  describe('after a price has changed', () => {
    const setPrice = (amount: number): Promise<unknown> =>
      shop.db.query(
        "UPDATE item_price SET amount = $1 WHERE item_id = 'item_merino_tee' AND currency = 'usd'",
        [amount],
      );

    it.each([
      ['up', 5000],
      ['down', 4000],
    ])('(%s) stay as shown until the buyer could agree to the new ones', async (_, price) => {
      const created = await shop.agent.create();
      const { id } = created.body;
      await setPrice(price);
      try {
        expect((await shop.agent.get(id)).body).toEqual(created.body);

        const asked = await shop.agent.complete(id);
        expect(asked.status).toBe(200);
        expect(asked.body.status).toBe('ready_for_payment');
        expect(asked.body).not.toHaveProperty('order');
        expect(asked.body.messages).toMatchObject([
          { type: 'warning', code: 'price_change', param: '$.totals' },
        ]);
        assertIdentities(asked.body);
        const newTotal = price + taxOf(price, 82_500n) + 500;
        expect(total(asked.body)).toBe(newTotal);
        expect(asked.body.line_items[0].unit_amount).toBe(price);
        expect(await shop.simulator.ledger(id)).toEqual([]);
        expect((await shop.agent.get(id)).body).toEqual(asked.body);

        const paid = await shop.agent.complete(id);
        expect(paid.body).toMatchObject({ status: 'completed', messages: [] });
        expect(total(paid.body)).toBe(newTotal);
        expect(await shop.simulator.ledger(id)).toMatchObject([
          { type: 'capture', amount: newTotal, currency: 'usd' },
        ]);
      } finally {
        await setPrice(4500);
      }
    });

    it('are those of today after an update', async () => {
      const { body } = await shop.agent.create();
      await setPrice(5000);
      try {
        const updated = await shop.agent.update(body.id, {});
        expect(total(updated.body, 'items_base_amount')).toBe(5000);
        expect((await shop.agent.complete(body.id)).body.status).toBe('completed');
      } finally {
        await setPrice(4500);
      }
    });
  });
});
