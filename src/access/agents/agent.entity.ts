import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { StoredAgentOptions } from './agent-options.js';

/** Who calls us. Sessions, orders, idempotency and limits belong to the agent, never to one of its keys. */
@Entity('agent')
export class Agent {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'agent_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  /** Set on the agents made at boot, so that processes starting together make them once. */
  @Index('agent_bootstrap_name_key', { unique: true })
  @Column({ type: 'text', nullable: true })
  bootstrapName: string | null;

  @Column({ type: 'jsonb' })
  options: StoredAgentOptions;

  /** What the agent signs its requests with: ciphertext (`SecretBox`), bound to `agent.<id>.signing_secret`. */
  @Column({ type: 'text', nullable: true })
  signingSecret: string | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
