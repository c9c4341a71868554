import { Injectable } from '@nestjs/common';
import { newId } from '../../common/id.js';
import { Database, type Tx } from '../../database/database.js';
import type { Claim } from '../../idempotency/claim.js';
import { QueueService } from '../../queue/queue.service.js';
import { AuditService } from '../../settings/audit.service.js';
import { MerchantRequestsService } from '../merchant-requests.service.js';
import { OrderChangesService } from '../order-changes.service.js';
import type { OrderChange, OrderLife } from '../order-life.js';
import { OrdersService } from '../orders.service.js';
import type { FulfillmentDto, FulfillmentEventDto } from './fulfillment.dto.js';
import { fulfill, record } from './fulfillment.rules.js';
import { type FulfillmentStatus, isDispatched } from './fulfillment.states.js';
import type { FulfillmentView } from './fulfillment.view.js';

interface Step {
  orderId: string;
  fulfillmentId: string;
  actor: string;
  /** For the audit log. */
  action: string;
  type: string;
  change: (life: OrderLife) => OrderChange;
}

/** What the merchant ships, hands over or unlocks, and what becomes of it. */
@Injectable()
export class OrderFulfillmentsService {
  constructor(
    private readonly db: Database,
    private readonly requests: MerchantRequestsService,
    private readonly orders: OrdersService,
    private readonly changes: OrderChangesService,
    private readonly audit: AuditService,
    private readonly queue: QueueService,
  ) {}

  async add(orderId: string, asked: FulfillmentDto, actor: string, claim: Claim): Promise<void> {
    const fulfillmentId = newId('ful');
    const change = (life: OrderLife): OrderChange => fulfill(life, fulfillmentId, asked);
    const action = 'order.fulfillment_added';
    await this.take({ orderId, fulfillmentId, actor, action, type: asked.type, change }, claim);
  }

  async record(
    orderId: string,
    fulfillmentId: string,
    asked: FulfillmentEventDto,
    actor: string,
    claim: Claim,
  ): Promise<void> {
    const change = (life: OrderLife): OrderChange => ({ events: [record(life, fulfillmentId, asked)] });
    const action = 'order.fulfillment_event';
    await this.take({ orderId, fulfillmentId, actor, action, type: asked.type, change }, claim);
  }

  private async take(step: Step, claim: Claim): Promise<void> {
    const render = await this.orders.renderer();
    const captures = await this.db.transaction(async (tx) => {
      const { order, attempt } = await this.requests.lockBoth(tx, step.orderId);
      const view = await this.changes.apply(tx, order, step.change, render);
      const body = view.fulfillments.find(({ id }) => id === step.fulfillmentId);
      if (!body) throw new Error(`fulfillment ${step.fulfillmentId} was not written`);
      const due = render.settings.captureOnFulfillment && isDispatched(body.status as FulfillmentStatus);
      const captured = due && attempt !== null && (await this.requests.intendCapture(tx, attempt));
      await this.append(tx, step, body);
      await claim.finish(tx, { status: 201, body });
      return captured;
    });
    if (captures) this.queue.wake('payments.operations');
  }

  private append(
    tx: Tx,
    { actor, action, orderId, type }: Step,
    { id, status }: FulfillmentView,
  ): Promise<void> {
    const after = { fulfillment: id, type, status };
    return this.audit.append(tx, { actor, action, subject: orderId, after });
  }
}
