import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far a provider's own list was compared with ours. */
@Entity('provider_mark')
export class ProviderMark {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'provider_mark_pkey' })
  provider: string;

  @Column({ type: 'timestamptz' })
  listedUntil: Date;

  /** When it was last compared days back. */
  @Column({ type: 'timestamptz', nullable: true })
  lookedBackAt: Date | null;
}
