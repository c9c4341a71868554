import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Order } from './order.entity.js';

/** What changed an order's money after it was placed (ACP §3.7 `Adjustment`). */
@Entity('order_adjustment')
@Index('order_adjustment_order_idx', ['orderId', 'id'])
@Check('order_adjustment_not_negative', 'amount >= 0')
export class OrderAdjustment {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'order_adjustment_pkey' })
  id: string;

  @ForeignKey(() => Order, { name: 'order_adjustment_order_fkey' })
  @Column({ type: 'text', collation: 'C' })
  orderId: string;

  /** The payment operation or the dispute it tells of: one adjustment each. */
  @Index('order_adjustment_source_key', { unique: true })
  @Column({ type: 'text', collation: 'C' })
  sourceId: string;

  @Column({ type: 'text' })
  type: 'refund' | 'dispute';

  @Column({ type: 'text' })
  status: 'pending' | 'completed' | 'failed';

  /** Minor units, tax included. */
  @Column({ type: 'bigint' })
  amount: number;

  @Column({ type: 'text' })
  currency: string;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'jsonb' })
  lineItems: { id: string; quantity: number }[];

  @Column({ type: 'timestamptz' })
  occurredAt: Date;
}
