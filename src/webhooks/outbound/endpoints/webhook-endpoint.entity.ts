import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { OrderEventType } from '../../../outbox/outbox-event.entity.js';
import type { WebhookProfile } from '../profiles/webhook-profile.js';

/** An address that wants to hear of orders: an agent platform's, or the merchant's own. */
@Entity('webhook_endpoint')
@Index('webhook_endpoint_agent_idx', ['agentId'], { where: 'deleted_at IS NULL' })
@Check('webhook_endpoint_failures_not_negative', 'consecutive_failures >= 0')
export class WebhookEndpoint {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'webhook_endpoint_pkey' })
  id: string;

  /** Whose orders it hears of; null: everybody's. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  agentId: string | null;

  @Column({ type: 'text' })
  url: string;

  /** For people. */
  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'text' })
  profile: WebhookProfile;

  /** In which header the profile `openai` carries its signature; the others have a fixed one. */
  @Column({ type: 'text', nullable: true })
  signatureHeader: string | null;

  @Column({ type: 'text', array: true })
  events: OrderEventType[];

  @Column({ type: 'boolean' })
  enabled: boolean;

  /** Signs; encrypted, bound to the id. */
  @Column({ type: 'text' })
  secret: string;

  /** Signs from `nextSecretAt` on; encrypted, bound to the id. */
  @Column({ type: 'text', nullable: true })
  nextSecret: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  nextSecretAt: Date | null;

  /** Failures since the last success, of whatever delivery. */
  @Column({ type: 'int' })
  consecutiveFailures: number;

  /** When the first of them was. */
  @Column({ type: 'timestamptz', nullable: true })
  failingSince: Date | null;

  /** Nothing is sent before: it has failed too often in a row. */
  @Column({ type: 'timestamptz', nullable: true })
  restingUntil: Date | null;

  /** When and why it was disabled by us rather than by the merchant. */
  @Column({ type: 'timestamptz', nullable: true })
  disabledAt: Date | null;

  @Column({ type: 'text', nullable: true })
  disabledReason: string | null;

  /** A deleted one stays as a row: its deliveries are history. */
  @Column({ type: 'timestamptz', nullable: true })
  deletedAt: Date | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
