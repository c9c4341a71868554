import { Injectable } from '@nestjs/common';
import { newId } from '../common/id.js';
import { Database, rows, type Tx } from '../database/database.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { OrderAdjustment } from './order-adjustment.entity.js';
import { Order } from './order.entity.js';
import type { OrderView } from './order.view.js';
import { OrdersService, type RenderOrder } from './orders.service.js';

export type AdjustmentChange = Pick<
  OrderAdjustment,
  'sourceId' | 'type' | 'status' | 'amount' | 'currency' | 'reason' | 'occurredAt'
> & { lineItems?: OrderAdjustment['lineItems'] };

/** What happened to an order. Absent members stay as they are. */
export interface OrderChange {
  merchantStatus?: string;
  needsReview?: boolean;
  /** Written, or moved on, by what they tell of. */
  adjustments?: AdjustmentChange[];
  /** Nothing of it will be delivered. */
  removeLines?: boolean;
}

/** The one writer of what becomes of an order: each change is an event for the agent's platform, in the same commit. */
@Injectable()
export class OrderChangesService {
  constructor(
    private readonly db: Database,
    private readonly orders: OrdersService,
    private readonly outbox: OutboxService,
  ) {}

  async lock(tx: Tx, id: string): Promise<Order | null> {
    return tx.getRepository(Order).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** The order that a payment paid, locked; after the payment's own lock. */
  async lockByPayment(tx: Tx, paymentId: string): Promise<Order | null> {
    return tx.getRepository(Order).findOne({ where: { paymentId }, lock: { mode: 'pessimistic_write' } });
  }

  /** Writes a change of a locked order and the event that tells of it; a change that changes nothing tells nothing. */
  async apply(tx: Tx, order: Order, change: OrderChange, render: RenderOrder): Promise<OrderView> {
    const { merchantStatus = order.merchantStatus, needsReview = order.needsReview } = change;
    const moved = [];
    for (const adjustment of change.adjustments ?? []) {
      if (await this.write(tx, order.id, adjustment)) moved.push(adjustment);
    }
    const sameOrder = merchantStatus === order.merchantStatus && needsReview === order.needsReview;
    const changed = !sameOrder || moved.length > 0 || change.removeLines === true;
    if (changed) {
      await tx.query(
        `UPDATE shop_order SET merchant_status = $2, needs_review = $3, event_seq = event_seq + 1, updated_at = now() WHERE id = $1`,
        [order.id, merchantStatus, needsReview],
      );
      Object.assign(order, { merchantStatus, needsReview, eventSeq: order.eventSeq + 1 });
    }
    if (change.removeLines)
      await tx.query('UPDATE order_line SET current = 0 WHERE order_id = $1', [order.id]);
    const view = await this.orders.view(order, render, tx);
    if (changed) {
      const { id: orderId, agentId, eventSeq: seq } = order;
      await this.outbox.append(tx, { orderId, agentId, seq, type: 'order_update', snapshot: view });
    }
    return view;
  }

  async adjustmentOf(sourceId: string): Promise<OrderAdjustment | null> {
    return this.db.repository(OrderAdjustment).findOneBy({ sourceId });
  }

  /** False if it says what was known already. */
  private async write(tx: Tx, orderId: string, adjustment: AdjustmentChange): Promise<boolean> {
    const written = await rows(
      tx,
      `INSERT INTO order_adjustment (id, order_id, source_id, type, status, amount, currency, reason, line_items, occurred_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (source_id) DO UPDATE SET status = excluded.status, reason = excluded.reason
         WHERE (order_adjustment.status, order_adjustment.reason) IS DISTINCT FROM (excluded.status, excluded.reason)
       RETURNING id`,
      [
        newId('adj'),
        orderId,
        adjustment.sourceId,
        adjustment.type,
        adjustment.status,
        adjustment.amount,
        adjustment.currency,
        adjustment.reason,
        JSON.stringify(adjustment.lineItems ?? []),
        adjustment.occurredAt,
      ],
    );
    return written.length > 0;
  }
}
