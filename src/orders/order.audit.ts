import { hashed } from '../audit/hashed.js';
import type { Order } from './order.entity.js';

/** Where an order stands, before and after a change, for the audit log. */
export const standing = ({ merchantStatus, needsReview }: Order) => ({
  status: merchantStatus,
  needs_review: needsReview,
});

/** Ids, codes, amounts and times. */
const plain = new Set(['type', 'line_items', 'amount', 'currency', 'restock', 'carrier', 'occurred_at']);

/** What somebody asked for, for the audit log. Whatever is not known to be plain may tell of the buyer, as sentences do. */
export const asked = (request: object): object =>
  Object.fromEntries(
    Object.entries(request).map(([name, value]) => [
      name,
      plain.has(name) ? (value as unknown) : hashed(value),
    ]),
  );
