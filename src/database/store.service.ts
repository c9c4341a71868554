import { Injectable, type OnModuleInit } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Database } from './database.js';
import type { Store } from './store.entity.js';

/** Knows which shop this database belongs to. Read once: it never changes while a process runs. */
@Injectable()
export class StoreService implements OnModuleInit {
  private store: { instanceId: string; epoch: number };

  constructor(private readonly db: Database) {}

  async onModuleInit(): Promise<void> {
    await this.db.query(
      `INSERT INTO store (id, instance_id, epoch, created_at) VALUES (1, $1, 1, now()) ON CONFLICT (id) DO NOTHING`,
      [randomBytes(8).toString('hex')],
    );
    const [store] = await this.db.query<{ instance_id: string; epoch: number }>(
      'SELECT instance_id, epoch FROM store',
    );
    if (!store) throw new Error('the store row is missing although it was just written');
    this.store = { instanceId: store.instance_id, epoch: store.epoch };
  }

  get instanceId(): string {
    return this.store.instanceId;
  }

  /** Prefix of everything this shop keeps in a shared Redis. */
  get cachePrefix(): string {
    return `storekeeper:${this.store.instanceId}:${this.store.epoch}:`;
  }

  /** Records the simulator on first use and returns the one that is recorded. */
  async bindSimulator(simulatorId: string): Promise<Store['simulatorId']> {
    const [row] = await this.db.query<{ simulator_id: string }>(
      'UPDATE store SET simulator_id = coalesce(simulator_id, $1) RETURNING simulator_id',
      [simulatorId],
    );
    return row?.simulator_id ?? null;
  }
}
