import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Order } from '../order.entity.js';
import type { FulfillmentEventType, FulfillmentType } from './fulfillment.states.js';

/** How many pieces of a line of the order. */
export interface LineQuantity {
  id: string;
  quantity: number;
}

/** Members as the protocol names them (ACP §3.7). */
export interface DigitalDelivery {
  access_url: string;
  license_key?: string;
  expires_at?: string;
}

/** A parcel, a pickup or a download: what is in it never changes, its status follows from its events. */
@Entity('order_fulfillment')
@Index('order_fulfillment_order_idx', ['orderId', 'createdAt', 'id'])
export class OrderFulfillment {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'order_fulfillment_pkey' })
  id: string;

  @ForeignKey(() => Order, { name: 'order_fulfillment_order_fkey' })
  @Column({ type: 'text', collation: 'C' })
  orderId: string;

  @Column({ type: 'text' })
  type: FulfillmentType;

  @Column({ type: 'text', nullable: true })
  carrier: string | null;

  @Column({ type: 'text', nullable: true })
  trackingNumber: string | null;

  @Column({ type: 'text', nullable: true })
  trackingUrl: string | null;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  /** No line stands here twice. */
  @Column({ type: 'jsonb' })
  lineItems: LineQuantity[];

  @Column({ type: 'jsonb', nullable: true })
  digitalDelivery: DigitalDelivery | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}

/** Something that happened to a fulfillment. Written once, never changed. */
@Entity('order_fulfillment_event')
@Index('order_fulfillment_event_order_idx', ['orderId'])
@Index('order_fulfillment_event_position_key', ['fulfillmentId', 'position'], { unique: true })
export class OrderFulfillmentEvent {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'order_fulfillment_event_pkey' })
  id: string;

  @ForeignKey(() => OrderFulfillment, { name: 'order_fulfillment_event_fulfillment_fkey' })
  @Column({ type: 'text', collation: 'C' })
  fulfillmentId: string;

  /** The fulfillment's, so that all events of some orders are one query. */
  @Column({ type: 'text', collation: 'C' })
  orderId: string;

  /** In the order they were recorded in; when they happened may be told late. */
  @Column({ type: 'int' })
  position: number;

  @Column({ type: 'text' })
  type: FulfillmentEventType;

  @Column({ type: 'timestamptz' })
  occurredAt: Date;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'text', nullable: true })
  location: string | null;

  @Column({ type: 'timestamptz' })
  recordedAt: Date;
}

/** A fulfillment with its log, the oldest event first. */
export type LoggedFulfillment = OrderFulfillment & { events: OrderFulfillmentEvent[] };
