import { refundedOf } from '../payments/operation.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import type { PaymentDispute } from '../payments/payment-dispute.entity.js';
import type { PaymentOperation } from '../payments/payment-operation.entity.js';
import type { Order } from './order.entity.js';
import type { OrderView } from './order.view.js';

/** Everything about an order that lies beside it. */
export interface OrderSurroundings {
  payment: PaymentAttempt | null;
  operations: PaymentOperation[];
  disputes: PaymentDispute[];
}

/** The protocol's order and what only the merchant should see. */
export function orderAdminView(
  order: Order,
  view: OrderView,
  { payment, operations, disputes }: OrderSurroundings,
): object {
  return {
    ...view,
    merchant_status: order.merchantStatus,
    needs_review: order.needsReview,
    disputes: disputes.map(disputeView),
    payment: payment && paymentView(payment, operations),
    buyer: order.buyer,
    agent_id: order.agentId,
    currency: order.currency,
    created_at: order.createdAt,
  };
}

/** A payment as orders and lists show it. Amounts are minor units. */
export function paymentView(payment: PaymentAttempt, operations: PaymentOperation[]) {
  const { id, provider, reference, state, amount, currency } = payment;
  const captured = state === 'captured' || state === 'surplus' ? amount : 0;
  return {
    id,
    provider,
    reference,
    state,
    amount,
    captured,
    refunded: captured > 0 ? refundedOf(operations) : 0,
    currency,
  };
}

const disputeView = ({ id, reference, reason, status, amount, currency, openedAt }: PaymentDispute) => ({
  id,
  reference,
  reason,
  status,
  amount,
  currency,
  opened_at: openedAt,
});
