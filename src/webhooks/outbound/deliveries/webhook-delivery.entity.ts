import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { OrderEventType } from '../../../outbox/outbox-event.entity.js';
import type { WebhookProfile } from '../profiles/webhook-profile.js';

/**
 * `pending`: to be sent, now or later. `delivered`: answered with 2xx. `superseded`: a newer state of the same order was
 * delivered instead. `dead`: given up, to be looked at and replayed. `canceled`: its endpoint was deleted, or became another agent’s.
 */
export const deliveryStates = ['pending', 'delivered', 'superseded', 'dead', 'canceled'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** The exact text that is sent: rendered once, and never again, for all endpoints that get the same. */
@Entity('webhook_body')
export class WebhookBody {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'webhook_body_pkey' })
  id: string;

  @Column({ type: 'text' })
  body: string;
}

/** One event for one endpoint: what is sent, and how far that has come. */
@Entity('webhook_delivery')
@Index('webhook_delivery_event_key', ['endpointId', 'eventId'], { unique: true })
@Index('webhook_delivery_order_idx', ['orderId', 'endpointId', 'seq'])
@Index('webhook_delivery_due_idx', ['endpointId', 'nextAt'], { where: `state = 'pending'` })
@Index('webhook_delivery_dead_idx', ['id'], { where: `state = 'dead'` })
@Check('webhook_delivery_attempts_not_negative', 'attempts >= 0')
export class WebhookDelivery {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'webhook_delivery_pkey' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  endpointId: string;

  /** Null for a test, which tells of no order. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  eventId: string | null;

  @Column({ type: 'text', collation: 'C', nullable: true })
  orderId: string | null;

  /** The event's number in its order. */
  @Column({ type: 'int' })
  seq: number;

  @Column({ type: 'text' })
  type: OrderEventType;

  /** As it was when the body was made. */
  @Column({ type: 'text' })
  profile: WebhookProfile;

  /** The same on every attempt. */
  @Column({ type: 'text' })
  requestId: string;

  /** The `WebhookBody` that is sent on every attempt. */
  @Column({ type: 'text', collation: 'C' })
  bodyId: string;

  @Column({ type: 'text' })
  state: DeliveryState;

  /** Since it was made or last replayed. */
  @Column({ type: 'int' })
  attempts: number;

  /** Null once there is nothing more to do. */
  @Column({ type: 'timestamptz', nullable: true })
  nextAt: Date | null;

  @Column({ type: 'text', nullable: true })
  leaseToken: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;

  /** The newer delivery that made this one needless. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  supersededBy: string | null;

  /** HTTP status of the last attempt; null if there was no answer. */
  @Column({ type: 'int', nullable: true })
  lastStatus: number | null;

  /** What kind of failure the last one was. */
  @Column({ type: 'text', nullable: true })
  lastError: string | null;

  /** When what it tells of happened. */
  @Column({ type: 'timestamptz' })
  occurredAt: Date;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  /** When it was delivered, superseded, given up or canceled. */
  @Column({ type: 'timestamptz', nullable: true })
  endedAt: Date | null;
}
