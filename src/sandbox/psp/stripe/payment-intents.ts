import { assertChargeableAmount } from './amounts.js';
import { confirm, instrumentIn } from './charging.js';
import { customerIn } from './customers.js';
import type { Endpoint, Operation } from './endpoint.js';
import { invalidRequest, noSuch, notPossible, type Refusal } from './errors.js';
import { settle } from './granted-tokens.js';
import { page } from './list.js';
import {
  choiceAt,
  expansions,
  flagAt,
  mergedMetadata,
  positiveAt,
  requiredInteger,
  requiredText,
  textAt,
} from './params.js';
import { searchEndpoint } from './search.js';
import { capture } from './settling.js';
import * as shapes from './shapes.js';
import type { PaymentIntentRow } from './tables.js';
import { paymentIntentView } from './views.js';

type Status = PaymentIntentRow['status'];
const OPEN: readonly Status[] = ['requires_payment_method', 'requires_confirmation', 'requires_action'];
const CANCELABLE: readonly Status[] = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
];
const CAPTURE_METHODS = ['automatic', 'automatic_async', 'manual'] as const;
const CANCELLATION_REASONS = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;
const ROOT = '/v1/payment_intents';

/** docs.stripe.com/api/payment_intents */
export const paymentIntentEndpoints: Endpoint[] = [
  { method: 'POST', path: ROOT, params: shapes.createIntent, run: create },
  { method: 'GET', path: ROOT, params: shapes.list, run: list },
  // Before the intents themselves, one of which would be called "search".
  searchEndpoint,
  {
    method: 'GET',
    path: `${ROOT}/:id`,
    params: shapes.retrieve,
    run: (operation) => show(operation, intentOf(operation)),
  },
  { method: 'POST', path: `${ROOT}/:id`, params: shapes.updateIntent, run: update },
  { method: 'POST', path: `${ROOT}/:id/confirm`, params: shapes.confirmIntent, run: confirmExisting },
  { method: 'POST', path: `${ROOT}/:id/capture`, params: shapes.captureIntent, run: captureExisting },
  { method: 'POST', path: `${ROOT}/:id/cancel`, params: shapes.cancelIntent, run: cancel },
];

function create(operation: Operation): unknown {
  const { change, params, nowSeconds } = operation;
  requiredInteger(params, 'amount');
  const amount = positiveAt(params, 'amount') ?? 0;
  const currency = requiredText(params, 'currency').toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) {
    throw invalidRequest(`Invalid currency: ${currency}`, { param: 'currency' });
  }
  assertChargeableAmount(amount, currency);
  const blank: PaymentIntentRow = {
    id: change.world.nextId('pi'),
    created: nowSeconds,
    amount,
    currency,
    status: 'requires_payment_method',
    captureMethod: choiceAt(params, 'capture_method', CAPTURE_METHODS) ?? 'automatic_async',
    amountCapturable: 0,
    amountReceived: 0,
    paymentMethod: null,
    grantedToken: null,
    latestCharge: null,
    lastError: null,
    canceledAt: null,
    cancellationReason: null,
    description: textAt(params, 'description'),
    receiptEmail: textAt(params, 'receipt_email'),
    metadata: mergedMetadata({}, params),
    customer: customerIn(operation),
    mayRedirect: mayRedirect(operation),
    returnUrl: returnUrl(operation),
  };
  return show(operation, flagAt(params, 'confirm') ? confirm(operation, blank) : keep(operation, blank));
}

function update(operation: Operation): unknown {
  const { params } = operation;
  const intent = intentOf(operation);
  const amount = positiveAt(params, 'amount') ?? intent.amount;
  const currency = textAt(params, 'currency')?.toLowerCase() ?? intent.currency;
  if (amount !== intent.amount || currency !== intent.currency) {
    requireStatus(operation, intent, OPEN, 'The amount could not be updated', 'updated');
    assertChargeableAmount(amount, currency);
  }
  return show(
    operation,
    keep(operation, {
      ...intent,
      amount,
      currency,
      description: textAt(params, 'description') ?? intent.description,
      receiptEmail: textAt(params, 'receipt_email') ?? intent.receiptEmail,
      metadata: mergedMetadata(intent.metadata, params),
      customer: customerIn(operation) ?? intent.customer,
    }),
  );
}

/** Stores an intent together with the way of paying the request names, without charging it. */
function keep(operation: Operation, intent: PaymentIntentRow): PaymentIntentRow {
  const instrument = instrumentIn(operation);
  if (!instrument) return operation.change.put('stripe_payment_intents', intent);
  requireStatus(operation, intent, OPEN, 'The payment method could not be updated', 'updated');
  return operation.change.put('stripe_payment_intents', {
    ...intent,
    ...instrument,
    status: 'requires_confirmation',
  });
}

function confirmExisting(operation: Operation): unknown {
  const intent = intentOf(operation);
  if (intent.status === 'succeeded') {
    const message =
      'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.';
    throw unexpectedState(operation, intent, message);
  }
  requireStatus(operation, intent, OPEN, 'You cannot confirm this PaymentIntent', 'confirmed');
  const captureMethod = choiceAt(operation.params, 'capture_method', CAPTURE_METHODS) ?? intent.captureMethod;
  const redirect = { returnUrl: returnUrl(operation) ?? intent.returnUrl };
  return show(operation, confirm(operation, { ...intent, ...redirect, captureMethod }));
}

function captureExisting(operation: Operation): unknown {
  const { params } = operation;
  const intent = intentOf(operation);
  const amount = positiveAt(params, 'amount_to_capture') ?? intent.amountCapturable;
  if (intent.status === 'succeeded') {
    const message = 'This PaymentIntent could not be captured because it has already been captured.';
    throw unexpectedState(operation, intent, message);
  }
  requireStatus(
    operation,
    intent,
    ['requires_capture'],
    'This PaymentIntent could not be captured',
    'captured',
  );
  if (amount > intent.amountCapturable) {
    throw notPossible(
      'The payment could not be captured because the requested capture amount is greater than the authorized amount.',
      { code: 'amount_too_large', param: 'amount_to_capture' },
    );
  }
  return show(
    operation,
    capture(operation, { ...intent, metadata: mergedMetadata(intent.metadata, params) }, amount),
  );
}

function cancel(operation: Operation): unknown {
  const { change, params, nowSeconds } = operation;
  const intent = intentOf(operation);
  const reason = choiceAt(params, 'cancellation_reason', CANCELLATION_REASONS);
  requireStatus(operation, intent, CANCELABLE, 'You cannot cancel this PaymentIntent', 'canceled');
  if (intent.grantedToken) settle(operation, intent.grantedToken, intent.amountCapturable, 0);
  const row = change.put('stripe_payment_intents', {
    ...intent,
    status: 'canceled',
    amountCapturable: 0,
    canceledAt: nowSeconds,
    cancellationReason: reason,
  });
  return show(operation, row);
}

function list(operation: Operation): unknown {
  const expand = expansions(operation.params);
  const customer = textAt(operation.params, 'customer');
  const rows = [...operation.change.world.rows('stripe_payment_intents')].filter(
    (row) => customer === null || row.customer === customer,
  );
  return page(operation, ROOT, rows, (row) => paymentIntentView(operation.change, row, expand));
}

/** Not for SDKs that show the challenge themselves, nor where nobody can follow a link. */
function mayRedirect({ params }: Operation): boolean {
  return (
    textAt(params, 'automatic_payment_methods', 'allow_redirects') !== 'never' &&
    !flagAt(params, 'use_stripe_sdk')
  );
}

function returnUrl({ params }: Operation): string | null {
  const url = textAt(params, 'return_url');
  if (url !== null && !URL.canParse(url)) throw invalidRequest('Not a valid URL', { param: 'return_url' });
  return url;
}

function show(operation: Operation, row: PaymentIntentRow): unknown {
  return paymentIntentView(operation.change, row, expansions(operation.params));
}

function intentOf({ change, id }: Operation): PaymentIntentRow {
  const row = change.find('stripe_payment_intents', id);
  if (!row) throw noSuch('payment_intent', id, 'intent', 404);
  return row;
}

function requireStatus(
  operation: Operation,
  intent: PaymentIntentRow,
  legal: readonly Status[],
  what: string,
  verb: string,
) {
  if (legal.includes(intent.status)) return;
  const message = `${what} because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${verb}: ${legal.join(', ')}.`;
  throw unexpectedState(operation, intent, message);
}

function unexpectedState({ change }: Operation, intent: PaymentIntentRow, message: string): Refusal {
  const nested = { payment_intent: paymentIntentView(change, intent) };
  return notPossible(message, { code: 'payment_intent_unexpected_state' }, nested);
}
