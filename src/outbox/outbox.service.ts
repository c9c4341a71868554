import { Injectable } from '@nestjs/common';
import { newId } from '../common/id.js';
import type { Tx } from '../database/database.js';
import type { OutboxEvent } from './outbox-event.entity.js';

@Injectable()
export class OutboxService {
  /** The event commits with the change it tells of, or not at all. */
  async append(
    tx: Tx,
    event: Pick<OutboxEvent, 'orderId' | 'agentId' | 'seq' | 'type'> & { snapshot: object },
  ): Promise<void> {
    await tx.query(
      `INSERT INTO outbox_event (id, order_id, agent_id, seq, type, snapshot, occurred_at)
       VALUES ($1, $2, $3, $4, $5, $6, now())`,
      [newId('evt'), event.orderId, event.agentId, event.seq, event.type, JSON.stringify(event.snapshot)],
    );
  }
}
