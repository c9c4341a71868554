import { type Decline, testCard } from './cards.js';
import { openDispute, warnOfFraud } from './disputing.js';
import type { Operation } from './endpoint.js';
import type { ErrorFields } from './errors.js';
import { reserve, settle } from './granted-tokens.js';
import { moved } from './movement.js';
import type { ChargeRow, PaymentIntentRow } from './tables.js';

/** What the card of `method` does when it is charged. An intent that comes back with a `lastError` was refused. */
export function charge(
  operation: Operation,
  intent: PaymentIntentRow,
  method: { id: string; card: string },
  authenticated: boolean,
): PaymentIntentRow {
  const card = testCard(method.card);
  if (card.decline) return decline(operation, intent, method.id, card.decline, card.blockedByRadar);
  const made = addCharge(operation, intent, method.id, {
    authenticated,
    status: card.processing ? 'pending' : 'succeeded',
  });
  if (intent.grantedToken) reserve(operation, intent.grantedToken, intent.amount);
  const charged = { ...intent, latestCharge: made.id };
  return card.processing
    ? operation.change.put('stripe_payment_intents', { ...charged, status: 'processing' })
    : authorized(operation, charged);
}

/** Refused: a failed charge and an unpaid intent. */
export function decline(
  operation: Operation,
  intent: PaymentIntentRow,
  methodId: string,
  reason: Decline,
  blocked = false,
): PaymentIntentRow {
  const failure: ErrorFields = { type: 'card_error', ...reason };
  const made = addCharge(operation, intent, methodId, { status: 'failed', failure, blocked });
  const fields = { ...failure, charge: made.id };
  return leaveUnpaid(operation, { ...intent, latestCharge: made.id }, methodId, fields);
}

/** It keeps no payment method: nothing on it can be charged by itself. */
export function leaveUnpaid(
  { change }: Operation,
  intent: PaymentIntentRow,
  paymentMethod: string,
  fields: ErrorFields,
): PaymentIntentRow {
  return change.put('stripe_payment_intents', {
    ...intent,
    status: 'requires_payment_method',
    paymentMethod: null,
    grantedToken: null,
    lastError: { fields, paymentMethod },
  });
}

/** Moves money that a manual intent has authorized; what is left of the authorization is released. */
export function capture(operation: Operation, intent: PaymentIntentRow, amount: number): PaymentIntentRow {
  const { change } = operation;
  const made = change.find('stripe_charges', intent.latestCharge ?? '');
  if (made) change.put('stripe_charges', { ...made, captured: true, amountCaptured: amount });
  if (intent.grantedToken) settle(operation, intent.grantedToken, intent.amountCapturable, amount);
  moved(change, intent, 'capture', amount);
  const captured = change.put('stripe_payment_intents', {
    ...intent,
    status: 'succeeded',
    amountCapturable: 0,
    amountReceived: amount,
  });
  if (made) followUp(operation, captured, made);
  return captured;
}

/** What becomes of an intent that is `processing`, days later in reality. */
export function settleProcessing(
  operation: Operation,
  intent: PaymentIntentRow,
  outcome: 'succeed' | 'fail',
): PaymentIntentRow {
  const { change } = operation;
  const made = change.find('stripe_charges', intent.latestCharge ?? '');
  if (!made) throw new Error(`The intent ${intent.id} is processing without a charge.`);
  if (outcome === 'succeed') {
    change.put('stripe_charges', { ...made, status: 'succeeded' });
    return authorized(operation, intent);
  }
  const failure: ErrorFields = {
    type: 'card_error',
    code: 'card_declined',
    decline_code: 'generic_decline',
    message: 'Your card was declined.',
  };
  change.put('stripe_charges', { ...made, status: 'failed', failure });
  if (intent.grantedToken) settle(operation, intent.grantedToken, intent.amount, 0);
  return leaveUnpaid(operation, intent, made.paymentMethod, { ...failure, charge: made.id });
}

function authorized(operation: Operation, intent: PaymentIntentRow): PaymentIntentRow {
  const row: PaymentIntentRow = {
    ...intent,
    status: 'requires_capture',
    amountCapturable: intent.amount,
  };
  if (intent.captureMethod !== 'manual') return capture(operation, row, intent.amount);
  return operation.change.put('stripe_payment_intents', row);
}

/** Some test cards are trouble after they were charged. */
function followUp({ change }: Operation, intent: PaymentIntentRow, made: ChargeRow): void {
  const method = change.find('stripe_payment_methods', made.paymentMethod);
  const card = testCard(method?.card ?? 'visa');
  if (card.dispute) openDispute(change, intent, { ...card.dispute, amount: intent.amountReceived });
  if (card.fraudWarning) warnOfFraud(change, intent);
}

function addCharge(
  { change, nowSeconds }: Operation,
  intent: PaymentIntentRow,
  paymentMethod: string,
  outcome: Pick<ChargeRow, 'status'> & { failure?: ErrorFields; blocked?: boolean; authenticated?: boolean },
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
    status: outcome.status,
    captured: false,
    authenticated: outcome.authenticated ?? false,
    failure: outcome.failure ?? null,
    blocked: outcome.blocked ?? false,
    description: intent.description,
    metadata: intent.metadata,
    dispute: null,
  });
}
