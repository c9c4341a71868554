import { type Decline, testCard } from './cards.js';
import type { Operation } from './endpoint.js';
import { type ErrorFields, notPossible, Refusal } from './errors.js';
import { assertChargeable, grantedToken } from './granted-tokens.js';
import { at, flagAt, requiredText, textAt } from './params.js';
import { createFrom, methodNamed } from './payment-methods.js';
import { charge, decline, leaveUnpaid } from './settling.js';
import type { PaymentIntentRow, PaymentMethodRow } from './tables.js';
import { errorView, paymentIntentView } from './views.js';

type Instrument = Pick<PaymentIntentRow, 'paymentMethod' | 'grantedToken'>;

/** The way of paying a request names, or null if it names none. */
export function instrumentIn(operation: Operation): Instrument | null {
  const { params } = operation;
  const token =
    textAt(params, 'payment_method_data', 'shared_payment_granted_token') ??
    textAt(params, 'shared_payment_granted_token');
  if (token !== null) {
    return { paymentMethod: grantedToken(operation, token).paymentMethod, grantedToken: token };
  }
  const data = at(params, 'payment_method_data');
  const name = textAt(params, 'payment_method');
  if (typeof data !== 'object' && name === null) return null;
  const method =
    typeof data === 'object' ? createFrom(operation, data, {}) : methodNamed(operation, name ?? '');
  return { paymentMethod: method.id, grantedToken: null };
}

/** Tries to charge the intent. A refusal is thrown, and what it leaves behind is committed with it. */
export function confirm(operation: Operation, current: PaymentIntentRow): PaymentIntentRow {
  const authenticated = provesAuthentication(operation);
  const intent = { ...current, ...instrumentIn(operation), lastError: null };
  const method = methodOf(operation, intent);
  if (!method) throw missingMethod();
  const tried = pay(operation, intent, method, authenticated);
  if (tried.lastError) throw refusalOf(operation, tried);
  return tried;
}

/** The buyer answered the challenge of an intent that `requires_action`. A refusal is in its `lastError`. */
export function afterChallenge(
  operation: Operation,
  intent: PaymentIntentRow,
  authenticated: boolean,
): PaymentIntentRow {
  const method = methodOf(operation, intent);
  if (!method) throw missingMethod();
  if (!authenticated) return leaveUnpaid(operation, intent, method.id, authenticationFailed);
  if (intent.grantedToken) assertCovered(operation, intent, intent.grantedToken);
  return charge(operation, intent, method, true);
}

function pay(
  operation: Operation,
  intent: PaymentIntentRow,
  method: PaymentMethodRow,
  authenticated: boolean,
): PaymentIntentRow {
  const { change, params } = operation;
  const offSession = textAt(params, 'off_session') !== null && textAt(params, 'off_session') !== 'false';
  const failOnChallenge = flagAt(params, 'error_on_requires_action');
  if (intent.grantedToken) assertCovered(operation, intent, intent.grantedToken);
  if (!testCard(method.card).challenge || authenticated) {
    return charge(operation, intent, method, authenticated);
  }
  if (offSession) return decline(operation, intent, method.id, offSessionDecline);
  if (failOnChallenge) return leaveUnpaid(operation, intent, method.id, challengeNotHandled);
  return change.put('stripe_payment_intents', { ...intent, status: 'requires_action' });
}

function methodOf({ change }: Operation, intent: PaymentIntentRow): PaymentMethodRow | undefined {
  return intent.paymentMethod ? change.find('stripe_payment_methods', intent.paymentMethod) : undefined;
}

function assertCovered(operation: Operation, intent: PaymentIntentRow, token: string): void {
  assertChargeable(operation, grantedToken(operation, token), intent.amount, intent.currency);
}

/** 402 with the intent inside. */
function refusalOf({ change }: Operation, row: PaymentIntentRow): Refusal {
  const fields = row.lastError?.fields ?? challengeNotHandled;
  const { payment_method } = errorView(change, fields, row.lastError?.paymentMethod ?? '');
  return new Refusal(402, fields, true, { payment_method, payment_intent: paymentIntentView(change, row) });
}

/** 3-D Secure done elsewhere (docs.stripe.com/payments/payment-intents/three-d-secure-import). */
function provesAuthentication({ params }: Operation): boolean {
  const proof = ['payment_method_options', 'card', 'three_d_secure'];
  if (typeof at(params, ...proof) !== 'object') return false;
  for (const name of ['cryptogram', 'transaction_id', 'version']) requiredText(params, ...proof, name);
  return true;
}

const offSessionDecline: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

const challengeNotHandled: ErrorFields = {
  type: 'card_error',
  code: 'authentication_required',
  decline_code: 'authentication_not_handled',
  message:
    'This payment required an authentication action to complete, but `error_on_requires_action` was set. When you’re ready to upgrade your integration to handle actions, unset it.',
};

const authenticationFailed: ErrorFields = {
  type: 'invalid_request_error',
  code: 'payment_intent_authentication_failure',
  message:
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
};

function missingMethod(): Refusal {
  return notPossible(
    "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.",
    { code: 'payment_intent_unexpected_state' },
  );
}
