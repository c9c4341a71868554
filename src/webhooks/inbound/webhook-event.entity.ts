import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * `received`: stored and not yet acted on. `waiting`: ours, but about something that is not here yet; asked again.
 * `processed`: what the provider has is what we have. `ignored`: nothing to do. `failed`: given up, for a person.
 */
export const webhookEventStates = ['received', 'waiting', 'processed', 'ignored', 'failed'] as const;
export type WebhookEventState = (typeof webhookEventStates)[number];

export type WebhookEventResult =
  'applied' | 'foreign' | 'nothing_to_do' | 'unknown_type' | 'never_appeared' | 'gave_up';

/**
 * A provider's webhook whose signature was right. A row stays for good: its event id is what makes a late duplicate
 * one. The body, encrypted, goes after a while.
 */
@Entity('webhook_event')
@Index('webhook_event_key', ['provider', 'eventId'], { unique: true })
@Index('webhook_event_due_idx', ['nextAt'], { where: `state IN ('received', 'waiting')` })
@Index('webhook_event_body_idx', ['receivedAt'], { where: 'body IS NOT NULL' })
@Index('webhook_event_payment_idx', ['payment'], { where: 'body IS NOT NULL' })
@Index('webhook_event_failed_idx', ['id'], { where: `state = 'failed'` })
export class WebhookEvent {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'webhook_event_pkey' })
  id: string;

  @Column({ type: 'text' })
  provider: string;

  /** The provider's id: the same however often it is delivered. */
  @Column({ type: 'text', collation: 'C' })
  eventId: string;

  @Column({ type: 'text' })
  type: string;

  /** False for types that the provider added since, or that nobody asked for. */
  @Column({ type: 'boolean' })
  known: boolean;

  /** What to look at again; null if there is nothing. */
  @Column({ type: 'text', nullable: true })
  part: 'payment' | 'refunds' | 'dispute' | null;

  /** The provider's id of the payment. */
  @Column({ type: 'text', nullable: true })
  payment: string | null;

  /** The provider's id of the dispute. */
  @Column({ type: 'text', nullable: true })
  dispute: string | null;

  @Column({ type: 'text' })
  state: WebhookEventState;

  @Column({ type: 'text', nullable: true })
  result: WebhookEventResult | null;

  /** Ids, states and amounts, for people. */
  @Column({ type: 'jsonb' })
  summary: Record<string, unknown>;

  /** The bytes as they came, encrypted. Long, so read only by who asks for it by name. */
  @Column({ type: 'text', nullable: true, select: false })
  body: string | null;

  @Column({ type: 'int' })
  attempts: number;

  /** Null once there is nothing more to do. */
  @Column({ type: 'timestamptz', nullable: true })
  nextAt: Date | null;

  /** Tried at least until then; begins anew with a replay. */
  @Column({ type: 'timestamptz' })
  tryUntil: Date;

  @Column({ type: 'text', nullable: true })
  leaseToken: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;

  /** What kind of failure the last one was; never what was in it. */
  @Column({ type: 'text', nullable: true })
  lastError: string | null;

  @Column({ type: 'timestamptz' })
  receivedAt: Date;

  @Column({ type: 'timestamptz', nullable: true })
  processedAt: Date | null;
}
