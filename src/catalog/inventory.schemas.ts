import { count, flag, instant, list, orNull, shape, text, word } from '../common/http/schema.js';
import { movementReasons } from './inventory-movement.entity.js';

/* Stock as the documentation describes it. */

const tracked = flag('False for what never runs out');
const onHand = count('What is on the shelf');

export const stockMembers = {
  tracked,
  on_hand: onHand,
  reserved: count('What of it is held for checkouts under way'),
  available: orNull(count('What can be bought now; null where nobody counts')),
};

export const inventorySchema = shape('Inventory', { item_id: text('Id of the item'), ...stockMembers });

export const movementSchema = shape('InventoryMovement', {
  id: text('Id of the movement'),
  item_id: text('Id of the item'),
  change: count('So many more; negative for what left'),
  on_hand: count('What was on the shelf afterwards'),
  reason: word(
    'Why. `opening`: what there was when the ledger began; `carried_forward`: what older entries add up to',
    movementReasons,
  ),
  reference: orNull(text('The session, order or request it belongs to')),
  actor: text('Whose doing: an agent id, else the part of the shop'),
  note: orNull(text('The merchant’s own words')),
  at: instant('When'),
});

const findingSchema = shape('InventoryFinding', {
  item_id: text('Id of the item'),
  problems: list('What does not agree', { type: 'string', enum: ['reserved', 'uncovered', 'ledger'] }),
  tracked,
  on_hand: onHand,
  reserved: count('What the item says is held'),
  held: count('What the checkouts hold'),
  ledger: count('What its movements add up to'),
});

export const inventoryCheckSchema = shape('InventoryCheck', {
  ok: flag('Whether all of them agree'),
  items: count('How many items were looked at'),
  broken: list('Those that do not agree', findingSchema),
  more: flag('Whether there are more than are listed'),
});

export const inventoryRepairSchema = shape('InventoryRepair', {
  repaired: list('As they are now', findingSchema),
  left: list('Those for a person: more is held than is there', findingSchema),
});
