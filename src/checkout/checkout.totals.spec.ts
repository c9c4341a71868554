import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cartTotals, lineAmounts, sum } from './checkout.totals.js';

const line = fc
  .record({
    unitAmount: fc.integer({ min: 0, max: 10_000_000 }),
    quantity: fc.integer({ min: 1, max: 1000 }),
    discountShare: fc.integer({ min: 0, max: 100 }),
    percent: fc.constantFrom(0, 8.25, 8.875, 18),
  })
  .map(({ unitAmount, quantity, discountShare, percent }) =>
    lineAmounts(unitAmount, quantity, Math.floor((unitAmount * quantity * discountShare) / 100), percent),
  );
const option = fc.record({ amount: fc.integer({ min: 0, max: 100_000 }), tax: fc.constant(0) });

describe('cartTotals', () => {
  it('keeps the identities of the protocol for every cart', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(option, { maxLength: 2 }), (lines, selected) => {
        const totals = cartTotals({ lines, selected, destinationKnown: true });
        const of = (type: string): number => totals.find((entry) => entry.type === type)?.amount ?? 0;
        expect(of('subtotal')).toBe(of('items_base_amount') - of('items_discount'));
        expect(of('total')).toBe(of('subtotal') - of('discount') + of('fulfillment') + of('tax'));
        expect(of('tax')).toBe(sum(lines.map(({ tax }) => tax)));
        expect(totals.every(({ amount }) => Number.isSafeInteger(amount) && amount >= 0)).toBe(true);
        expect(new Set(totals.map(({ type }) => type)).size).toBe(totals.length);
      }),
    );
  });

  it('leaves out what is not known yet: delivery without an option, tax without a destination', () => {
    const types = cartTotals({ lines: [], selected: [], destinationKnown: false }).map(({ type }) => type);
    expect(types).toEqual(['items_base_amount', 'subtotal', 'total']);
  });
});
