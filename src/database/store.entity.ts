import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** One row: who this shop is to the outside. Every object we make at a payment provider carries `instanceId`. */
@Entity('store')
@Check('store_is_one', 'id = 1')
export class Store {
  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'store_pkey' })
  id: number;

  /** Random, made with the database. A payment provider account may be shared; what is not ours is not touched. */
  @Column({ type: 'text' })
  instanceId: string;

  /** Raised when a backup is restored, so that caches from before it are not believed. */
  @Column({ type: 'int' })
  epoch: number;

  /** The simulator that holds this shop's sandbox money; another one would know nothing of it. */
  @Column({ type: 'text', nullable: true })
  simulatorId: string | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
