import Stripe from 'stripe';
import type { OperationOutcome, OperationRequest } from '../payment-provider.js';
import { connectionCause } from './stripe.mapping.js';

/** Capture, release and refund of a payment intent. */

export async function capture(stripe: Stripe, request: OperationRequest): Promise<OperationOutcome> {
  return move(stripe, request, isCaptured, () =>
    stripe.paymentIntents.capture(
      request.payment,
      { amount_to_capture: request.amount },
      { idempotencyKey: keyOf(request) },
    ),
  );
}

export async function release(stripe: Stripe, request: OperationRequest): Promise<OperationOutcome> {
  return move(stripe, request, isCanceled, () =>
    stripe.paymentIntents.cancel(request.payment, {}, { idempotencyKey: keyOf(request) }),
  );
}

export async function refund(stripe: Stripe, request: OperationRequest): Promise<OperationOutcome> {
  try {
    return outcomeOfRefund(
      await stripe.refunds.create(
        {
          payment_intent: request.payment,
          amount: request.amount,
          reason: refundReasons.find((reason) => reason === request.reason),
          metadata: { operation_id: request.id, store_instance: request.storeInstance },
        },
        { idempotencyKey: keyOf(request) },
      ),
      request,
    );
  } catch (error) {
    return outcomeOfOperationError(error);
  }
}

/** The only ones that Stripe takes; the merchant's own words stay here. */
const refundReasons = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

/** Unlike a charge's key it needs no subject: an operation's id is unique by itself. */
const keyOf = ({ storeInstance, id }: OperationRequest): string => `acp:${storeInstance}:${id}`;

/** Brings an intent into a state; an intent that is there already is a success. */
async function move(
  stripe: Stripe,
  request: OperationRequest,
  isDone: (intent: Stripe.PaymentIntent, request: OperationRequest) => boolean,
  send: () => Promise<Stripe.PaymentIntent>,
): Promise<OperationOutcome> {
  const outcomeOf = (intent: Stripe.PaymentIntent, otherwise: OperationOutcome): OperationOutcome =>
    isDone(intent, request) ? { state: 'succeeded' } : otherwise;
  try {
    const intent = await send();
    return outcomeOf(intent, unknown(`payment ${intent.id} is ${intent.status} afterwards`, true));
  } catch (error) {
    if (!hasUnexpectedState(error)) return outcomeOfOperationError(error);
  }
  try {
    const intent = await stripe.paymentIntents.retrieve(request.payment);
    const cause = `payment ${intent.id} is ${intent.status}`;
    return outcomeOf(
      intent,
      intent.status === 'processing' ? unknown(cause, false) : { state: 'refused', cause },
    );
  } catch {
    return unknown('payment_intent_unexpected_state', false);
  }
}

const isCaptured = (intent: Stripe.PaymentIntent, { amount, currency }: OperationRequest): boolean =>
  intent.status === 'succeeded' && intent.amount_received === amount && intent.currency === currency;

const isCanceled = (intent: Stripe.PaymentIntent): boolean => intent.status === 'canceled';

export function outcomeOfRefund(refund: Stripe.Refund, request: OperationRequest): OperationOutcome {
  if (refund.amount !== request.amount || refund.currency !== request.currency)
    return unknown(`refund ${refund.id} is of another amount`, true);
  switch (refund.status) {
    case 'succeeded':
      return { state: 'succeeded', reference: refund.id };
    case 'pending':
    case 'requires_action':
      return { state: 'pending', reference: refund.id };
    case 'failed':
    case 'canceled':
      return { state: 'refused', cause: refund.failure_reason ?? refund.status };
    default:
      return unknown(`refund ${refund.id} has an unknown status`, true);
  }
}

/** Only an answer of Stripe's own is believed; whatever else leaves open whether it was executed. */
export function outcomeOfOperationError(error: unknown): OperationOutcome {
  const { errors } = Stripe;
  if (!(error instanceof errors.StripeError)) throw error;
  if (
    error instanceof errors.StripeAuthenticationError ||
    error instanceof errors.StripePermissionError ||
    error.code === 'parameter_unknown'
  )
    return { state: 'misconfigured', cause: error.code ?? error.type };
  if (error instanceof errors.StripeRateLimitError) return unknown(error.code ?? 'rate_limit', false);
  if (error instanceof errors.StripeInvalidRequestError || error instanceof errors.StripeCardError)
    return { state: 'refused', cause: error.code ?? error.message };
  if (error instanceof errors.StripeConnectionError) {
    const cause = connectionCause(error);
    return unknown(cause, cause !== 'ECONNREFUSED');
  }
  // 5xx, a page of HTML, 409 while the key is being worked on, or our key with other parameters.
  return unknown(error.code ?? error.type, true);
}

const hasUnexpectedState = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError &&
  error.code === 'payment_intent_unexpected_state';

const unknown = (cause: string, maybeExecuted: boolean): OperationOutcome => ({
  state: 'unknown',
  cause,
  maybeExecuted,
});
