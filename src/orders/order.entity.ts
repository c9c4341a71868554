import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** An amount of an order by what it is for, in the protocol's words (ACP §3.2 `Total.type`). */
export interface OrderTotal {
  type: string;
  amount: number;
}

export interface Delivery {
  title: string;
  earliest: string | null;
  latest: string | null;
}

/** A sale. What was bought and for how much never changes; what became of it does. */
@Entity('shop_order')
@Index('shop_order_agent_idx', ['agentId', 'id'])
@Index('shop_order_status_idx', ['merchantStatus', 'id'])
@Index('shop_order_currency_idx', ['currency', 'id'])
@Index('shop_order_review_idx', ['id'], { where: 'needs_review' })
// Over an expression, which TypeORM cannot describe: the migration makes it, `orders.filter.ts` uses it.
@Index('shop_order_email_idx', { synchronize: false })
@Index('shop_order_recipient_email_idx', { synchronize: false })
@Check('shop_order_total_not_negative', 'total >= 0')
export class Order {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'shop_order_pkey' })
  id: string;

  /** At most one order comes of a session, whatever the code does. */
  @Index('shop_order_session_key', { unique: true })
  @Column({ type: 'text', collation: 'C' })
  sessionId: string;

  @Column({ type: 'text', collation: 'C' })
  agentId: string;

  /** Counts up; for people. */
  @Index('shop_order_number_key', { unique: true })
  @Column({ type: 'bigint' })
  number: number;

  @Column({ type: 'text' })
  merchantStatus: string;

  @Column({ type: 'boolean' })
  needsReview: boolean;

  @Column({ type: 'text' })
  currency: string;

  /** Minor units: what was charged; never reduced. */
  @Column({ type: 'bigint' })
  total: number;

  @Column({ type: 'jsonb' })
  totals: OrderTotal[];

  /** The protocol's `Buyer`, as the session had it. */
  @Column({ type: 'jsonb', nullable: true })
  buyer: object | null;

  /** Where it goes: name, phone, email, address as the session had them. */
  @Column({ type: 'jsonb', nullable: true })
  destination: object | null;

  @Column({ type: 'jsonb', nullable: true })
  delivery: Delivery | null;

  @Column({ type: 'text', nullable: true })
  notes: string | null;

  /** The payment attempt that paid it; null if nothing was to be paid. */
  @Index('shop_order_payment_idx')
  @Column({ type: 'text', collation: 'C', nullable: true })
  paymentId: string | null;

  /** Number of the last event in the outbox. */
  @Column({ type: 'int' })
  eventSeq: number;

  /** When the buyer's confirmation was handed to the mail server. */
  @Column({ type: 'timestamptz', nullable: true })
  confirmationEmailedAt: Date | null;

  @Index('shop_order_created_idx')
  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}

/**
 * What was bought of one item. `current` is what is still wanted of it: less what was canceled or returned.
 * `fulfilled` is what has left the seller's hands and was not returned; it follows from the fulfillments.
 */
@Entity('order_line')
@Index('order_line_order_idx', ['orderId', 'position'])
@Check(
  'order_line_quantities',
  'ordered > 0 AND current BETWEEN 0 AND ordered AND fulfilled BETWEEN 0 AND current',
)
export class OrderLine {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'order_line_pkey' })
  id: string;

  @ForeignKey(() => Order, { name: 'order_line_order_fkey' })
  @Column({ type: 'text', collation: 'C' })
  orderId: string;

  @Column({ type: 'int' })
  position: number;

  @Column({ type: 'text', collation: 'C' })
  itemId: string;

  @Column({ type: 'text', collation: 'C' })
  productId: string;

  @Column({ type: 'text' })
  title: string;

  @Column({ type: 'text' })
  description: string;

  @Column({ type: 'text', nullable: true })
  imageUrl: string | null;

  @Column({ type: 'bigint' })
  unitPrice: number;

  @Column({ type: 'bigint' })
  ordered: number;

  @Column({ type: 'bigint' })
  current: number;

  @Column({ type: 'bigint' })
  fulfilled: number;

  @Column({ type: 'jsonb' })
  totals: OrderTotal[];
}
