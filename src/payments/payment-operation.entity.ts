import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What can be done to a payment after it was made. */
export const operationKinds = ['refund', 'capture', 'release'] as const;
export type OperationKind = (typeof operationKinds)[number];

/**
 * started: committed, nothing sent · called: it may have reached the provider · unknown: the answer was lost ·
 * pending: accepted, its end is still to come · succeeded · failed: the provider will not do it, or took it back.
 */
export const operationStates = ['started', 'called', 'unknown', 'pending', 'succeeded', 'failed'] as const;
export type OperationState = (typeof operationStates)[number];

export const openOperationStates: readonly OperationState[] = ['started', 'called', 'unknown', 'pending'];

/** Money back, a capture or a release. Committed before the provider is called; any process can resume it. */
@Entity('payment_operation')
@Index('payment_operation_claim_key', ['claimId'], { unique: true, where: 'claim_id IS NOT NULL' })
@Index('payment_operation_reference_key', ['provider', 'reference'], {
  unique: true,
  where: 'reference IS NOT NULL',
})
@Index('payment_operation_orphan_key', ['provider', 'paymentReference'], {
  unique: true,
  where: 'payment_id IS NULL',
})
@Index('payment_operation_one_ending_key', ['paymentId'], {
  unique: true,
  where: "kind IN ('capture', 'release') AND state <> 'failed'",
})
@Index('payment_operation_due_idx', ['nextAt'], {
  where: "state IN ('started', 'called', 'unknown', 'pending')",
})
@Check('payment_operation_amount_positive', 'amount > 0')
export class PaymentOperation {
  /** Also the provider's idempotency key. */
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'payment_operation_pkey' })
  id: string;

  @Column({ type: 'text' })
  kind: OperationKind;

  /** Null for the refund of a payment that no row of ours knows: the backup that was restored is older. */
  @Index('payment_operation_payment_idx')
  @Column({ type: 'text', collation: 'C', nullable: true })
  paymentId: string | null;

  @Column({ type: 'text' })
  provider: string;

  /** The provider's id of the payment. */
  @Column({ type: 'text' })
  paymentReference: string;

  /** The request that asked for it; the same request finds it again. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  claimId: string | null;

  /** Minor units. */
  @Column({ type: 'bigint' })
  amount: number;

  @Column({ type: 'text' })
  currency: string;

  @Column({ type: 'text' })
  reason: string;

  /** `admin`, or what in the program wanted it; `provider` for refunds made in the provider's dashboard. */
  @Column({ type: 'text' })
  requestedBy: string;

  @Column({ type: 'text' })
  state: OperationState;

  /** The provider's id of a refund. */
  @Column({ type: 'text', nullable: true })
  reference: string | null;

  /** Why it failed. */
  @Column({ type: 'text', nullable: true })
  failure: string | null;

  @Column({ type: 'text', nullable: true })
  leaseToken: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;

  /** Set before the first call. */
  @Column({ type: 'timestamptz', nullable: true })
  calledAt: Date | null;

  @Column({ type: 'int' })
  tries: number;

  /** When to look again, if nothing happens before. */
  @Column({ type: 'timestamptz' })
  nextAt: Date;

  /** When it was handed to a person. */
  @Column({ type: 'timestamptz', nullable: true })
  flaggedAt: Date | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
