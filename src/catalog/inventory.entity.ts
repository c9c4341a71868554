import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { Item } from './item.entity.js';

/** Stock of one item. The checks hold whatever the code does: nothing is sold that is not there. */
@Entity('inventory')
@Check('inventory_reserved_not_negative', 'reserved >= 0')
@Check('inventory_never_oversold', 'NOT tracked OR reserved <= on_hand')
export class Inventory {
  @ForeignKey(() => Item, { name: 'inventory_item_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'inventory_pkey' })
  itemId: string;

  /** False for what never runs out, such as a download. */
  @Column({ type: 'boolean' })
  tracked: boolean;

  @Column({ type: 'bigint' })
  onHand: number;

  /** Held for checkouts whose payment is under way; always the sum of the item's holds. */
  @Column({ type: 'bigint' })
  reserved: number;
}

/** Units held for one checkout session from before its charge until the sale or the release. */
@Entity('inventory_hold')
@Check('inventory_hold_positive', 'quantity > 0')
export class InventoryHold {
  /** Whom it is held for; the catalogue does not know what that is. */
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'inventory_hold_pkey' })
  holderId: string;

  @ForeignKey(() => Inventory, { name: 'inventory_hold_inventory_fkey' })
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'inventory_hold_pkey' })
  itemId: string;

  @Column({ type: 'bigint' })
  quantity: number;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
