import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a shopper recognises as one thing; sold as one or more items (sizes, colours). */
@Entity('product')
@Index('product_category_idx', ['category', 'id'])
export class Product {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'product_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  description: string;

  @Column({ type: 'text' })
  category: string;

  /** Absolute URLs, the first one leads. */
  @Column({ type: 'text', array: true })
  images: string[];

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;

  /** Set on what the merchant has removed: nobody sees it, and its row keeps the id for whoever comes back to it. */
  @Column({ type: 'timestamptz', nullable: true })
  deletedAt: Date | null;
}
