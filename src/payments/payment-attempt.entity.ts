import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AttemptState } from './payment.states.js';
import type { AttemptFailure, InstrumentSummary, PreparedObject } from './providers/payment-provider.js';

/** The provider call as it will be sent, whoever sends it; everything but the credential, which is encrypted beside it. */
export interface FrozenRequest {
  credentialKind: string;
  capture: 'automatic' | 'manual';
  description: string;
  /** What had been prepared at the provider for this total. */
  prepared: PreparedObject[];
  /** What else the session could be paid by, of all providers: closed before the charge is sent. */
  links: { provider: string; reference: string }[];
  /** False: a demand for 3-D Secure is a decline, since whoever asked cannot go through with it. */
  canAuthenticate: boolean;
}

export interface Transition {
  at: string;
  from: AttemptState;
  to: AttemptState;
  by: string;
}

/**
 * One attempt to take money for one subject (a checkout session; payments does not know that). Committed before
 * the provider is called, so that any process can resume it from its row.
 */
@Entity('payment_attempt')
@Index('payment_attempt_number_key', ['subjectId', 'n'], { unique: true })
@Index('payment_attempt_one_live_key', ['subjectId'], {
  unique: true,
  where:
    "state IN ('started', 'anchored', 'called', 'unknown', 'pending', 'requires_action', 'canceling', 'authorized', 'captured')",
})
@Index('payment_attempt_open_idx', ['createdAt'], {
  where: "state IN ('started', 'called', 'unknown', 'pending', 'requires_action')",
})
@Index('payment_attempt_reference_idx', ['provider', 'reference'], { where: 'reference IS NOT NULL' })
@Index('payment_attempt_reference_key', ['provider', 'reference'], {
  unique: true,
  where: "reference IS NOT NULL AND state NOT IN ('failed', 'canceled')",
})
@Index('payment_attempt_authentication_key', ['authenticationId'], {
  unique: true,
  where: 'authentication_id IS NOT NULL',
})
@Index('payment_attempt_canceling_idx', ['updatedAt'], { where: "state = 'canceling'" })
@Index('payment_attempt_paid_idx', ['provider', 'updatedAt'], {
  where: "state IN ('authorized', 'captured')",
})
@Check('payment_attempt_amount_positive', 'amount > 0')
export class PaymentAttempt {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'payment_attempt_pkey' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  subjectId: string;

  /** Counts the attempts of one subject from 1; part of the key that the provider knows the charge by. */
  @Column({ type: 'int' })
  n: number;

  /** The request that asked for it; the same request may resume it. */
  @Index('payment_attempt_claim_idx')
  @Column({ type: 'text', collation: 'C' })
  claimId: string;

  @Column({ type: 'text' })
  provider: string;

  @Column({ type: 'text' })
  state: AttemptState;

  /** Minor units. */
  @Column({ type: 'bigint' })
  amount: number;

  @Column({ type: 'text' })
  currency: string;

  /** Sent to the provider with every try, so that it executes one of them. */
  @Index('payment_attempt_provider_key_key', { unique: true })
  @Column({ type: 'text' })
  providerKey: string;

  @Column({ type: 'jsonb' })
  request: FrozenRequest;

  /** Encrypted; gone once the attempt has ended. */
  @Column({ type: 'text', nullable: true })
  credential: string | null;

  /** The provider's id of the payment, once known. */
  @Column({ type: 'text', nullable: true })
  reference: string | null;

  /** The 3-D Secure transaction that authenticated it: each is accepted once. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  authenticationId: string | null;

  @Column({ type: 'jsonb', nullable: true })
  instrument: InstrumentSummary | null;

  @Column({ type: 'jsonb', nullable: true })
  failure: AttemptFailure | null;

  /** Who may call the provider for it now, and until when (database clock). */
  @Column({ type: 'text', nullable: true })
  leaseToken: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;

  /** Set before the first call; the provider forgets our key 24 hours after it. */
  @Column({ type: 'timestamptz', nullable: true })
  calledAt: Date | null;

  /** Nobody wants it any more after this, if it was never sent. */
  @Column({ type: 'timestamptz' })
  expiresAt: Date;

  /** When it was handed to a person, because no machine can decide it any more. */
  @Column({ type: 'timestamptz', nullable: true })
  flaggedAt: Date | null;

  /** Since when nothing here tells of its buyer (privacy). */
  @Column({ type: 'timestamptz', nullable: true })
  erasedAt: Date | null;

  @Column({ type: 'jsonb' })
  history: Transition[];

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
