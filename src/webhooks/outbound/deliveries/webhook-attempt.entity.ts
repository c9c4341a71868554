import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A try to deliver, as it went. Written once, never changed. */
@Entity('webhook_attempt')
@Index('webhook_attempt_delivery_idx', ['deliveryId', 'id'])
export class WebhookAttempt {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'webhook_attempt_pkey' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  deliveryId: string;

  @Column({ type: 'timestamptz' })
  at: Date;

  /** HTTP status; null if there was no complete answer. */
  @Column({ type: 'int', nullable: true })
  status: number | null;

  /** What kind of failure; null for a success. */
  @Column({ type: 'text', nullable: true })
  error: string | null;

  @Column({ type: 'int' })
  latencyMs: number;

  /** The beginning of what was answered. */
  @Column({ type: 'text', nullable: true })
  responseExcerpt: string | null;
}
