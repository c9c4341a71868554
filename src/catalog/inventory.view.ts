import type { InventoryMovement } from './inventory-movement.entity.js';
import type { Stock } from './inventory.store.js';

type Counts = Pick<Stock, 'tracked' | 'onHand' | 'reserved'>;

/** `available` is null where nobody counts: there is always more. */
export const stockView = ({ tracked, onHand, reserved }: Counts): object => ({
  tracked,
  on_hand: onHand,
  reserved,
  available: tracked ? onHand - reserved : null,
});

export const inventoryView = (stock: Stock): object => ({ item_id: stock.itemId, ...stockView(stock) });

/** The address of a movement, for paging. */
export const movementId = (id: number): string => `mov_${id}`;

export const movementView = (movement: InventoryMovement): { id: string } & Record<string, unknown> => ({
  id: movementId(movement.id),
  item_id: movement.itemId,
  change: movement.change,
  on_hand: movement.onHand,
  reason: movement.reason,
  reference: movement.reference,
  actor: movement.actor,
  note: movement.note,
  at: movement.at,
});
