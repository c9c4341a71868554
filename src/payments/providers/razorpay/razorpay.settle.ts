import { type ChargeRequest, type PaymentOutcome, ProviderUnavailable } from '../payment-provider.js';
import type { RazorpayApi } from './razorpay.api.js';
import { failureOf } from './razorpay.failure.js';
import { outcomeOfFailure, outcomeOfPayment } from './razorpay.mapping.js';
import type { WirePayment } from './razorpay.wire.js';

/** What became of a payment; one that waits only for us to capture it is captured, if that is asked. */
export async function settle(
  api: RazorpayApi,
  payment: WirePayment,
  request: ChargeRequest,
): Promise<PaymentOutcome> {
  const outcome = outcomeOfPayment(payment, request);
  if (outcome.state !== 'authorized' || request.capture === 'manual') return outcome;
  try {
    return outcomeOfPayment(await api.capture(payment.id, request.amount), request);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.reason === 'order_already_paid')
      return { state: 'blocked', cause: `another payment of order ${payment.orderId} was captured` };
    if (failure.isOurKey || failure.neverExecuted) return outcomeOfFailure(failure);
    return afterCapture(api, payment.id, request, failure.reason || failure.code);
  }
}

/** The capture was refused, as it is when it was done before, or its answer was lost: the payment itself knows. */
async function afterCapture(
  api: RazorpayApi,
  id: string,
  request: ChargeRequest,
  cause: string,
): Promise<PaymentOutcome> {
  const stillOpen: PaymentOutcome = { state: 'unknown', cause: `capture: ${cause}`, maybeExecuted: true };
  try {
    const outcome = outcomeOfPayment(await api.payment(id), request);
    return outcome.state === 'authorized' ? stillOpen : outcome;
  } catch (error) {
    failureOf(error);
    return stillOpen;
  }
}

/** Of this attempt's payments, the one that went furthest; there are several only if somebody sent it twice. */
export function ours(payments: WirePayment[], { attemptId }: ChargeRequest): WirePayment | undefined {
  const mine = payments.filter(({ notes }) => notes.attempt_id === attemptId);
  return furthest.flatMap((status) => mine.find((payment) => payment.status === status) ?? [])[0] ?? mine[0];
}

const furthest = ['captured', 'authorized', 'created', 'refunded', 'failed'];

/** The order that the total is paid on: without one nothing can be charged or found. */
export const orderOf = ({ prepared }: ChargeRequest): string =>
  prepared.find(({ kind }) => kind === 'order')?.reference ?? '';

/** Only looked at so far. */
export function notSent(error: unknown): PaymentOutcome {
  if (error instanceof ProviderUnavailable)
    return { state: 'unknown', cause: error.message, maybeExecuted: false };
  const outcome = outcomeOfFailure(failureOf(error));
  return outcome.state === 'unknown' ? { ...outcome, maybeExecuted: false } : outcome;
}
