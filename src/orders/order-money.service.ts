import { Injectable } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import type { Tx } from '../database/database.js';
import { AttemptStore } from '../payments/attempt.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import type { PaymentOperation } from '../payments/payment-operation.entity.js';
import { OrderChangesService } from './order-changes.service.js';
import { cancellation, type OrderChange, type OrderLife } from './order-life.js';
import { asStock } from './order-lines.js';
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
    if (order) await this.changes.apply(tx, order, { paid: true }, render);
    await this.attempts.transition(tx, attempt, 'captured', { by });
  }

  /**
   * An authorized payment was let go, which was asked for, or has lapsed: what has not left the shop by then is not
   * delivered, and back on the shelf. True if it has lapsed.
   */
  async released(tx: Tx, attempt: PaymentAttempt, by: string, render: RenderOrder): Promise<boolean> {
    const sold = attempt.state !== 'surplus';
    const order = await this.changes.lockByPayment(tx, attempt.id);
    await this.attempts.transition(tx, attempt, 'canceled', { by });
    // The stock of a canceled order is back since.
    if (!order || !sold || order.merchantStatus === 'canceled') return false;
    let back: ReturnType<typeof asStock> = [];
    const lapse = (life: OrderLife): OrderChange => {
      const { lineItems, adjustments, events } = cancellation(life, lapsed);
      back = asStock(lineItems, life.lines);
      // What has left the shop was not paid: that is for a person.
      const shipped = life.lines.some(({ fulfilled }) => fulfilled > 0);
      return { ...(shipped ? { needsReview: true } : { merchantStatus: 'canceled' }), adjustments, events };
    };
    await this.changes.apply(tx, order, lapse, render);
    if (back.length > 0) await this.inventory.restock(tx, back, { reference: order.id, actor: by });
    return true;
  }

  /** A refund has moved on; the order shows it. If the buyer of a canceled order does not get it, a person is called. */
  async refundMoved(tx: Tx, operation: PaymentOperation, render: RenderOrder): Promise<void> {
    const order = operation.paymentId && (await this.changes.lockByPayment(tx, operation.paymentId));
    if (!order) return;
    const owed = operation.state === 'failed' && order.merchantStatus === 'canceled';
    const needsReview = owed ? true : undefined;
    await this.changes.apply(tx, order, { needsReview, adjustments: [refundAdjustment(operation)] }, render);
  }

  /** What is on its way is not paid: that is for a person. */
  async captureRefused(tx: Tx, attempt: PaymentAttempt, render: RenderOrder): Promise<void> {
    const order = await this.changes.lockByPayment(tx, attempt.id);
    if (order) await this.changes.apply(tx, order, { needsReview: true }, render);
  }
}

const lapsed = { reason: 'authorization_lapsed', description: 'The payment was not taken in time.' };

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
