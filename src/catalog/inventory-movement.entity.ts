import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/**
 * Why there is more or less on hand than before. `opening`: what there was when the ledger began; `restock`: what was
 * sold came back; `adjustment`: the merchant said so; `repair`: the ledger was brought back in line with the shelf;
 * `carried_forward`: what older ones, no longer kept one by one, add up to.
 */
export const movementReasons = [
  'opening',
  'sale',
  'restock',
  'adjustment',
  'import',
  'repair',
  'carried_forward',
] as const;
export type MovementReason = (typeof movementReasons)[number];

/**
 * One change of what is on hand, written by the statement that made it; old ones are added up. Holds are no movements:
 * nothing has left the shelf yet, and writing two more rows for every checkout would slow down the item that everybody
 * wants. They are in `inventory_hold` as long as they last.
 */
@Entity('inventory_movement')
export class InventoryMovement {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'inventory_movement_pkey' })
  itemId: string;

  /** Given while the item's row is locked: of one item, in the order in which it happened, whatever the clocks say. */
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'inventory_movement_pkey',
  })
  id: number;

  /** Negative for what left. */
  @Column({ type: 'bigint' })
  change: number;

  /** What was on hand afterwards. */
  @Column({ type: 'bigint' })
  onHand: number;

  @Column({ type: 'text' })
  reason: MovementReason;

  /** The session, order or request it belongs to. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  reference: string | null;

  /** Whose doing: an agent id for an API call, else the part of the shop. */
  @Column({ type: 'text' })
  actor: string;

  /** The merchant's own words. */
  @Column({ type: 'text', nullable: true })
  note: string | null;

  @Column({ type: 'timestamptz' })
  at: Date;
}
