import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../common/paging.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OperationStore } from '../payments/operation.store.js';
import { orderAdminView } from './order.admin.view.js';
import type { Order } from './order.entity.js';
import type { OrderView } from './order.view.js';
import { OrderDisputesService } from './order-disputes.service.js';
import { OrdersService } from './orders.service.js';

/** Orders as the merchant sees them, with their payments, refunds and disputes. One query for each kind. */
@Injectable()
export class OrdersOverviewService {
  constructor(
    private readonly orders: OrdersService,
    private readonly attempts: AttemptStore,
    private readonly operations: OperationStore,
    private readonly disputes: OrderDisputesService,
  ) {}

  async find(id: string): Promise<object | null> {
    const found = await this.orders.find(id);
    return found && ((await this.surround([found]))[0]?.view ?? null);
  }

  async list(page: PageRequest): Promise<{ id: string; view: object }[]> {
    return this.surround(await this.orders.list(page));
  }

  private async surround(
    found: { order: Order; view: OrderView }[],
  ): Promise<{ id: string; view: object }[]> {
    const paymentIds = found.flatMap(({ order }) => order.paymentId ?? []);
    const [payments, operations, disputes] = await Promise.all([
      this.attempts.findAll(paymentIds),
      this.operations.ofPayments(paymentIds),
      this.disputes.ofPayments(paymentIds),
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
