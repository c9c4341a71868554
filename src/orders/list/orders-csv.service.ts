import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database } from '../../database/database.js';
import { AttemptStore } from '../../payments/attempt.store.js';
import type { PaymentAttempt } from '../../payments/payment-attempt.entity.js';
import { Order } from '../order.entity.js';
import { unknownStatus } from '../order.view.js';
import { OrdersService, type RenderOrder } from '../orders.service.js';
import type { OrderFilter } from './order.filter.js';
import { OrderSearchService } from './order-search.service.js';

/** The columns, in their order. */
export interface OrderRow {
  id: string;
  number: number;
  created_at: string;
  status: string;
  merchant_status: string;
  agent_id: string;
  currency: string;
  /** Minor units, as is `refunded`. */
  total: number;
  refunded: number;
  /** Pieces that were ordered. */
  items: number;
  buyer_email: string;
  payment_provider: string;
  payment_reference: string;
}

export const orderColumns: (keyof OrderRow)[] = [
  'id',
  'number',
  'created_at',
  'status',
  'merchant_status',
  'agent_id',
  'currency',
  'total',
  'refunded',
  'items',
  'buyer_email',
  'payment_provider',
  'payment_reference',
];

const batchSize = 500;

@Injectable()
export class OrdersCsvService {
  constructor(
    private readonly db: Database,
    private readonly orders: OrdersService,
    private readonly search: OrderSearchService,
    private readonly attempts: AttemptStore,
  ) {}

  /** All orders that fit, the newest first. The next batch is read when the one before was taken. */
  async *rows(filter: OrderFilter): AsyncGenerator<OrderRow, void> {
    const render = await this.orders.renderer();
    for (let afterId: string | undefined; ;) {
      const ids = await this.search.find(filter, batchSize, afterId);
      yield* await this.batch(ids, render);
      afterId = ids.at(-1);
      if (ids.length < batchSize) return;
    }
  }

  private async batch(ids: string[], { settings }: RenderOrder): Promise<OrderRow[]> {
    const [orders, sums] = await Promise.all([
      this.db.repository(Order).find({ where: { id: In(ids) }, order: { id: 'DESC' } }),
      this.sumsOf(ids),
    ]);
    const payments = await this.attempts.findAll(orders.flatMap(({ paymentId }) => paymentId ?? []));
    return orders.map((order) => ({
      id: order.id,
      number: order.number,
      created_at: order.createdAt.toISOString(),
      status: settings.statuses[order.merchantStatus] ?? unknownStatus,
      merchant_status: order.merchantStatus,
      agent_id: order.agentId,
      currency: order.currency,
      total: order.total,
      ...(sums.get(order.id) ?? { refunded: 0, items: 0 }),
      buyer_email: emailOf(order),
      ...paidBy(payments.get(order.paymentId ?? '')),
    }));
  }

  private async sumsOf(ids: string[]): Promise<Map<string, Pick<OrderRow, 'refunded' | 'items'>>> {
    const sums = await this.db.query<{ id: string; refunded: number; items: number }>(
      `SELECT id,
         (SELECT coalesce(sum(amount), 0)::int8 FROM order_adjustment
          WHERE order_id = o.id AND type = 'refund' AND status = 'completed') AS refunded,
         (SELECT coalesce(sum(ordered), 0)::int8 FROM order_line WHERE order_id = o.id) AS items
       FROM shop_order o WHERE id = ANY($1)`,
      [ids],
    );
    return new Map(sums.map(({ id, refunded, items }) => [id, { refunded, items }]));
  }
}

/** The buyer's, else the one that goes with the address; as the search has it. */
const emailOf = ({ buyer, destination }: Order): string =>
  ((buyer ?? {}) as { email?: string }).email ?? ((destination ?? {}) as { email?: string }).email ?? '';

const paidBy = (
  payment: PaymentAttempt | undefined,
): Pick<OrderRow, 'payment_provider' | 'payment_reference'> => ({
  payment_provider: payment?.provider ?? '',
  payment_reference: payment?.reference ?? '',
});
