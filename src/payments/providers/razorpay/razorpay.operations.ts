import type { OperationOutcome, OperationRequest } from '../payment-provider.js';
import type { RazorpayApi } from './razorpay.api.js';
import { failureOf } from './razorpay.failure.js';
import { outcomeOfFailure, outcomeOfRefund } from './razorpay.mapping.js';
import type { WirePayment } from './razorpay.wire.js';

/** Capture, release and refund of a payment. https://razorpay.com/docs/api/payments/capture */

export async function capture(api: RazorpayApi, request: OperationRequest): Promise<OperationOutcome> {
  try {
    const payment = await api.capture(request.payment, request.amount);
    return isCaptured(payment, request)
      ? { state: 'succeeded' }
      : unknown(`payment ${payment.id} is ${payment.status} afterwards`);
  } catch (error) {
    const failure = failureOf(error);
    if (!failure.isRefusal || failure.isOurKey) return outcomeOfFailure(failure);
    return afterRefusedCapture(api, request, failure.description);
  }
}

/** What was captured before is refused too: the payment itself says which it is. */
async function afterRefusedCapture(
  api: RazorpayApi,
  request: OperationRequest,
  cause: string,
): Promise<OperationOutcome> {
  try {
    return isCaptured(await api.payment(request.payment), request)
      ? { state: 'succeeded' }
      : { state: 'refused', cause };
  } catch (error) {
    const failure = failureOf(error);
    return failure.isUnknownId ? { state: 'refused', cause } : outcomeOfFailure(failure);
  }
}

const isCaptured = (payment: WirePayment, { amount, currency }: OperationRequest): boolean =>
  payment.captured && payment.amount === amount && payment.currency === currency;

/**
 * Razorpay cannot void: what nobody captures goes back by itself, within three days. So this only makes sure that
 * it was not captured. https://razorpay.com/docs/payments/payments/capture-settings
 */
export async function release(api: RazorpayApi, request: OperationRequest): Promise<OperationOutcome> {
  try {
    const { id, status, captured } = await api.payment(request.payment);
    if (captured) return { state: 'refused', cause: `payment ${id} is ${status}` };
    return { state: 'succeeded' };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.isUnknownId) return { state: 'refused', cause: failure.description };
    const outcome = outcomeOfFailure(failure);
    return outcome.state === 'unknown' ? { ...outcome, maybeExecuted: false } : outcome;
  }
}

export async function refund(api: RazorpayApi, request: OperationRequest): Promise<OperationOutcome> {
  try {
    const made = await api.refund(request.payment, {
      amount: request.amount,
      receipt: request.id,
      notes: { operation_id: request.id, store_instance: request.storeInstance },
    });
    return outcomeOfRefund(made, request);
  } catch (error) {
    const failure = failureOf(error);
    if (/same idempotency key/.test(failure.description)) return unknown(failure.description);
    if (!failure.isRefusal || failure.isOurKey) return outcomeOfFailure(failure);
    return { state: 'refused', cause: failure.description };
  }
}

const unknown = (cause: string): OperationOutcome => ({ state: 'unknown', cause, maybeExecuted: true });
