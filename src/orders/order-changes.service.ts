import { Injectable } from '@nestjs/common';
import { Database, insert, rows, together, type Tx } from '../database/database.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { type AttemptState, isTaken } from '../payments/payment.states.js';
import { OrderFulfillment, OrderFulfillmentEvent } from './fulfillments/order-fulfillment.entity.js';
import { OrderAdjustment } from './order-adjustment.entity.js';
import { lifeAfter, type OrderChange, type OrderLife } from './order-life.js';
import { Order } from './order.entity.js';
import type { OrderView } from './order.view.js';
import { OrdersService, type RenderOrder } from './orders.service.js';

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

  /**
   * Writes a change of a locked order and the event that tells of it; a change that changes nothing tells nothing.
   * A change that depends on what the order is now is decided by a function, which may refuse by throwing.
   */
  async apply(
    tx: Tx,
    order: Order,
    change: OrderChange | ((life: OrderLife) => OrderChange),
    render: RenderOrder,
  ): Promise<OrderView> {
    const before = await this.lifeOf(tx, order);
    const after = lifeAfter(before, typeof change === 'function' ? change(before) : change);
    const parts = this.differences(tx, before, after);
    if (parts.length === 0 && after.order === before.order) return render(before);
    const seq = order.eventSeq + 1;
    const view = render(after);
    const { id: orderId, agentId } = order;
    await together<unknown[]>([
      ...parts.map((write) => write()),
      this.writeOrder(tx, after.order, seq),
      this.outbox.append(tx, { orderId, agentId, seq, type: 'order_update', snapshot: view }),
    ]);
    Object.assign(order, after.order, { eventSeq: seq });
    return view;
  }

  async adjustmentOf(sourceId: string): Promise<OrderAdjustment | null> {
    return this.db.repository(OrderAdjustment).findOneBy({ sourceId });
  }

  private async lifeOf(tx: Tx, order: Order): Promise<OrderLife> {
    const [parts, [facts]] = await together([
      this.orders.partsOf([order.id], tx),
      rows<{ now: Date; paymentState: AttemptState | null }>(
        tx,
        `SELECT now() AS now, (SELECT state FROM payment_attempt WHERE id = $1) AS "paymentState"`,
        [order.paymentId],
      ),
    ]);
    if (!facts) throw new Error('the database did not tell the time');
    const paid = facts.paymentState === null || isTaken(facts.paymentState);
    return { order, ...parts.of(order.id), paid, now: facts.now };
  }

  /** The statements that take the rows of an order from the one life to the other; its own row is not among them. */
  private differences(tx: Tx, before: OrderLife, after: OrderLife): (() => Promise<unknown>)[] {
    const [known, now] = [before, after].map(({ fulfillments }) => fulfillments.flatMap((f) => f.events));
    const fulfillments = newOnes(before.fulfillments, after.fulfillments).map(({ events: _, ...row }) => row);
    const events = newOnes(known ?? [], now ?? []);
    const adjustments = newOnes(before.adjustments, after.adjustments);
    const moved = after.adjustments.filter((one) => ![...before.adjustments, ...adjustments].includes(one));
    const lines = after.lines.filter((line) => !before.lines.includes(line));
    return [
      ...lines.map(
        ({ id, current, fulfilled }) =>
          () =>
            tx.query('UPDATE order_line SET current = $2, fulfilled = $3 WHERE id = $1', [
              id,
              current,
              fulfilled,
            ]),
      ),
      ...(fulfillments.length > 0 ? [() => insert(tx, OrderFulfillment, fulfillments)] : []),
      ...(events.length > 0 ? [() => insert(tx, OrderFulfillmentEvent, events)] : []),
      ...(adjustments.length > 0 ? [() => insert(tx, OrderAdjustment, adjustments)] : []),
      ...moved.map(
        ({ id, status, reason }) =>
          () =>
            tx.query('UPDATE order_adjustment SET status = $2, reason = $3 WHERE id = $1', [
              id,
              status,
              reason,
            ]),
      ),
    ];
  }

  private writeOrder(tx: Tx, order: Order, seq: number): Promise<unknown> {
    const { id, merchantStatus, needsReview, confirmationEmailedAt } = order;
    return tx.query(
      `UPDATE shop_order SET merchant_status = $2, needs_review = $3, confirmation_emailed_at = $4, event_seq = $5,
         updated_at = now() WHERE id = $1`,
      [id, merchantStatus, needsReview, confirmationEmailedAt, seq],
    );
  }
}

const newOnes = <T extends { id: string }>(before: T[], after: T[]): T[] =>
  after.filter(({ id }) => !before.some((one) => one.id === id));
