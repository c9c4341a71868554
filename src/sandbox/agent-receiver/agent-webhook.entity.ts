import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A webhook as the sandbox's agent received it. A table, so that it is still there after a restart. */
@Entity('sandbox_agent_webhook')
@Index('sandbox_agent_webhook_received_idx', ['receivedAt', 'id'])
export class AgentWebhook {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'sandbox_agent_webhook_pkey' })
  id: string;

  @Column({ type: 'timestamptz' })
  receivedAt: Date;

  /** Without credentials. */
  @Column({ type: 'jsonb' })
  headers: Record<string, string | string[]>;

  @Column({ type: 'text' })
  body: string;

  /** Whether its signature was right when it came. */
  @Column({ type: 'boolean' })
  verified: boolean;
}
