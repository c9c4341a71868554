import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Agent } from './agents/agent.entity.js';
import type { Scope } from './scopes.js';

@Entity('api_key')
export class ApiKey {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'api_key_pkey' })
  id: string;

  @ForeignKey(() => Agent, { name: 'api_key_agent_fkey' })
  @Index('api_key_agent_idx')
  @Column({ type: 'text', collation: 'C' })
  agentId: string;

  @Column({ type: 'text' })
  name: string;

  /** The first characters of the key: how it is found, and how people recognise it. */
  @Index('api_key_prefix_idx')
  @Column({ type: 'text' })
  prefix: string;

  /** SHA-256 of the key. No slow hash: a key is 32 random bytes, nobody guesses it. */
  @Index('api_key_hash_key', { unique: true })
  @Column({ type: 'bytea' })
  hash: Buffer;

  @Column({ type: 'text', array: true })
  scopes: Scope[];

  @Column({ type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  /** Behind the truth by at most two minutes. */
  @Column({ type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;

  /** The key that a rotation made instead; this one then ends with its overlap. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  replacedBy: string | null;
}
