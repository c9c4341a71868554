import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { PreparedObject } from './providers/payment-provider.js';

/**
 * An order or a link at the provider, made before anybody pays. Committed before the provider is asked, so that a
 * payment that turns up on it is recognised; its id is what the provider's notes carry.
 */
@Entity('prepared_payment')
@Index('prepared_payment_closing_idx', ['releasedAt'], {
  where: "kind = 'link' AND released_at IS NOT NULL AND closed_at IS NULL",
})
@Check('prepared_payment_amount_positive', 'amount > 0')
export class PreparedPayment {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'prepared_payment_pkey' })
  id: string;

  @Index('prepared_payment_subject_idx')
  @Column({ type: 'text', collation: 'C' })
  subjectId: string;

  @Column({ type: 'text' })
  provider: string;

  @Column({ type: 'text' })
  kind: PreparedObject['kind'];

  /** Minor units. */
  @Column({ type: 'bigint' })
  amount: number;

  @Column({ type: 'text' })
  currency: string;

  /** The provider's id; null if it was asked and never answered: then nobody knows where to pay. */
  @Column({ type: 'text', nullable: true })
  reference: string | null;

  @Column({ type: 'text', nullable: true })
  url: string | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  /** Since when its subject no longer wants to be paid by it. */
  @Column({ type: 'timestamptz', nullable: true })
  releasedAt: Date | null;

  /** Since when nobody can pay it: a link that was closed, an order or a link that was paid. */
  @Column({ type: 'timestamptz', nullable: true })
  closedAt: Date | null;
}
