import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Database, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { isTaken } from '../payments/payment.states.js';
import type { LineQuantity } from './fulfillments/order-fulfillment.entity.js';
import { MerchantRequestsService } from './merchant-requests.service.js';
import { asked } from './order.audit.js';
import { OrderChangesService } from './order-changes.service.js';
import { namedPieces } from './order-lines.js';
import { refundAdjustment } from './order-money.service.js';
import type { OrderLine } from './order.entity.js';
import { adjustmentView } from './order.view.js';
import { orderErrors } from './orders.errors.js';
import { OrdersService, type RenderOrder } from './orders.service.js';

export interface RefundRequest {
  orderId: string;
  /** Minor units. */
  amount?: number;
  currency?: string;
  lineItems?: LineQuantity[];
  reason: string;
  /** Who asks, for the audit log. */
  actor: string;
}

@Injectable()
export class RefundOrderService {
  constructor(
    private readonly db: Database,
    private readonly requests: MerchantRequestsService,
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
    { orderId, amount, currency, lineItems, reason, actor }: RefundRequest,
    claim: Claim,
    render: RenderOrder,
  ): Promise<string> {
    const { order, attempt } = await this.requests.lockBoth(tx, orderId);
    if (!attempt) throw orderErrors.nothingPaid();
    if (!isTaken(attempt.state)) throw orderErrors.notCaptured();
    if (currency != null && currency !== order.currency) throw orderErrors.otherCurrency(order.currency);
    const share = lineItems && paidShare(lineItems, await this.orders.linesOf(tx, orderId));
    const remaining = await this.requests.remainingOf(tx, attempt);
    if (remaining <= 0) throw orderErrors.alreadyRefunded();
    const wanted = amount ?? share ?? remaining;
    if (wanted > remaining || wanted === 0) throw orderErrors.tooMuch(remaining, attempt.currency);
    const operation = await this.requests.insert(tx, 'refund', attempt, claim, { amount: wanted, reason });
    const adjustment = { ...refundAdjustment(operation), lineItems };
    await this.changes.apply(tx, order, { adjustments: [adjustment] }, render);
    await this.audit.append(tx, {
      actor,
      action: 'order.refunded',
      subject: orderId,
      before: { refundable: remaining },
      after: {
        refundable: remaining - wanted,
        refund: operation.id,
        ...asked({ amount: wanted, currency: order.currency, line_items: lineItems, reason }),
      },
    });
    return operation.id;
  }
}

/** What was paid for some pieces, tax included, rounded half up on each line. */
function paidShare(items: LineQuantity[], lines: OrderLine[]): number {
  const sold = { lines, fulfillments: [], adjustments: [] };
  const pieces = namedPieces(items, sold, { are: 'were ordered', most: ({ ordered }) => ordered });
  return pieces.reduce((sum, { id, quantity }) => {
    const { ordered = 1, totals = [] } = lines.find((line) => line.id === id) ?? {};
    const paid = totals.find(({ type }) => type === 'total')?.amount ?? 0;
    return sum + Math.floor((2 * paid * quantity + ordered) / (2 * ordered));
  }, 0);
}
