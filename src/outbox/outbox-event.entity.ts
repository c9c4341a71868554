import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const orderEventTypes = ['order_create', 'order_update'] as const;
export type OrderEventType = (typeof orderEventTypes)[number];

/** Something that happened to an order and that others must hear of; written in the transaction that made it so. */
@Entity('outbox_event')
@Index('outbox_event_order_seq_key', ['orderId', 'seq'], { unique: true })
@Index('outbox_event_occurred_idx', ['occurredAt'])
@Index('outbox_event_waiting_idx', ['id'], { where: 'relayed_at IS NULL' })
export class OutboxEvent {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'outbox_event_pkey' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  orderId: string;

  @Column({ type: 'text', collation: 'C' })
  agentId: string;

  /** Counts the events of one order from 1. */
  @Column({ type: 'int' })
  seq: number;

  @Column({ type: 'text' })
  type: OrderEventType;

  /** The order as it was then, as JSON text; never re-rendered. */
  @Column({ type: 'text' })
  snapshot: string;

  @Column({ type: 'timestamptz' })
  occurredAt: Date;

  /** When it was turned into deliveries. */
  @Column({ type: 'timestamptz', nullable: true })
  relayedAt: Date | null;
}
