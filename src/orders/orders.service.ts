import { Injectable } from '@nestjs/common';
import { newId } from '../common/id.js';
import { type PageRequest } from '../common/paging.js';
import { Config } from '../config/config.js';
import { Database, insert, rows, together, type Tx } from '../database/database.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { OrderAdjustment } from './order-adjustment.entity.js';
import { Order, OrderLine } from './order.entity.js';
import { orderView, type OrderView, type PlacedOrder } from './order.view.js';
import { OrdersSettings } from './orders.settings.js';

/** A sale as the checkout hands it over. */
export type NewOrder = Pick<
  Order,
  | 'sessionId'
  | 'agentId'
  | 'currency'
  | 'total'
  | 'totals'
  | 'buyer'
  | 'destination'
  | 'delivery'
  | 'notes'
  | 'paymentId'
> & {
  number: number;
  paid: boolean;
  placedAt: Date;
  lines: Pick<
    OrderLine,
    'itemId' | 'productId' | 'title' | 'description' | 'imageUrl' | 'unitPrice' | 'ordered' | 'totals'
  >[];
};

export type RenderOrder = (placed: PlacedOrder) => OrderView;

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
    const { statusMap } = await this.settings.get(OrdersSettings);
    return (placed) => orderView(placed, { publicUrl: this.config.publicUrl, statusMap });
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

  /** Newest first; one query for the orders, one for all their lines. */
  async list({ limit, afterId }: PageRequest): Promise<{ id: string; order: Order; view: OrderView }[]> {
    const orders = await this.db.query<{ id: string }>(
      'SELECT id FROM shop_order WHERE $1::text IS NULL OR id < $1 ORDER BY id DESC LIMIT $2',
      [afterId ?? null, limit + 1],
    );
    const ids = orders.map(({ id }) => id);
    if (ids.length === 0) return [];
    const [entities, lines, adjustments, render] = await Promise.all([
      this.db
        .repository(Order)
        .createQueryBuilder('o')
        .where('o.id IN (:...ids)', { ids })
        .orderBy('o.id', 'DESC')
        .getMany(),
      this.db
        .repository(OrderLine)
        .createQueryBuilder('l')
        .where('l.orderId IN (:...ids)', { ids })
        .orderBy('l.position')
        .getMany(),
      this.db
        .repository(OrderAdjustment)
        .createQueryBuilder('a')
        .where('a.orderId IN (:...ids)', { ids })
        .orderBy('a.id')
        .getMany(),
      this.renderer(),
    ]);
    return entities.map((order) => ({
      id: order.id,
      order,
      view: render({
        order,
        lines: lines.filter(({ orderId }) => orderId === order.id),
        adjustments: adjustments.filter(({ orderId }) => orderId === order.id),
      }),
    }));
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

  /** The order as it is now, with its lines and adjustments. */
  async view(order: Order, render: RenderOrder, tx: Tx): Promise<OrderView> {
    const [lines, adjustments] = await together([
      this.linesOf(tx, order.id),
      tx.getRepository(OrderAdjustment).find({ where: { orderId: order.id }, order: { id: 'ASC' } }),
    ]);
    return render({ order, lines, adjustments });
  }
}

/** The rows of a sale, with their new ids. */
export function placedOrder({ lines, paid, placedAt, ...sale }: NewOrder): PlacedOrder {
  const id = newId('ord');
  return {
    order: {
      ...sale,
      id,
      merchantStatus: paid ? 'paid' : 'pending',
      needsReview: false,
      eventSeq: 1,
      createdAt: placedAt,
      updatedAt: placedAt,
    },
    lines: lines.map((line, position) => ({
      ...line,
      id: newId('li'),
      orderId: id,
      position,
      current: line.ordered,
      fulfilled: 0,
    })),
    adjustments: [],
  };
}
