import { describe, expect, it } from 'vitest';
import { repriced } from './price-changes.js';
import type { Address, QuotedLine, QuotedOption } from './session-content.js';

const here = { country: 'US', state: 'CA' } as Address;
const there = { country: 'US', state: 'NY' } as Address;
const line = (itemId: string, unitAmount = 100, taxRatePercent = 8): QuotedLine =>
  ({ itemId, unitAmount, taxRatePercent, quantity: 1 }) as QuotedLine;
const option = (id: string, amount: number): QuotedOption =>
  ({ id, amount, type: 'shipping' }) as QuotedOption;

interface Shown {
  lines?: QuotedLine[];
  options?: QuotedOption[];
  chosen?: string;
  at?: Address | null;
  /** Version of the shipping settings. */
  shipping?: number;
}

/** A tee to California, cheapest delivery, but for what is said. */
function shown({ lines = [line('tee')], options, chosen, at = here, shipping = 1 }: Shown = {}) {
  const offered = options ?? [option('standard', 500), option('express', 1500)];
  const selected = offered.find(({ id }) => id === chosen) ?? offered[0];
  return {
    cart: {
      lines: lines.map(({ itemId, quantity }) => ({ id: `li_${itemId}`, itemId, quantity })),
      fulfillment: at && { address: at },
      choices: chosen ? [{ optionId: chosen, itemIds: [] }] : [],
    },
    quote: {
      lines,
      options: offered,
      selected: selected ? [{ option: selected, itemIds: [] }] : [],
      totals: [],
      problems: [],
      handlers: [],
      settings: { tax: 1, shipping },
    },
  };
}

describe('the same thing costs something else', () => {
  it.each<[string, Shown, Shown]>([
    ['the item', {}, { lines: [line('tee', 101)] }],
    ['the item, with another beside it', {}, { lines: [line('mug'), line('tee', 99)] }],
    ['its tax', {}, { lines: [line('tee', 100, 9)] }],
    [
      'its tax, with nowhere to go',
      { at: null, lines: [line('guide', 100, 0)] },
      { at: null, lines: [line('guide', 100, 1)] },
    ],
    ['its delivery', {}, { options: [option('standard', 501)] }],
    [
      'its delivery, of more from a new table',
      {},
      { lines: [line('tee'), line('mug')], options: [option('standard', 1)], shipping: 2 },
    ],
    [
      'the option that is chosen now',
      {},
      { chosen: 'express', options: [option('standard', 500), option('express', 1600)] },
    ],
    ['what takes the place of an option that is gone', {}, { options: [option('express', 1500)] }],
    ['a cheaper option that was not there', {}, { options: [option('snail', 1), option('standard', 500)] }],
  ])('%s', (_, before, after) => {
    expect(repriced(shown(before), shown(after))).toBe(true);
    expect(repriced(shown(before), shown(before))).toBe(false);
  });
});

describe('the agent asked for something else', () => {
  it.each<[string, Shown, Shown]>([
    ['nothing', {}, {}],
    ['another item', {}, { lines: [line('mug', 700, 9)] }],
    ['one more item', {}, { lines: [line('tee'), line('mug', 700)] }],
    [
      'another place, with its own tax and delivery',
      {},
      { at: there, lines: [line('tee', 100, 9)], options: [option('standard', 700)] },
    ],
    ['a place at last', { at: null, lines: [line('tee', 100, 0)], options: [] }, {}],
    ['another option', {}, { chosen: 'express' }],
    [
      'more, which the carrier asks more for',
      {},
      { lines: [line('tee'), line('mug')], options: [option('standard', 900)] },
    ],
    ['the same from a new table with the same price', {}, { shipping: 2 }],
    [
      'another option than the one that went up',
      {},
      { chosen: 'express', options: [option('standard', 900), option('express', 1500)], shipping: 2 },
    ],
  ])('%s', (_, before, after) => {
    expect(repriced(shown(before), shown(after))).toBe(false);
  });
});
