import type { ChargeRequest, PaymentOutcome } from '../payment-provider.js';
import type { RazorpayApi } from './razorpay.api.js';
import { customerAndToken } from './razorpay.credential.js';
import { failureBecause, kindOf, tokenRefusal } from './razorpay.declines.js';
import { failureOf, type RazorpayFailure } from './razorpay.failure.js';
import { outcomeOfFailure } from './razorpay.mapping.js';
import { notSent, orderOf, ours, settle } from './razorpay.settle.js';
import type { WirePayment } from './razorpay.wire.js';

/** Charges a saved token: never twice for one attempt, and never beside a payment that has the money already. */
export async function chargeToken(api: RazorpayApi, request: ChargeRequest): Promise<PaymentOutcome> {
  const order = orderOf(request);
  let payments: WirePayment[];
  try {
    payments = await api.paymentsOf(order);
  } catch (error) {
    return notSent(error);
  }
  const known = ours(payments, request);
  if (known) return settle(api, known, request);
  // Another one that is only authorized cannot be captured beside ours, and goes back by itself.
  const other = payments.find(({ status }) => status === 'captured');
  if (other) return { state: 'blocked', cause: `payment ${other.id} of ${order} is captured` };

  let id: string;
  try {
    id = await send(api, order, request);
  } catch (error) {
    return afterFailure(api, request, failureOf(error));
  }
  try {
    return await settle(api, await api.payment(id), request);
  } catch (error) {
    return { state: 'unknown', cause: failureOf(error).message, maybeExecuted: true };
  }
}

const send = (api: RazorpayApi, order: string, request: ChargeRequest): Promise<string> =>
  api.chargeToken({
    amount: request.amount,
    order,
    ...customerAndToken(request.credential().token),
    description: request.description,
    notes: {
      attempt_id: request.attemptId,
      checkout_session_id: request.subjectId,
      order_ref: request.prepared.find(({ kind }) => kind === 'order')?.id ?? '',
      store_instance: request.storeInstance,
    },
  });

/** https://razorpay.com/docs/errors: which answers are the last word, and which only the order's payments explain. */
async function afterFailure(
  api: RazorpayApi,
  request: ChargeRequest,
  failure: RazorpayFailure,
): Promise<PaymentOutcome> {
  const kind = kindOf(failure.reason);
  if (kind === 'provider_error') return amongPayments(api, request, failure);
  if (!failure.isRefusal || failure.isOurKey) return outcomeOfFailure(failure);
  if (failure.reason === 'order_already_paid' || failure.reason === 'duplicate_request')
    return amongPayments(api, request, failure);
  if (kind === 'pending' && failure.paymentId) return { state: 'pending', reference: failure.paymentId };
  if (kind === 'configuration') return { state: 'misconfigured', cause: failure.message };
  if (failure.paymentId || kind === 'declined') {
    const reference = failure.paymentId ?? undefined;
    return { state: 'declined', reference, failure: failureBecause(failure.reason) };
  }
  const refusal = tokenRefusal(failure.description);
  return refusal
    ? { state: 'declined', failure: refusal }
    : { state: 'invalid', message: 'Razorpay does not accept this saved token.' };
}

async function amongPayments(
  api: RazorpayApi,
  request: ChargeRequest,
  failure: RazorpayFailure,
): Promise<PaymentOutcome> {
  const unknown: PaymentOutcome = { state: 'unknown', cause: failure.reason, maybeExecuted: true };
  try {
    const payments = await api.paymentsOf(orderOf(request));
    const payment = ours(payments, request);
    if (payment) return await settle(api, payment, request);
    // Refused because the order is paid, and not by us: ours was not executed.
    const other = payments.find(({ status }) => status === 'captured' || status === 'refunded');
    return other && failure.reason === 'order_already_paid'
      ? { state: 'blocked', cause: `payment ${other.id} of the order was captured` }
      : unknown;
  } catch (error) {
    failureOf(error);
    return unknown;
  }
}
