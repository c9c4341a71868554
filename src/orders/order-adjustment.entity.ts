import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { LineQuantity } from './fulfillments/order-fulfillment.entity.js';
import { Order } from './order.entity.js';

/** ACP §3.7 `Adjustment.type`. The provider tells of refunds and disputes, the merchant of the others. */
export const adjustmentTypes = [
  'refund',
  'credit',
  'return',
  'exchange',
  'price_adjustment',
  'cancellation',
  'dispute',
] as const;
export type AdjustmentType = (typeof adjustmentTypes)[number];

/** What changed an order's money or lines after it was placed (ACP §3.7 `Adjustment`). */
@Entity('order_adjustment')
@Index('order_adjustment_order_idx', ['orderId', 'id'])
@Check('order_adjustment_not_negative', 'amount >= 0')
export class OrderAdjustment {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'order_adjustment_pkey' })
  id: string;

  @ForeignKey(() => Order, { name: 'order_adjustment_order_fkey' })
  @Column({ type: 'text', collation: 'C' })
  orderId: string;

  /** The payment operation or the dispute it tells of: one adjustment each. Null if it tells of nothing but itself. */
  @Index('order_adjustment_source_key', { unique: true })
  @Column({ type: 'text', collation: 'C', nullable: true })
  sourceId: string | null;

  @Column({ type: 'text' })
  type: AdjustmentType;

  @Column({ type: 'text' })
  status: 'pending' | 'completed' | 'failed';

  /** Minor units, tax included. Null where no amount was said: a return moves no money by itself. */
  @Column({ type: 'bigint', nullable: true })
  amount: number | null;

  @Column({ type: 'text', nullable: true })
  currency: string | null;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'jsonb' })
  lineItems: LineQuantity[];

  @Column({ type: 'timestamptz' })
  occurredAt: Date;
}
