import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One change made by a person or a tool. Each entry's hash covers the one before it, so a gap or an edit shows. */
@Entity('audit_entry')
@Index('audit_entry_at_idx', ['at', 'position'])
@Index('audit_entry_actor_idx', ['actor', 'at', 'position'])
@Index('audit_entry_action_idx', ['action', 'at', 'position'])
// On what stands before the dot of the action; TypeORM cannot say so.
@Index('audit_entry_thing_idx', { synchronize: false })
@Index('audit_entry_subject_idx', ['subject', 'at', 'position'])
@Index('audit_entry_request_id_idx', ['requestId', 'at', 'position'])
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
