import { isDeepStrictEqual } from 'node:util';
import type { Quote, QuotedOption, SessionContent } from './session-content.js';

type Cart = Pick<SessionContent, 'fulfillment' | 'choices' | 'lines'>;

/**
 * Whether the shop asks another price than before for the same thing: an item, its tax or its delivery to the same
 * place. What only costs more because the agent asked for more, or for something else, is no news to it.
 */
export function repriced(before: { cart: Cart; quote: Quote }, after: { cart: Cart; quote: Quote }): boolean {
  const samePlace = isDeepStrictEqual(placeOf(before.cart), placeOf(after.cart));
  return (
    itemsRepriced(before.quote, after.quote, samePlace) || (samePlace && deliveryRepriced(before, after))
  );
}

const placeOf = ({ fulfillment }: Cart): unknown => fulfillment?.address ?? null;

function itemsRepriced(before: Quote, after: Quote, samePlace: boolean): boolean {
  return after.lines.some(({ itemId, unitAmount, taxRatePercent }) => {
    const earlier = before.lines.find((line) => line.itemId === itemId);
    if (!earlier) return false;
    return earlier.unitAmount !== unitAmount || (samePlace && earlier.taxRatePercent !== taxRatePercent);
  });
}

/** A carrier may ask more for more; a table of prices only asks another price if somebody has changed it. */
function deliveryRepriced(
  before: { cart: Cart; quote: Quote },
  after: { cart: Cart; quote: Quote },
): boolean {
  const tableChanged = before.quote.settings?.shipping !== after.quote.settings?.shipping;
  const sameCart = isDeepStrictEqual(contentsOf(before.cart), contentsOf(after.cart));
  if (!tableChanged && !sameCart) return false;
  const [was, is] = [shippingOf(before.quote), shippingOf(after.quote)];
  if (!was || !is) return false;
  const shownBefore = before.quote.options.find(({ id }) => id === is.id);
  const sameChoice = isDeepStrictEqual(before.cart.choices, after.cart.choices);
  return (shownBefore && shownBefore.amount !== is.amount) || (sameChoice && was.id !== is.id);
}

const contentsOf = ({ lines }: Cart): unknown =>
  lines.map(({ itemId, quantity }) => [itemId, quantity] as const).sort(([a], [b]) => (a < b ? -1 : 1));

const shippingOf = ({ selected }: Quote): QuotedOption | undefined =>
  selected.find(({ option }) => option.type === 'shipping')?.option;
