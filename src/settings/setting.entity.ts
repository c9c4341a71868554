import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a merchant changed in one namespace: only the difference from the defaults. */
@Entity('setting')
export class Setting {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'setting_pkey' })
  namespace: string;

  @Column({ type: 'int' })
  version: number;

  /** Secrets are inside as ciphertext (`SecretBox`), bound to `<namespace>.<name>`. */
  @Column({ type: 'jsonb' })
  values: Record<string, unknown>;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;

  @Column({ type: 'text' })
  updatedBy: string;
}
