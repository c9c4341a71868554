import type { ProviderEvent } from '../payment-provider.js';

type About = ProviderEvent['about'];
type Wire = Record<string, unknown>;

/** https://docs.stripe.com/api/events/types. What an event is about; the object itself is looked at again anyway. */
const parts: Record<string, NonNullable<About>['part'] | null | undefined> = {
  'payment_intent.succeeded': 'payment',
  'payment_intent.amount_capturable_updated': 'payment',
  'payment_intent.payment_failed': 'payment',
  'payment_intent.requires_action': 'payment',
  'payment_intent.processing': 'payment',
  'payment_intent.canceled': 'payment',
  'charge.refunded': 'refunds',
  'charge.refund.updated': 'refunds',
  'refund.created': 'refunds',
  'refund.updated': 'refunds',
  'refund.failed': 'refunds',
  'charge.dispute.created': 'dispute',
  'charge.dispute.updated': 'dispute',
  'charge.dispute.funds_withdrawn': 'dispute',
  'charge.dispute.funds_reinstated': 'dispute',
  'charge.dispute.closed': 'dispute',
  // The payment intent's own events say all of these.
  'payment_intent.created': null,
  'charge.succeeded': null,
  'charge.failed': null,
  'charge.captured': null,
  'charge.pending': null,
  'charge.updated': null,
  'charge.expired': null,
  'shared_payment.granted_token.used': null,
  'shared_payment.granted_token.deactivated': null,
};

export const isKnown = (type: string): boolean => Object.hasOwn(parts, type);

export function aboutOf(type: string, object: Wire): About {
  const part = isKnown(type) ? parts[type] : null;
  if (!part) return null;
  const payment = idIn(part === 'payment' ? object.id : object.payment_intent);
  if (!payment) return null;
  if (part !== 'dispute') return { part, payment };
  const dispute = idIn(object.id);
  return dispute ? { part, payment, dispute } : null;
}

const idIn = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\w{1,255}$/.test(value) ? value : undefined;

const shown = [
  'object',
  'id',
  'payment_intent',
  'charge',
  'latest_charge',
  'status',
  'amount',
  'amount_capturable',
  'amount_received',
  'amount_captured',
  'amount_refunded',
  'currency',
  'reason',
  'failure_reason',
  'failure_code',
  'cancellation_reason',
  'deactivated_reason',
  'created',
];
const shownMetadata = ['store_instance', 'checkout_session_id', 'attempt_id', 'operation_id'];

/** A list of what may be kept, since Stripe adds members: nothing personal, and nothing that has room for it. */
export function summaryOf(object: Wire): Wire {
  const { metadata, last_payment_error: error } = object;
  return {
    ...picked(object, shown),
    ...(isWire(error) && prefixed('error_', picked(error, ['code', 'decline_code']))),
    ...(isWire(metadata) && picked(metadata, shownMetadata)),
  };
}

function picked(object: Wire, names: string[]): Wire {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = Object.hasOwn(object, name) ? object[name] : undefined;
      const short = typeof value === 'string' && /^[\w.-]{1,100}$/.test(value);
      return short || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

const prefixed = (prefix: string, object: Wire): Wire =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [prefix + name, value]));

const isWire = (value: unknown): value is Wire => typeof value === 'object' && value !== null;
