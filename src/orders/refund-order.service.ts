import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { OperationStore, refundedOf } from '../payments/operation.store.js';
import { openOperationStates } from '../payments/payment-operation.entity.js';
import { AuditService } from '../settings/audit.service.js';
import { MerchantRequestsService } from './merchant-requests.service.js';
import { OrderChangesService } from './order-changes.service.js';
import { refundAdjustment } from './order-money.service.js';
import type { OrderLine } from './order.entity.js';
import { adjustmentView } from './order.view.js';
import { orderErrors } from './orders.errors.js';
import { OrdersService, type RenderOrder } from './orders.service.js';

export interface RefundRequest {
  orderId: string;
  /** Minor units. */
  amount?: number;
  lineItems?: { id: string; quantity: number }[];
  reason: string;
  /** Who asks, for the audit log. */
  actor: string;
}

/** Money that has gone back or may be on its way. */
const spoken = [...openOperationStates, 'succeeded' as const];

@Injectable()
export class RefundOrderService {
  constructor(
    private readonly db: Database,
    private readonly requests: MerchantRequestsService,
    private readonly operations: OperationStore,
    private readonly orders: OrdersService,
    private readonly changes: OrderChangesService,
    private readonly audit: AuditService,
  ) {}

  /** Money back. Without amount and lines all that is left; with lines alone their paid share. */
  async refund(request: RefundRequest, claim: Claim): Promise<void> {
    const render = await this.orders.renderer();
    const operationId =
      (await this.requests.begun(claim)) ??
      (await this.db.transaction((tx) => this.intendRefund(tx, request, claim, render)));
    const operation = await this.requests.run(operationId);
    const adjustment = await this.changes.adjustmentOf(operationId);
    if (operation.state === 'failed') throw orderErrors.refusedByProvider('refund', operation.failure);
    if (!adjustment) throw new Error(`refund ${operationId} has no adjustment`);
    await this.db.transaction((tx) => claim.finish(tx, { status: 201, body: adjustmentView(adjustment) }));
  }

  private async intendRefund(
    tx: Tx,
    { orderId, amount, lineItems, reason, actor }: RefundRequest,
    claim: Claim,
    render: RenderOrder,
  ): Promise<string> {
    const { order, attempt } = await this.requests.lockBoth(tx, orderId);
    if (!attempt) throw orderErrors.nothingPaid();
    if (attempt.state !== 'captured' && attempt.state !== 'surplus') throw orderErrors.notCaptured();
    const lines = lineItems ? await this.orders.linesOf(tx, orderId) : [];
    const share = lineItems?.map((item, index) => paidShare(item, index, lines));
    const remaining = attempt.amount - refundedOf(await this.operations.ofPayments([attempt.id], tx), spoken);
    if (remaining <= 0) throw orderErrors.alreadyRefunded();
    const wanted = amount ?? share?.reduce((sum, paid) => sum + paid, 0) ?? remaining;
    if (wanted > remaining || wanted === 0) throw orderErrors.tooMuch(remaining, attempt.currency);
    const id = await this.requests.insert(tx, 'refund', attempt, claim, { amount: wanted, reason });
    const adjustment = { ...refundAdjustment(await this.operations.lock(tx, id)), lineItems };
    await this.changes.apply(tx, order, { adjustments: [adjustment] }, render);
    await this.audit.append(tx, {
      actor,
      action: 'order.refunded',
      subject: orderId,
      after: { refund: id, amount: wanted },
    });
    return id;
  }
}

/** What was paid for some pieces of a line, tax included, rounded half up. */
function paidShare(
  { id, quantity }: { id: string; quantity: number },
  index: number,
  lines: OrderLine[],
): number {
  const line = lines.find((one) => one.id === id);
  if (!line) throw orderErrors.unknownLine(index);
  if (quantity > line.ordered) throw orderErrors.tooMany(index, line.ordered);
  const paid = line.totals.find(({ type }) => type === 'total')?.amount ?? 0;
  return Math.floor((2 * paid * quantity + line.ordered) / (2 * line.ordered));
}
