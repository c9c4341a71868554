import { Injectable } from '@nestjs/common';
import { newId } from '../common/id.js';
import { Database, type Tx } from '../database/database.js';
import { QueueService } from '../queue/queue.service.js';
import type { OutboxEvent } from './outbox-event.entity.js';

@Injectable()
export class OutboxService {
  private readonly wakeRelay = (): void => this.queue.wake('outbox.relay');

  constructor(
    private readonly db: Database,
    private readonly queue: QueueService,
  ) {}

  /** The event commits with the change it tells of, or not at all; the relay is woken when it has. */
  async append(
    tx: Tx,
    event: Pick<OutboxEvent, 'orderId' | 'agentId' | 'seq' | 'type'> & { snapshot: object },
  ): Promise<void> {
    this.db.afterCommit(tx, this.wakeRelay);
    await tx.query(
      `INSERT INTO outbox_event (id, order_id, agent_id, seq, type, snapshot, occurred_at)
       VALUES ($1, $2, $3, $4, $5, $6, now())`,
      [newId('evt'), event.orderId, event.agentId, event.seq, event.type, JSON.stringify(event.snapshot)],
    );
  }
}
