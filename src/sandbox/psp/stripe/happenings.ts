import type { Change } from '../world.js';
import { disputeView, fraudWarningView } from './dispute-views.js';
import { isFinal } from './disputing.js';
import { grantedTokenView } from './method-views.js';
import type { ChargeRow, DisputeRow, PaymentIntentRow } from './tables.js';
import { chargeView, customerView, paymentIntentView, refundView } from './views.js';

export interface Happening {
  type: string;
  object: unknown;
  previous?: Record<string, unknown>;
}

/**
 * What a change means to somebody who watches, in the order Stripe tells it, found by comparing its rows with what
 * they were: whoever changes a row cannot forget the event.
 */
export function happeningsOf(change: Change): Happening[] {
  return [
    ...customers(change),
    ...intentsCreated(change),
    ...charges(change),
    ...intents(change),
    ...chargesUpdated(change),
    ...refunds(change),
    ...tokens(change),
    ...disputes(change),
    ...fraudWarnings(change),
  ];
}

function customers(change: Change): Happening[] {
  return change.changes('stripe_customers').map(({ before, after }) => ({
    type: before ? 'customer.updated' : 'customer.created',
    object: customerView(after),
  }));
}

function intentsCreated(change: Change): Happening[] {
  const created = change.changes('stripe_payment_intents').filter(({ before }) => !before);
  return created.map(({ after }) => ({
    type: 'payment_intent.created',
    object: paymentIntentView(change, asCreated(after)),
  }));
}

/** One that is confirmed in the same request was new first. */
function asCreated(row: PaymentIntentRow): PaymentIntentRow {
  if (row.status === 'requires_confirmation') return row;
  return {
    ...row,
    status: 'requires_payment_method',
    paymentMethod: null,
    latestCharge: null,
    lastError: null,
    amountCapturable: 0,
    amountReceived: 0,
  };
}

function intents(change: Change): Happening[] {
  return change.changes('stripe_payment_intents').flatMap(({ before, after }) => {
    const event = intentEvent(before, after);
    return event === null
      ? []
      : [{ type: `payment_intent.${event}`, object: paymentIntentView(change, after) }];
  });
}

function intentEvent(before: PaymentIntentRow | undefined, after: PaymentIntentRow): string | null {
  const failed = after.lastError !== null && after.lastError !== before?.lastError;
  if (failed) return 'payment_failed';
  if (before?.status === after.status) return null;
  switch (after.status) {
    case 'requires_capture':
      return 'amount_capturable_updated';
    case 'succeeded':
    case 'requires_action':
    case 'processing':
    case 'canceled':
      return after.status;
    default:
      return null;
  }
}

function charges(change: Change): Happening[] {
  return change.changes('stripe_charges').flatMap(({ before, after }) => {
    const event = chargeEvent(before, after);
    // Whatever happens to a charge later, it was not disputed from the beginning.
    const shown = before ? after : { ...after, dispute: null };
    return event === null ? [] : [{ type: `charge.${event}`, object: chargeView(change, shown) }];
  });
}

function chargeEvent(before: ChargeRow | undefined, after: ChargeRow): string | null {
  if (before?.status !== after.status) return after.status;
  return after.captured && !before.captured ? 'captured' : null;
}

/** With `automatic_async` the charge comes first and its balance transaction a moment later. */
function chargesUpdated(change: Change): Happening[] {
  return change.changes('stripe_charges').flatMap(({ before, after }) => {
    const intent = change.find('stripe_payment_intents', after.paymentIntent);
    const settled = after.captured && !before?.captured;
    if (!settled || intent?.captureMethod !== 'automatic_async') return [];
    const previous = { balance_transaction: null };
    return [{ type: 'charge.updated', object: chargeView(change, after), previous }];
  });
}

function refunds(change: Change): Happening[] {
  return change.changes('stripe_refunds').flatMap(({ before, after }) => {
    const object = refundView(change, after);
    if (!before) return [{ type: 'refund.created', object }, ...chargesRefunded(change, after.charge)];
    if (before.status === after.status) return [];
    const updated = { type: 'refund.updated', object, previous: { status: before.status } };
    return after.status === 'failed' ? [updated, { type: 'refund.failed', object }] : [updated];
  });
}

function chargesRefunded(change: Change, id: string): Happening[] {
  const charge = change.find('stripe_charges', id);
  if (!charge) return [];
  const amount_refunded = change.world.find('stripe_charges', id)?.amountRefunded ?? 0;
  const object = chargeView(change, charge);
  const previous = { amount_refunded, ...(object.refunded ? { refunded: false } : {}) };
  return [{ type: 'charge.refunded', object, previous }];
}

function tokens(change: Change): Happening[] {
  return change.changes('stripe_granted_tokens').flatMap(({ before, after }) => {
    if (!before) return [];
    const method = change.find('stripe_payment_methods', after.paymentMethod);
    const object = grantedTokenView(after, method, Math.floor(change.world.now() / 1000));
    const used = after.amountCaptured + after.amountReserved > before.amountCaptured + before.amountReserved;
    const over = after.deactivatedAt !== null && before.deactivatedAt === null;
    return [
      ...(used ? [{ type: 'shared_payment.granted_token.used', object }] : []),
      ...(over ? [{ type: 'shared_payment.granted_token.deactivated', object }] : []),
    ];
  });
}

function disputes(change: Change): Happening[] {
  return change.changes('stripe_disputes').flatMap(({ before, after }) => {
    const object = disputeView(change, after);
    return disputeEvents(before, after).map((event) => ({ type: `charge.dispute.${event}`, object }));
  });
}

function disputeEvents(before: DisputeRow | undefined, after: DisputeRow): string[] {
  if (!before) return after.withdrawn ? ['created', 'funds_withdrawn'] : ['created'];
  if (!isFinal(after.status) || isFinal(before.status)) return ['updated'];
  return before.withdrawn && !after.withdrawn ? ['closed', 'funds_reinstated'] : ['closed'];
}

function fraudWarnings(change: Change): Happening[] {
  return change.changes('stripe_fraud_warnings').map(({ after }) => ({
    type: 'radar.early_fraud_warning.created',
    object: fraudWarningView(after),
  }));
}
