import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One version of one namespace, as it was stored. Never changed, but for secrets under a new encryption key. */
@Entity('setting_version')
export class SettingVersion {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'setting_version_pkey' })
  namespace: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'setting_version_pkey' })
  version: number;

  /** As in `Setting`: the difference from the defaults, secrets as ciphertext. */
  @Column({ type: 'jsonb' })
  values: Record<string, unknown>;

  /** The members that this version changed. */
  @Column({ type: 'text', array: true })
  changed: string[];

  /** The version whose values this one brought back, if it is a rollback. */
  @Column({ type: 'int', nullable: true })
  restoredVersion: number | null;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;

  @Column({ type: 'text' })
  updatedBy: string;
}
