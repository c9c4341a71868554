import { Injectable } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { rows, type Tx } from '../database/database.js';
import { AttemptStore } from '../payments/attempt.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import type { PaymentOperation } from '../payments/payment-operation.entity.js';
import { OrderChangesService } from './order-changes.service.js';
import type { RenderOrder } from './orders.service.js';

/**
 * What money does to an order, whoever learned of it: the merchant's own request, a webhook or the reconciler. In
 * the caller's transaction, which holds the payment's lock.
 */
@Injectable()
export class OrderMoneyService {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly changes: OrderChangesService,
    private readonly inventory: InventoryStore,
  ) {}

  /** An authorized payment was taken. */
  async captured(tx: Tx, attempt: PaymentAttempt, by: string, render: RenderOrder): Promise<void> {
    const order = await this.changes.lockByPayment(tx, attempt.id);
    await this.attempts.transition(tx, attempt, 'captured', { by });
    if (order?.merchantStatus === 'pending')
      await this.changes.apply(tx, order, { merchantStatus: 'paid' }, render);
  }

  /**
   * An authorized payment was let go or has lapsed: nothing will be delivered for it, and its stock is back.
   * True if nobody here had asked for it.
   */
  async released(tx: Tx, attempt: PaymentAttempt, by: string, render: RenderOrder): Promise<boolean> {
    const sold = attempt.state !== 'surplus';
    const order = await this.changes.lockByPayment(tx, attempt.id);
    await this.attempts.transition(tx, attempt, 'canceled', { by });
    if (!order || !sold) return false;
    const lapsed = order.merchantStatus !== 'canceled';
    if (lapsed)
      await this.changes.apply(tx, order, { merchantStatus: 'canceled', removeLines: true }, render);
    const back = await rows<{ itemId: string; quantity: number }>(
      tx,
      `SELECT item_id AS "itemId", sum(ordered - fulfilled)::int8 AS quantity FROM order_line
       WHERE order_id = $1 GROUP BY item_id HAVING sum(ordered - fulfilled) > 0`,
      [order.id],
    );
    await this.inventory.restock(tx, back);
    return lapsed;
  }

  /** A refund has moved on; the order shows it as an adjustment. */
  async refundMoved(tx: Tx, operation: PaymentOperation, render: RenderOrder): Promise<void> {
    const order = operation.paymentId && (await this.changes.lockByPayment(tx, operation.paymentId));
    if (!order) return;
    await this.changes.apply(tx, order, { adjustments: [refundAdjustment(operation)] }, render);
  }
}

/** How an order shows a refund (ACP §3.7). */
export const refundAdjustment = (operation: PaymentOperation) => ({
  sourceId: operation.id,
  type: 'refund' as const,
  status:
    operation.state === 'succeeded'
      ? ('completed' as const)
      : operation.state === 'failed'
        ? ('failed' as const)
        : ('pending' as const),
  amount: operation.amount,
  currency: operation.currency,
  reason: operation.reason,
  occurredAt: operation.createdAt,
});
