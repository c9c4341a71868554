import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { newId } from '../../common/id.js';
import { Database } from '../../database/database.js';
import type { Claim } from '../../idempotency/claim.js';
import { QueueService } from '../../queue/queue.service.js';
import { MerchantRequestsService } from '../merchant-requests.service.js';
import { asked, standing } from '../order.audit.js';
import { OrderChangesService } from '../order-changes.service.js';
import type { OrderChange, OrderLife } from '../order-life.js';
import { OrdersService } from '../orders.service.js';
import type { FulfillmentDto, FulfillmentEventDto } from './fulfillment.dto.js';
import { fulfill, record } from './fulfillment.rules.js';
import { type FulfillmentStatus, fulfillmentStatus, isDispatched } from './fulfillment.states.js';

interface Step {
  orderId: string;
  fulfillmentId: string;
  actor: string;
  /** For the audit log. */
  action: string;
  wanted: FulfillmentDto | FulfillmentEventDto;
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

  async add(orderId: string, wanted: FulfillmentDto, actor: string, claim: Claim): Promise<void> {
    const fulfillmentId = newId('ful');
    const change = (life: OrderLife): OrderChange => fulfill(life, fulfillmentId, wanted);
    const action = 'order.fulfillment_added';
    await this.take({ orderId, fulfillmentId, actor, action, wanted, change }, claim);
  }

  async record(
    orderId: string,
    fulfillmentId: string,
    wanted: FulfillmentEventDto,
    actor: string,
    claim: Claim,
  ): Promise<void> {
    const change = (life: OrderLife): OrderChange => ({ events: [record(life, fulfillmentId, wanted)] });
    const action = 'order.fulfillment_event';
    await this.take({ orderId, fulfillmentId, actor, action, wanted, change }, claim);
  }

  private async take(step: Step, claim: Claim): Promise<void> {
    const render = await this.orders.renderer();
    const captures = await this.db.transaction(async (tx) => {
      const { order, attempt } = await this.requests.lockBoth(tx, step.orderId);
      const before: Standing = {
        ...standing(order),
        fulfillment: step.fulfillmentId,
        fulfillment_status: null,
      };
      const change = (life: OrderLife): OrderChange => {
        before.fulfillment_status = statusOf(life, step.fulfillmentId);
        return step.change(life);
      };
      const view = await this.changes.apply(tx, order, change, render);
      const body = view.fulfillments.find(({ id }) => id === step.fulfillmentId);
      if (!body) throw new Error(`fulfillment ${step.fulfillmentId} was not written`);
      const due = render.settings.captureOnFulfillment && isDispatched(body.status as FulfillmentStatus);
      const captured = due && attempt !== null && (await this.requests.intendCapture(tx, attempt));
      const after = { ...before, ...standing(order), fulfillment_status: body.status, ...asked(step.wanted) };
      const { actor, action } = step;
      await this.audit.append(tx, { actor, action, subject: order.id, before, after });
      await claim.finish(tx, { status: 201, body });
      return captured;
    });
    if (captures) this.queue.wake('payments.operations');
  }
}

type Standing = ReturnType<typeof standing> & { fulfillment: string; fulfillment_status: string | null };

function statusOf({ fulfillments }: OrderLife, fulfillmentId: string): string | null {
  const fulfillment = fulfillments.find(({ id }) => id === fulfillmentId);
  return fulfillment ? fulfillmentStatus(fulfillment.events) : null;
}
