import { percentageOf } from '../common/money.js';
import type { QuotedLine, QuotedOption, Total } from './session-content.js';

/**
 * Integer arithmetic of a cart (ACP §3.2). Taxes are on top of prices, per line after its discounts, rounded half
 * up. Discounts are positive amounts that are subtracted:
 * `total = items_base_amount - items_discount - discount + fulfillment + tax`.
 */
export function lineAmounts(
  unitAmount: number,
  quantity: number,
  discount: number,
  taxRatePercent: number,
): Pick<QuotedLine, 'base' | 'discount' | 'tax'> {
  const base = unitAmount * quantity;
  return { base, discount, tax: percentageOf(base - discount, taxRatePercent) };
}

/** `destinationKnown` tells a tax of zero from one that cannot be known yet. */
export function cartTotals(args: {
  lines: Pick<QuotedLine, 'base' | 'discount' | 'tax'>[];
  selected: Pick<QuotedOption, 'amount' | 'tax'>[];
  destinationKnown: boolean;
}): Total[] {
  const base = sum(args.lines.map((line) => line.base));
  const itemsDiscount = sum(args.lines.map((line) => line.discount));
  const fulfillment = sum(args.selected.map(({ amount }) => amount));
  const tax = sum(args.lines.map((line) => line.tax)) + sum(args.selected.map((option) => option.tax));
  return [
    { type: 'items_base_amount', amount: base },
    ...(itemsDiscount > 0 ? [{ type: 'items_discount' as const, amount: itemsDiscount }] : []),
    { type: 'subtotal', amount: base - itemsDiscount },
    ...(args.selected.length > 0 ? [{ type: 'fulfillment' as const, amount: fulfillment }] : []),
    ...(args.destinationKnown ? [{ type: 'tax' as const, amount: tax }] : []),
    { type: 'total', amount: base - itemsDiscount + fulfillment + tax },
  ];
}

export const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);
