import { apiErrors } from '../common/api-error.js';
import { newId } from '../common/id.js';
import type {
  Address,
  Buyer,
  CartLine,
  FulfillmentDetails,
  OptionChoice,
  SessionContent,
} from './session-content.js';

/** What a create or an update says. Absent leaves a thing as it is, null clears it. */
export interface CartChanges {
  lines?: RequestedLine[];
  buyer?: Record<string, unknown> | null;
  fulfillment?: FulfillmentPatch | null;
  choices?: OptionChoice[] | null;
  discountCodes?: string[] | null;
  orderNotes?: string | null;
}

export interface RequestedLine {
  itemId: string;
  quantity: number;
}

export interface FulfillmentPatch {
  name?: string | null;
  phoneNumber?: string | null;
  email?: string | null;
  /** Replaced whole. */
  address?: Address | null;
}

export const maximumQuantity = 1_000_000;

/** Applies what was said; objects merge as RFC 7396 says, lists are replaced. */
export function applyChanges(content: SessionContent, changes: CartChanges): SessionContent {
  const lines = changes.lines ? mergeLines(changes.lines, content.lines) : content.lines;
  return {
    ...content,
    lines,
    buyer: mergeBuyer(content.buyer, changes.buyer),
    fulfillment: mergeFulfillment(content.fulfillment, changes.fulfillment),
    choices: changes.choices === undefined ? content.choices : (changes.choices ?? []),
    discountCodes:
      changes.discountCodes === undefined ? content.discountCodes : (changes.discountCodes ?? []),
    orderNotes: changes.orderNotes === undefined ? content.orderNotes : changes.orderNotes,
  };
}

/** Lines of one item become one line, which keeps its id from before. */
function mergeLines(requested: RequestedLine[], before: CartLine[]): CartLine[] {
  const merged = new Map<string, CartLine>();
  requested.forEach(({ itemId, quantity }, index) => {
    const known = merged.get(itemId) ?? {
      id: before.find((line) => line.itemId === itemId)?.id ?? newId('li'),
      itemId,
      quantity: 0,
    };
    known.quantity += quantity;
    if (known.quantity > maximumQuantity) {
      throw apiErrors.invalid(`$.line_items[${index}].quantity`, `At most ${maximumQuantity} of one item.`);
    }
    merged.set(itemId, known);
  });
  return [...merged.values()];
}

function mergeBuyer(before: Buyer | null, patch: CartChanges['buyer']): Buyer | null {
  if (patch === undefined) return before;
  if (patch === null) return null;
  const { email, ...rest } = withoutNulls({ ...before, ...patch });
  if (typeof email !== 'string') throw apiErrors.missing('$.buyer.email');
  return { email, ...rest };
}

function mergeFulfillment(
  before: FulfillmentDetails | null,
  patch: CartChanges['fulfillment'],
): FulfillmentDetails | null {
  if (patch === undefined) return before;
  return patch === null ? null : withoutNulls({ ...before, ...patch });
}

function withoutNulls<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], null> } {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== null && member !== undefined),
  ) as never;
}
