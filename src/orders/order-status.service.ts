import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Database } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { CancelOrderService } from './cancel-order.service.js';
import { asked, standing } from './order.audit.js';
import { OrderChangesService } from './order-changes.service.js';
import type { OrderChange, OrderLife } from './order-life.js';
import type { ReviewOrderDto } from './order-actions.dto.js';
import { orderErrors } from './orders.errors.js';
import type { OrdersSettings } from './orders.settings.js';
import { derivedStatus } from './orders.states.js';
import { OrdersOverviewService } from './orders-overview.service.js';
import { OrdersService } from './orders.service.js';

type Decision = (life: OrderLife, settings: Readonly<OrdersSettings>) => OrderChange;

/** What a person decides about an order. */
@Injectable()
export class OrderStatusService {
  constructor(
    private readonly db: Database,
    private readonly orders: OrdersService,
    private readonly changes: OrderChangesService,
    private readonly overview: OrdersOverviewService,
    private readonly canceling: CancelOrderService,
    private readonly audit: AuditService,
  ) {}

  /** By hand. It stays until something happens to the order from which another one follows. */
  async set(orderId: string, status: string, actor: string, claim: Claim): Promise<void> {
    const change: Decision = ({ order }, { statuses }) => {
      const known = Object.keys(statuses).filter((name) => statuses[name] !== statuses.canceled);
      if (order.merchantStatus === 'canceled') throw orderErrors.alreadyCanceled();
      if (!known.includes(status)) throw orderErrors.unknownStatus(known);
      return { merchantStatus: status, ...(status === 'on_hold' && { needsReview: true }) };
    };
    await this.decide(orderId, change, { actor, action: 'order.status_set' }, claim);
  }

  /** Rejected is canceled, with the money returned. */
  async review(
    orderId: string,
    { decision, reason }: ReviewOrderDto,
    actor: string,
    claim: Claim,
  ): Promise<void> {
    if (decision === 'reject') {
      const why = reason ?? 'The order could not be accepted.';
      return this.canceling.cancel({ orderId, reason: why, actor, rejected: true }, claim);
    }
    const why = asked({ reason });
    return this.decide(orderId, approve, { actor, action: 'order.approved', why }, claim);
  }

  private async decide(
    orderId: string,
    decision: Decision,
    { actor, action, why }: { actor: string; action: string; why?: object },
    claim: Claim,
  ): Promise<void> {
    const render = await this.orders.renderer();
    await this.db.transaction(async (tx) => {
      const order = await this.changes.lock(tx, orderId);
      if (!order) throw orderErrors.notFound();
      const change = (life: OrderLife): OrderChange => decision(life, render.settings);
      const before = standing(order);
      const view = await this.changes.apply(tx, order, change, render);
      const after = { ...standing(order), ...why };
      await this.audit.append(tx, { actor, action, subject: orderId, before, after });
      const body = await this.overview.show(order, view, tx);
      await claim.finish(tx, { status: 200, body });
    });
  }
}

const approve = (life: OrderLife): OrderChange => ({
  needsReview: false,
  ...(life.order.merchantStatus === 'on_hold' && { merchantStatus: derivedStatus(life) }),
});
