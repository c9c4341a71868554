import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** `order_confirmation` is about the order, `shipment` about one of its fulfillments. */
export const emailKinds = ['order_confirmation', 'shipment'] as const;
export type EmailKind = (typeof emailKinds)[number];

/**
 * `pending`: to be sent, now or later. `sent`: the mail server has taken it. `dead`: given up, to be looked at and
 * resent. `skipped`: there was nothing to send or nobody to send it to.
 */
export const emailStates = ['pending', 'sent', 'dead', 'skipped'] as const;
export type EmailState = (typeof emailStates)[number];

/** That an e-mail is to be sent. Holds no address and no text: both are made from the order when it is sent. */
@Entity('email_message')
@Index('email_message_subject_key', ['orderId', 'kind', 'subjectId'], { unique: true })
@Index('email_message_due_idx', ['nextAt'], { where: `state = 'pending'` })
@Index('email_message_dead_idx', ['id'], { where: `state = 'dead'` })
@Check('email_message_attempts_not_negative', 'attempts >= 0')
export class EmailMessage {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'email_message_pkey' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  orderId: string;

  @Column({ type: 'text' })
  kind: EmailKind;

  /** What it tells of: the order or the fulfillment. */
  @Column({ type: 'text', collation: 'C' })
  subjectId: string;

  @Column({ type: 'text' })
  state: EmailState;

  /** Since it was made or last resent. */
  @Column({ type: 'int' })
  attempts: number;

  /** Counts how often one that was sent was wanted again: each is a message of its own to whoever receives it. */
  @Column({ type: 'int' })
  edition: number;

  /** Null once there is nothing more to do. */
  @Column({ type: 'timestamptz', nullable: true })
  nextAt: Date | null;

  @Column({ type: 'text', nullable: true })
  leaseToken: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;

  /** What kind of failure the last one was, or why it was skipped; never what the mail server said. */
  @Column({ type: 'text', nullable: true })
  lastError: string | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz', nullable: true })
  sentAt: Date | null;
}
