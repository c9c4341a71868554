import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A saved payment method that one agent may charge. Whoever knows the pair could charge it, so only its hash is kept. */
@Entity('saved_token')
@Index('saved_token_hash_key', ['agentId', 'hash'], { unique: true })
export class SavedToken {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'saved_token_pkey' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  agentId: string;

  @Column({ type: 'text' })
  provider: string;

  /** SHA-256 of provider, token and customer. */
  @Column({ type: 'bytea' })
  hash: Buffer;

  /** The token's last four characters, for people. */
  @Column({ type: 'text' })
  last4: string;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
