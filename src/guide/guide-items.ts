import type { SellableItem } from '../catalog/catalog.store.js';
import type { RequestedLine } from '../checkout/cart-changes.js';
import { ApiError } from '../common/api-error.js';
import { guideErrors } from './guide.errors.js';

type ItemMember = 'product_id' | 'variant_id' | 'quantity';

interface RequestedItem {
  product_id: string;
  variant_id?: string | null;
  quantity?: number | null;
}

/** The items of a request, sent in a list or flat, and what the agent called their members. */
export interface RequestedItems {
  items: RequestedItem[];
  nameOf: (index: number, member: ItemMember) => string;
}

/** What the agent called a member of the item that became this one of the catalogue. */
export type NameItemField = (itemId: string, member: ItemMember) => string;

export function readItems({
  items,
  product_id,
  variant_id,
  quantity,
}: { items?: RequestedItem[] | null } & Partial<RequestedItem>): RequestedItems | undefined {
  if (items && product_id !== undefined)
    throw guideErrors.invalidRequest('Send items or one product_id, not both.', ['items', 'product_id']);
  if (items) return { items, nameOf: (index, member) => `items[${index}].${member}` };
  if (product_id === undefined) return undefined;
  return { items: [{ product_id, variant_id, quantity }], nameOf: (_, member) => member };
}

/** Which item of the catalogue each one means: the variant, the item itself, or the only item of a product. */
export function chooseItems({ items, nameOf }: RequestedItems, known: SellableItem[]): RequestedLine[] {
  return items.map(({ product_id, variant_id, quantity }, index) => {
    const refuse = (message: string, member: ItemMember): ApiError =>
      guideErrors.invalidRequest(message, [nameOf(index, member)]);
    const candidates = known.filter(({ id, productId }) => id === product_id || productId === product_id);
    const chosen = variant_id == null ? candidates : candidates.filter(({ id }) => id === variant_id);
    const [item, another] = chosen;
    if (candidates.length === 0) throw refuse('The shop does not have this product.', 'product_id');
    if (!item) throw refuse('This product does not come in that variant.', 'variant_id');
    if (another) {
      const names = chosen.map(({ name }) => name).join('; ');
      throw refuse(`Which one is it to be? There is: ${names}.`, 'variant_id');
    }
    return { itemId: item.id, quantity: quantity ?? 1 };
  });
}

/** For refusals about a line: the item of the request that it came from. */
export const fieldNames =
  (requested: RequestedItems | undefined, lines: RequestedLine[]): NameItemField =>
  (itemId, member) => {
    const index = lines.findIndex((line) => line.itemId === itemId);
    return requested && index >= 0 ? requested.nameOf(index, member) : 'items';
  };

/** A refusal of the use-case about one of the lines that it was given, in the words of the request. */
export function inRequestWords(error: unknown, requested: RequestedItems | undefined): unknown {
  const path = error instanceof ApiError ? error.options.param : undefined;
  const [, index, member] = /^\$\.line_items\[(\d+)\]\.(id|quantity)$/.exec(path ?? '') ?? [];
  if (!(error instanceof ApiError) || !requested || index === undefined) return error;
  const field = requested.nameOf(Number(index), member === 'id' ? 'product_id' : 'quantity');
  return guideErrors.invalidRequest(error.message, [field]);
}
