import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../common/paging.js';
import { Database, together, type Tx } from '../database/database.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OperationStore } from '../payments/operation.store.js';
import { OrderSearchService } from './list/order-search.service.js';
import { orderAdminView } from './order.admin.view.js';
import type { Order } from './order.entity.js';
import type { OrderView } from './order.view.js';
import { OrderDisputesService } from './order-disputes.service.js';
import { OrdersService } from './orders.service.js';

/** Orders as the merchant sees them, with their payments, refunds and disputes. One query for each kind. */
@Injectable()
export class OrdersOverviewService {
  constructor(
    private readonly db: Database,
    private readonly orders: OrdersService,
    private readonly search: OrderSearchService,
    private readonly attempts: AttemptStore,
    private readonly operations: OperationStore,
    private readonly disputes: OrderDisputesService,
  ) {}

  async find(id: string): Promise<object | null> {
    const found = await this.orders.find(id);
    return found && this.show(found.order, found.view, this.db.dataSource.manager);
  }

  /** An order that the caller has rendered already, in its transaction. */
  async show(order: Order, view: OrderView, tx: Tx): Promise<object> {
    const [shown] = await this.surround([{ order, view }], tx);
    if (!shown) throw new Error(`order ${order.id} is not shown`);
    return shown.view;
  }

  /** Newest first, one more than asked for. `query` narrows the list; see `parseOrderFilter`. */
  async list(
    { limit, afterId }: PageRequest,
    query: Record<string, unknown>,
  ): Promise<{ id: string; view: object }[]> {
    const ids = await this.search.find(await this.search.filterOf(query), limit + 1, afterId);
    return this.surround(await this.orders.list(ids), this.db.dataSource.manager);
  }

  private async surround(
    found: { order: Order; view: OrderView }[],
    tx: Tx,
  ): Promise<{ id: string; view: object }[]> {
    const paymentIds = found.flatMap(({ order }) => order.paymentId ?? []);
    const [payments, operations, disputes] = await together([
      this.attempts.findAll(paymentIds, tx),
      this.operations.ofPayments(paymentIds, tx),
      this.disputes.ofPayments(paymentIds, tx),
    ]);
    return found.map(({ order, view }) => ({
      id: order.id,
      view: orderAdminView(order, view, {
        payment: payments.get(order.paymentId ?? '') ?? null,
        operations: operations.filter(({ paymentId }) => paymentId === order.paymentId),
        disputes: disputes.filter(({ paymentId }) => paymentId === order.paymentId),
      }),
    }));
  }
}
