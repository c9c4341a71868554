import type {
  InstrumentSummary,
  Money,
  OperationOutcome,
  PaymentOutcome,
  ProviderDispute,
  ProviderPayment,
  ProviderRefund,
} from '../payment-provider.js';
import { failureBecause } from './razorpay.declines.js';
import type { RazorpayFailure } from './razorpay.failure.js';
import type { Notes, WireDispute, WirePayment, WireRefund } from './razorpay.wire.js';

/** Razorpay's objects as the rest of the program knows them. Pure. https://razorpay.com/docs/api/payments */

/** What a payment says happened. Trusts it only if it is for the money we asked for. */
export function outcomeOfPayment(payment: WirePayment, total: Money): PaymentOutcome {
  const reference = payment.id;
  if (payment.amount !== total.amount || payment.currency !== total.currency)
    return unknown(`payment ${reference} is for another amount`);
  switch (payment.status) {
    case 'captured':
      return captured(payment);
    case 'authorized':
      return { state: 'authorized', reference, instrument: instrumentOf(payment) };
    case 'created':
      return { state: 'pending', reference };
    case 'failed':
      return { state: 'declined', reference, failure: failureBecause(payment.errorReason) };
    case 'refunded':
      return {
        state: 'declined',
        reference,
        failure: { reason: 'refunded', message: 'The payment was refunded.', retry: 'other_instrument' },
      };
    default:
      return unknown(`payment ${reference} has an unknown status`);
  }
}

/** `order` are the notes of the order it was paid on, which say whose it is if the payment's own do not. */
export function paymentOf(payment: WirePayment, order: Notes): ProviderPayment {
  // A payment's own notes may be the payer's; the order's are ours.
  const notes = { ...payment.notes, ...order };
  return {
    reference: payment.id,
    amount: payment.amount,
    currency: payment.currency,
    storeInstance: notes.store_instance ?? null,
    subjectId: notes.checkout_session_id ?? null,
    attemptId: payment.notes.attempt_id ?? null,
    preparedId: notes.order_ref ?? null,
    outcome: whatHappenedTo(payment),
    createdAt: dateOf(payment.createdAt),
  };
}

const captured = (payment: WirePayment): PaymentOutcome => ({
  state: 'captured',
  reference: payment.id,
  instrument: instrumentOf(payment),
  ...(payment.refunded > 0 && { refunded: payment.refunded }),
});

/** Of a refunded one: money that was captured and went back was captured, what was never captured is let go. */
function whatHappenedTo(payment: WirePayment): PaymentOutcome {
  if (payment.status !== 'refunded') return outcomeOfPayment(payment, payment);
  return payment.captured ? captured(payment) : { state: 'canceled', reference: payment.id };
}

/** `unknown` if the request may have been carried out all the same. */
export function outcomeOfFailure(failure: RazorpayFailure): PaymentOutcome & OperationOutcome {
  if (failure.isOurKey) return { state: 'misconfigured', cause: failure.message };
  return {
    state: 'unknown',
    cause: failure.reason || failure.code,
    maybeExecuted: !failure.neverExecuted && !failure.isRefusal,
  };
}

export function outcomeOfRefund(refund: WireRefund, request: Money & { payment: string }): OperationOutcome {
  const asked = request.amount === refund.amount && request.currency === refund.currency;
  if (!asked || request.payment !== refund.payment)
    return { state: 'unknown', cause: `refund ${refund.id} is of something else`, maybeExecuted: true };
  switch (refund.status) {
    case 'processed':
      return { state: 'succeeded', reference: refund.id };
    case 'failed':
      return { state: 'refused', cause: `refund ${refund.id} failed` };
    default:
      return { state: 'pending', reference: refund.id };
  }
}

export function refundOf(refund: WireRefund): ProviderRefund {
  return {
    reference: refund.id,
    payment: refund.payment,
    amount: refund.amount,
    currency: refund.currency,
    operationId: refund.notes.operation_id ?? null,
    state: refundStates[refund.status] ?? 'pending',
    reason: null,
    createdAt: dateOf(refund.createdAt),
  };
}

const refundStates: Record<string, ProviderRefund['state'] | undefined> = {
  processed: 'succeeded',
  pending: 'pending',
  failed: 'failed',
};

export function disputeOf(dispute: WireDispute): ProviderDispute {
  return {
    reference: dispute.id,
    payment: dispute.payment,
    amount: dispute.amount,
    currency: dispute.currency,
    reason: dispute.reason,
    status: disputeStatuses[dispute.status] ?? 'under_review',
    openedAt: dateOf(dispute.createdAt),
  };
}

/** https://razorpay.com/docs/api/disputes */
const disputeStatuses: Record<string, ProviderDispute['status'] | undefined> = {
  open: 'needs_response',
  under_review: 'under_review',
  won: 'won',
  lost: 'lost',
  closed: 'closed',
};

const cardBrands: Record<string, string | undefined> = {
  Visa: 'visa',
  MasterCard: 'mastercard',
  'American Express': 'amex',
  'Diners Club': 'diners',
  RuPay: 'rupay',
  Maestro: 'maestro',
};

function instrumentOf({ method, card }: WirePayment): InstrumentSummary {
  const brand = cardBrands[card?.network ?? ''];
  return { method, ...(brand && { brand }), ...(card?.last4 && { last4: card.last4 }) };
}

const dateOf = (seconds: number): Date => new Date(seconds * 1000);

const unknown = (cause: string): PaymentOutcome => ({ state: 'unknown', cause, maybeExecuted: true });
