import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * One use of an idempotency key by one agent on one path. `running` under a lease while a request works on it;
 * `retryable` when that request ended without a result to keep; `done` with the exact bytes of the reply.
 */
@Entity('idempotency_claim')
@Index('idempotency_claim_key', ['agentId', 'path', 'key'], { unique: true })
export class IdempotencyClaim {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'idempotency_claim_pkey' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  agentId: string;

  @Column({ type: 'text', collation: 'C' })
  path: string;

  @Column({ type: 'text', collation: 'C' })
  key: string;

  /** Of the first body; another body under the same key is a conflict. */
  @Column({ type: 'text' })
  fingerprint: string;

  @Column({ type: 'text' })
  state: 'running' | 'retryable' | 'done';

  /** The fence: whoever lost the lease holds an old token and can no longer finish. */
  @Column({ type: 'text', nullable: true })
  leaseToken: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;

  @Column({ type: 'int', nullable: true })
  status: number | null;

  /** Text and not `jsonb`: a replay is byte for byte. */
  @Column({ type: 'text', nullable: true })
  body: string | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Index('idempotency_claim_expires_idx')
  @Column({ type: 'timestamptz' })
  expiresAt: Date;
}
