import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ProviderDispute } from './providers/payment-provider.js';

/** A buyer's complaint to the bank, as the provider last showed it. */
@Entity('payment_dispute')
@Index('payment_dispute_reference_key', ['provider', 'reference'], { unique: true })
export class PaymentDispute {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'payment_dispute_pkey' })
  id: string;

  @Index('payment_dispute_payment_idx')
  @Column({ type: 'text', collation: 'C' })
  paymentId: string;

  @Column({ type: 'text' })
  provider: string;

  /** The provider's id. */
  @Column({ type: 'text' })
  reference: string;

  /** In the provider's words. */
  @Column({ type: 'text' })
  reason: string;

  @Column({ type: 'text' })
  status: ProviderDispute['status'];

  /** Minor units. */
  @Column({ type: 'bigint' })
  amount: number;

  @Column({ type: 'text' })
  currency: string;

  @Column({ type: 'timestamptz' })
  openedAt: Date;

  /** When the look that wrote this row began: an older look that arrives later is dropped. */
  @Column({ type: 'timestamptz' })
  observedAt: Date;
}
