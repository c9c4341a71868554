import { recordMovement } from '../ledger.js';
import { type Decline, type TestCard, testCard } from './cards.js';
import type { Operation } from './endpoint.js';
import { type ErrorFields, notPossible, Refusal } from './errors.js';
import { assertChargeable, grantedToken, reserve, settle } from './granted-tokens.js';
import { at, flagAt, requiredText, textAt } from './params.js';
import { createFrom, methodNamed } from './payment-methods.js';
import type { ChargeRow, PaymentIntentRow } from './tables.js';
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
  const { change, params } = operation;
  const offSession = textAt(params, 'off_session') !== null && textAt(params, 'off_session') !== 'false';
  const failOnChallenge = flagAt(params, 'error_on_requires_action');
  const authenticated = provesAuthentication(operation);
  const intent = { ...current, ...instrumentIn(operation), lastError: null };
  const method = intent.paymentMethod
    ? change.find('stripe_payment_methods', intent.paymentMethod)
    : undefined;
  if (!method) throw missingMethod();
  if (intent.grantedToken) {
    assertChargeable(operation, grantedToken(operation, intent.grantedToken), intent.amount, intent.currency);
  }
  const card = testCard(method.card);
  if (card.challenge && !authenticated) {
    if (offSession) throw declined(operation, intent, method.id, card, offSessionDecline);
    if (failOnChallenge) throw failed(operation, intent, method.id, challengeNotHandled);
    return change.put('stripe_payment_intents', { ...intent, status: 'requires_action' });
  }
  if (card.decline) throw declined(operation, intent, method.id, card, card.decline);
  return succeed(operation, intent, addCharge(operation, intent, method.id, { authenticated }));
}

/** Moves money that a manual intent has authorized; what is left of the authorization is released. */
export function capture(operation: Operation, intent: PaymentIntentRow, amount: number): PaymentIntentRow {
  const { change } = operation;
  const charge = intent.latestCharge ? change.find('stripe_charges', intent.latestCharge) : undefined;
  if (charge) change.put('stripe_charges', { ...charge, captured: true, amountCaptured: amount });
  if (intent.grantedToken) settle(operation, intent.grantedToken, intent.amountCapturable, amount);
  moved(operation, intent, 'capture', amount);
  return change.put('stripe_payment_intents', {
    ...intent,
    status: 'succeeded',
    amountCapturable: 0,
    amountReceived: amount,
  });
}

export function moved(
  { change }: Operation,
  intent: PaymentIntentRow,
  type: 'capture' | 'refund',
  amount: number,
): void {
  recordMovement(change, {
    provider: 'stripe',
    payment: intent.id,
    reference: intent.metadata.attempt_id ?? null,
    sessionId: intent.metadata.checkout_session_id ?? null,
    type,
    amount,
    currency: intent.currency,
  });
}

function succeed(operation: Operation, intent: PaymentIntentRow, charge: ChargeRow): PaymentIntentRow {
  const authorized: PaymentIntentRow = {
    ...intent,
    status: 'requires_capture',
    latestCharge: charge.id,
    amountCapturable: intent.amount,
  };
  if (intent.grantedToken) reserve(operation, intent.grantedToken, intent.amount);
  if (intent.captureMethod !== 'manual') return capture(operation, authorized, intent.amount);
  return operation.change.put('stripe_payment_intents', authorized);
}

function declined(
  operation: Operation,
  intent: PaymentIntentRow,
  paymentMethod: string,
  card: TestCard,
  decline: Decline,
): Refusal {
  const charge = addCharge(operation, intent, paymentMethod, { decline, blocked: card.blockedByRadar });
  return failed(operation, { ...intent, latestCharge: charge.id }, paymentMethod, {
    ...decline,
    charge: charge.id,
  });
}

/** 402 with the intent inside, which keeps no payment method: nothing on it can be charged by itself. */
function failed(
  { change }: Operation,
  intent: PaymentIntentRow,
  paymentMethod: string,
  error: Omit<ErrorFields, 'type'>,
): Refusal {
  const fields: ErrorFields = { type: 'card_error', ...error };
  const row = change.put('stripe_payment_intents', {
    ...intent,
    status: 'requires_payment_method',
    paymentMethod: null,
    grantedToken: null,
    lastError: { fields, paymentMethod },
  });
  const { payment_method } = errorView(change, fields, paymentMethod);
  return new Refusal(402, fields, true, { payment_method, payment_intent: paymentIntentView(change, row) });
}

function addCharge(
  { change, nowSeconds }: Operation,
  intent: PaymentIntentRow,
  paymentMethod: string,
  outcome: { decline?: Decline; blocked?: boolean; authenticated?: boolean },
): ChargeRow {
  return change.put('stripe_charges', {
    id: change.world.nextId('ch'),
    created: nowSeconds,
    paymentIntent: intent.id,
    paymentMethod,
    amount: intent.amount,
    amountCaptured: 0,
    amountRefunded: 0,
    currency: intent.currency,
    status: outcome.decline ? 'failed' : 'succeeded',
    captured: false,
    authenticated: outcome.authenticated ?? false,
    failure: outcome.decline ? { type: 'card_error', ...outcome.decline } : null,
    blocked: outcome.blocked ?? false,
    description: intent.description,
    metadata: intent.metadata,
  });
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

const challengeNotHandled: Omit<ErrorFields, 'type'> = {
  code: 'authentication_required',
  decline_code: 'authentication_not_handled',
  message:
    'This payment required an authentication action to complete, but `error_on_requires_action` was set. When you’re ready to upgrade your integration to handle actions, unset it.',
};

function missingMethod(): Refusal {
  return notPossible(
    "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.",
    { code: 'payment_intent_unexpected_state' },
  );
}
