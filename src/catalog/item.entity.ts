import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Product } from './product.entity.js';

/** What can be put in a cart: one variant of a product. */
@Entity('item')
@Check('item_max_per_order_positive', 'max_per_order > 0')
export class Item {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'item_pkey' })
  id: string;

  @ForeignKey(() => Product, { name: 'item_product_fkey' })
  @Index('item_product_idx')
  @Column({ type: 'text', collation: 'C' })
  productId: string;

  @Column({ type: 'text' })
  name: string;

  /** `[{ name, value }]`, e.g. size 9. */
  @Column({ type: 'jsonb' })
  variantOptions: { name: string; value: string }[];

  @Column({ type: 'text' })
  delivery: 'shipping' | 'digital';

  @Column({ type: 'int', nullable: true })
  maxPerOrder: number | null;

  /** Off sale items stay known, so that old orders and carts can still name them. */
  @Column({ type: 'boolean' })
  onSale: boolean;

  /** Its place among the product's items. */
  @Column({ type: 'int', default: 0 })
  position: number;

  /** Set on what the merchant has removed: it is sold to nobody, while its stock and ledger go on. */
  @Column({ type: 'timestamptz', nullable: true })
  deletedAt: Date | null;
}

@Entity('item_price')
@Check('item_price_not_negative', 'amount >= 0')
export class ItemPrice {
  @ForeignKey(() => Item, { name: 'item_price_item_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'item_price_pkey' })
  itemId: string;

  /** ISO 4217, lowercase. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'item_price_pkey' })
  currency: string;

  /** Minor units, without tax. */
  @Column({ type: 'bigint' })
  amount: number;
}
