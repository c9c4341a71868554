import type Stripe from 'stripe';
import type { ProviderDispute, ProviderPayment, ProviderRefund } from '../payment-provider.js';
import { type Acquirer, outcomeOfIntent } from './stripe.mapping.js';

/** Objects of Stripe's as the rest of the program knows them. Pure. */

export function paymentOf(intent: Stripe.PaymentIntent, acquirer: Acquirer): ProviderPayment {
  const { id, amount, currency, metadata } = intent;
  return {
    reference: id,
    amount,
    currency,
    storeInstance: metadata.store_instance ?? null,
    subjectId: metadata.checkout_session_id ?? null,
    attemptId: metadata.attempt_id ?? null,
    preparedId: null,
    outcome: outcomeOfIntent(intent, { amount, currency }, acquirer),
    createdAt: dateOf(intent.created),
  };
}

/** Null for money that did not come through a payment intent, so not from this program. */
export function refundOf(refund: Stripe.Refund): ProviderRefund | null {
  const payment = idOf(refund.payment_intent);
  if (!payment) return null;
  return {
    reference: refund.id,
    payment,
    amount: refund.amount,
    currency: refund.currency,
    operationId: refund.metadata?.operation_id ?? null,
    state: refundStates[refund.status ?? ''] ?? 'pending',
    reason: refund.reason ?? null,
    createdAt: dateOf(refund.created),
  };
}

/** https://docs.stripe.com/api/refunds/object#refund_object-status */
const refundStates: Record<string, ProviderRefund['state'] | undefined> = {
  succeeded: 'succeeded',
  pending: 'pending',
  requires_action: 'pending',
  failed: 'failed',
  canceled: 'failed',
};

export function disputeOf(dispute: Stripe.Dispute): ProviderDispute | null {
  const payment = idOf(dispute.payment_intent);
  if (!payment) return null;
  return {
    reference: dispute.id,
    payment,
    amount: dispute.amount,
    currency: dispute.currency,
    reason: dispute.reason,
    status: disputeStatuses[dispute.status] ?? 'under_review',
    openedAt: dateOf(dispute.created),
  };
}

/** https://docs.stripe.com/api/disputes/object#dispute_object-status */
const disputeStatuses: Record<string, ProviderDispute['status'] | undefined> = {
  warning_needs_response: 'needs_response',
  needs_response: 'needs_response',
  appeal_needs_response: 'needs_response',
  warning_under_review: 'under_review',
  under_review: 'under_review',
  appeal_under_review: 'under_review',
  won: 'won',
  lost: 'lost',
  warning_closed: 'closed',
  prevented: 'closed',
};

const idOf = (thing: string | { id: string } | null | undefined): string | undefined =>
  typeof thing === 'string' ? thing : thing?.id;

const dateOf = (seconds: number): Date => new Date(seconds * 1000);
