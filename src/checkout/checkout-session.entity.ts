import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { SessionContent } from './session-content.js';

/** What is stored. Whether an open session is ready is derived (`statusOf`), so that it moves both ways with the facts. */
export type SessionState =
  'open' | 'authentication_required' | 'completing' | 'completed' | 'canceled' | 'expired';

/** A checkout session: a document, with columns for what is queried, locked or compared. */
@Entity('checkout_session')
@Index('checkout_session_agent_idx', ['agentId', 'id'])
@Index('checkout_session_expiring_idx', ['expiresAt'], {
  where: "state IN ('open', 'authentication_required')",
})
@Index('checkout_session_ended_idx', ['updatedAt'], { where: "state IN ('canceled', 'expired')" })
// Over expressions, which TypeORM cannot describe: the migration makes them, `privacy/person.store.ts` uses them.
@Index('checkout_session_buyer_email_idx', { synchronize: false })
@Index('checkout_session_recipient_email_idx', { synchronize: false })
@Check('checkout_session_total_not_negative', 'total >= 0')
export class CheckoutSession {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'checkout_session_pkey' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  agentId: string;

  @Column({ type: 'text' })
  state: SessionState;

  /** ISO 4217, lowercase. */
  @Column({ type: 'text' })
  currency: string;

  /** Minor units: what the agent was last shown, and what a complete must still agree with. */
  @Column({ type: 'bigint' })
  total: number;

  /** Raised by every change; a change made on an older version is refused and run again. */
  @Column({ type: 'int' })
  version: number;

  @Column({ type: 'jsonb' })
  content: SessionContent;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;

  @Column({ type: 'timestamptz' })
  expiresAt: Date;
}
