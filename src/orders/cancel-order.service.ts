import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { InventoryStore } from '../catalog/inventory.store.js';
import { Database, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { isTaken } from '../payments/payment.states.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import type { PaymentOperation } from '../payments/payment-operation.entity.js';
import { MerchantRequestsService } from './merchant-requests.service.js';
import { asked, standing } from './order.audit.js';
import { OrderChangesService } from './order-changes.service.js';
import { cancellation, type OrderChange, type OrderLife } from './order-life.js';
import { asStock } from './order-lines.js';
import { refundAdjustment } from './order-money.service.js';
import { orderErrors } from './orders.errors.js';
import { OrdersOverviewService } from './orders-overview.service.js';
import { OrdersService, type RenderOrder } from './orders.service.js';

export interface CancelRequest {
  orderId: string;
  reason: string;
  /** Who asks, for the audit log. */
  actor: string;
  /** The answer to a review: nobody has to look at the order any more. */
  rejected?: boolean;
}

@Injectable()
export class CancelOrderService {
  constructor(
    private readonly db: Database,
    private readonly requests: MerchantRequestsService,
    private readonly attempts: AttemptStore,
    private readonly orders: OrdersService,
    private readonly overview: OrdersOverviewService,
    private readonly changes: OrderChangesService,
    private readonly inventory: InventoryStore,
    private readonly audit: AuditService,
  ) {}

  /** The order is off and its stock back at once; its money is let go, or goes back. */
  async cancel(request: CancelRequest, claim: Claim): Promise<void> {
    const render = await this.orders.renderer();
    const operationId =
      (await this.requests.begun(claim)) ??
      (await this.db.transaction((tx) => this.intendCancel(tx, request, claim, render)));
    if (operationId) await this.requests.run(operationId);
    const view = await this.overview.find(request.orderId);
    await this.db.transaction((tx) => claim.finish(tx, { status: 200, body: view }));
  }

  /** Null if there is no money to be let go or sent back. */
  private async intendCancel(
    tx: Tx,
    { orderId, reason, actor, rejected }: CancelRequest,
    claim: Claim,
    render: RenderOrder,
  ): Promise<string | null> {
    const { order, attempt } = await this.requests.lockBoth(tx, orderId);
    // An earlier run of the same request has canceled it.
    if (order.merchantStatus === 'canceled' && claim.resumed) return null;
    const operation = attempt && (await this.intendMoney(tx, attempt, claim, { reason, actor }));
    let back: ReturnType<typeof asStock> = [];
    const cancel = (life: OrderLife): OrderChange => {
      if (order.merchantStatus === 'canceled') throw orderErrors.alreadyCanceled();
      if (life.lines.some(({ fulfilled }) => fulfilled > 0)) throw orderErrors.shipped();
      const { lineItems, adjustments, events } = cancellation(life, { reason });
      back = asStock(lineItems, life.lines);
      if (operation?.kind === 'refund') adjustments.push(refundAdjustment(operation));
      const needsReview = rejected ? false : undefined;
      return { merchantStatus: 'canceled', needsReview, adjustments, events };
    };
    const before = standing(order);
    await this.changes.apply(tx, order, cancel, render);
    if (back.length > 0) await this.inventory.restock(tx, back, { reference: orderId, actor });
    const action = rejected ? 'order.rejected' : 'order.canceled';
    const money = operation && { [operation.kind]: operation.id, amount: operation.amount };
    const after = { ...standing(order), ...money, ...asked({ reason }) };
    await this.audit.append(tx, { actor, action, subject: orderId, before, after });
    if (!operation) await claim.fence(tx);
    return operation?.id ?? null;
  }

  /** What is only authorized is let go, what was taken and has not gone back goes back. Null if there is neither. */
  private async intendMoney(
    tx: Tx,
    attempt: PaymentAttempt,
    claim: Claim,
    { reason, actor }: Pick<CancelRequest, 'reason' | 'actor'>,
  ): Promise<PaymentOperation | null> {
    if (attempt.state === 'authorized') {
      await this.attempts.transition(tx, attempt, 'canceling', { by: actor });
      return this.requests.insert(tx, 'release', attempt, claim, { amount: attempt.amount, reason });
    }
    const amount = isTaken(attempt.state) ? await this.requests.remainingOf(tx, attempt) : 0;
    return amount > 0 ? this.requests.insert(tx, 'refund', attempt, claim, { amount, reason }) : null;
  }
}
