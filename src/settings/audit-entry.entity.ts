import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One change made by a person or a tool. Each entry's hash covers the one before it, so a gap or an edit shows. */
@Entity('audit_entry')
export class AuditEntry {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'audit_entry_pkey' })
  id: string;

  /** Position in the chain, from 1. */
  @Index('audit_entry_position_key', { unique: true })
  @Column({ type: 'bigint' })
  position: number;

  @Column({ type: 'timestamptz' })
  at: Date;

  @Column({ type: 'text' })
  actor: string;

  @Column({ type: 'text' })
  action: string;

  @Column({ type: 'text' })
  subject: string;

  @Column({ type: 'text', nullable: true })
  requestId: string | null;

  @Column({ type: 'jsonb', nullable: true })
  before: unknown;

  @Column({ type: 'jsonb', nullable: true })
  after: unknown;

  @Column({ type: 'text' })
  hash: string;
}
