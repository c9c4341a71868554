import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Config } from '../config/config.js';
import { Database, insert, rows, together, type Tx } from '../database/database.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { OrderFulfillment, OrderFulfillmentEvent } from './fulfillments/order-fulfillment.entity.js';
import { OrderAdjustment } from './order-adjustment.entity.js';
import type { PlacedPieces } from './order-pieces.js';
import { Order, OrderLine } from './order.entity.js';
import { orderView, type OrderView, type PlacedOrder } from './order.view.js';
import { OrdersSettings } from './orders.settings.js';

/** How orders are shown, and the other rules of the shop, by the settings of one moment. */
export interface RenderOrder {
  (placed: PlacedOrder): OrderView;
  readonly settings: Readonly<OrdersSettings>;
}

/** What belongs to some orders, by order. */
export interface OrderParts {
  of(orderId: string): PlacedPieces;
}

@Injectable()
export class OrdersService {
  constructor(
    private readonly db: Database,
    private readonly outbox: OutboxService,
    private readonly settings: SettingsService,
    private readonly config: Config,
  ) {}

  /** How orders are shown, by the settings of this moment. Read before a transaction begins. */
  async renderer(): Promise<RenderOrder> {
    const settings = await this.settings.get(OrdersSettings);
    const style = { publicUrl: this.config.publicUrl, statuses: settings.statuses };
    return Object.assign((placed: PlacedOrder) => orderView(placed, style), { settings });
  }

  /** Drawn before the order is known to come about: gaps are harmless, a wait for a counter is not. */
  async nextNumber(tx: Tx): Promise<number> {
    const [row] = await rows<{ number: number }>(tx, `SELECT nextval('shop_order_number_seq') AS number`);
    if (!row) throw new Error('the order number sequence did not answer');
    return row.number;
  }

  /** Writes the order and its first event in the caller's transaction; the statements travel together. */
  async place(tx: Tx, { order, lines }: PlacedOrder, snapshot: object): Promise<void> {
    const event = {
      orderId: order.id,
      agentId: order.agentId,
      seq: order.eventSeq,
      type: 'order_create' as const,
    };
    await together<unknown[]>([
      insert(tx, Order, [order]),
      insert(tx, OrderLine, lines),
      this.outbox.append(tx, { ...event, snapshot }),
    ]);
  }

  /** The order that came of a session, if one did. In a transaction the renderer comes from before it. */
  async findBySession(
    sessionId: string,
    render: RenderOrder,
    tx: Tx = this.db.dataSource.manager,
  ): Promise<OrderView | null> {
    const order = await tx.getRepository(Order).findOneBy({ sessionId });
    return order && this.view(order, render, tx);
  }

  async find(id: string): Promise<{ order: Order; view: OrderView } | null> {
    const order = await this.db.repository(Order).findOneBy({ id });
    if (!order) return null;
    return { order, view: await this.view(order, await this.renderer(), this.db.dataSource.manager) };
  }

  /** In the order of their ids, the newest first; one query for each kind of row. */
  async list(ids: string[]): Promise<{ id: string; order: Order; view: OrderView }[]> {
    if (ids.length === 0) return [];
    const [orders, parts, render] = await Promise.all([
      this.db.repository(Order).find({ where: { id: In(ids) }, order: { id: 'DESC' } }),
      this.partsOf(ids, this.db.dataSource.manager),
      this.renderer(),
    ]);
    return orders.map((order) => ({ id: order.id, order, view: render({ order, ...parts.of(order.id) }) }));
  }

  /** What belongs to these orders, however many. The queries travel together. */
  async partsOf(orderIds: string[], tx: Tx): Promise<OrderParts> {
    const where = { orderId: In(orderIds) };
    const [lines, fulfillments, events, adjustments] = await together([
      tx.getRepository(OrderLine).find({ where, order: { position: 'ASC' } }),
      tx.getRepository(OrderFulfillment).find({ where, order: { createdAt: 'ASC', id: 'ASC' } }),
      tx.getRepository(OrderFulfillmentEvent).find({ where, order: { position: 'ASC' } }),
      tx.getRepository(OrderAdjustment).find({ where, order: { id: 'ASC' } }),
    ]);
    const logged = fulfillments.map((one) => ({
      ...one,
      events: events.filter(({ fulfillmentId }) => fulfillmentId === one.id),
    }));
    const ofOrder = (id: string) => (row: { orderId: string }) => row.orderId === id;
    return {
      of: (id) => ({
        lines: lines.filter(ofOrder(id)),
        fulfillments: logged.filter(ofOrder(id)),
        adjustments: adjustments.filter(ofOrder(id)),
      }),
    };
  }

  async linesOf(tx: Tx, orderId: string): Promise<OrderLine[]> {
    return tx.getRepository(OrderLine).find({ where: { orderId }, order: { position: 'ASC' } });
  }

  /** Undefined if there is no such order, null if it cost nothing. Unlocked: it never changes. */
  async paymentIdOf(tx: Tx, orderId: string): Promise<string | null | undefined> {
    const found = await rows<{ paymentId: string | null }>(
      tx,
      'SELECT payment_id AS "paymentId" FROM shop_order WHERE id = $1',
      [orderId],
    );
    return found[0]?.paymentId;
  }

  /** The order as it is now, with all that belongs to it. */
  async view(order: Order, render: RenderOrder, tx: Tx): Promise<OrderView> {
    return render({ order, ...(await this.partsOf([order.id], tx)).of(order.id) });
  }
}
