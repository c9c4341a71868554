import type { ChargeRequest, PaymentOutcome } from '../payment-provider.js';
import type { RazorpayApi } from './razorpay.api.js';
import { failureOf } from './razorpay.failure.js';
import { savedToken } from './razorpay.handler.js';
import { notSent, orderOf, ours, settle } from './razorpay.settle.js';
import { chargeToken } from './razorpay.token-charge.js';
import type { WirePayment } from './razorpay.wire.js';

/**
 * Razorpay knows no idempotency key for payments: the order is what can be paid once. So everything here looks
 * before it acts, and what is authorized and still ours is captured.
 */
export async function charge(api: RazorpayApi, request: ChargeRequest): Promise<PaymentOutcome> {
  return request.credentialKind === savedToken ? chargeToken(api, request) : takeProof(api, request);
}

/** The buyer has paid already; what is left for us is to check it and to capture it. */
async function takeProof(api: RazorpayApi, request: ChargeRequest): Promise<PaymentOutcome> {
  const order = orderOf(request);
  let payment: WirePayment;
  try {
    payment = await api.payment(request.credential().token);
  } catch (error) {
    const failure = failureOf(error);
    return failure.isUnknownId
      ? { state: 'invalid', message: 'Razorpay does not know this payment.' }
      : notSent(failure);
  }
  const { amount, currency } = request;
  if (payment.orderId !== order || payment.amount !== amount || payment.currency !== currency)
    return { state: 'invalid', message: 'This payment is not for the total of this session.' };
  return settle(api, payment, request);
}

export async function lookup(
  api: RazorpayApi,
  request: ChargeRequest,
): Promise<PaymentOutcome | { state: 'not_found'; lookedEverywhere: boolean }> {
  try {
    const payment = request.reference
      ? await api.payment(request.reference)
      : ours(await api.paymentsOf(orderOf(request)), request);
    return payment ? await settle(api, payment, request) : notFound;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.isUnknownId) return notFound;
    // A look that failed says nothing about the charge.
    return { state: 'unknown', cause: failure.reason || failure.code, maybeExecuted: true };
  }
}

/** An order's payments are one short list, so whatever is there was seen. */
const notFound = { state: 'not_found', lookedEverywhere: true } as const;
