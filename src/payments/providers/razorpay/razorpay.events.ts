import type { ProviderEvent } from '../payment-provider.js';
import { isId, isRecord } from './razorpay.wire.js';

type About = ProviderEvent['about'];
type Wire = Record<string, unknown>;

/** https://razorpay.com/docs/webhooks/payloads. `order.paid` tells of the same capture as `payment.captured`. */
const parts: Record<string, NonNullable<About>['part'] | null | undefined> = {
  'payment.authorized': 'payment',
  'payment.captured': 'payment',
  'payment.failed': 'payment',
  'payment.pending': 'payment',
  'order.paid': 'payment',
  'payment_link.paid': 'payment',
  'payment_link.partially_paid': 'payment',
  'refund.created': 'refunds',
  'refund.processed': 'refunds',
  'refund.failed': 'refunds',
  'refund.speed_changed': 'refunds',
  'payment.dispute.created': 'dispute',
  'payment.dispute.won': 'dispute',
  'payment.dispute.lost': 'dispute',
  'payment.dispute.closed': 'dispute',
  'payment.dispute.under_review': 'dispute',
  'payment.dispute.action_required': 'dispute',
  'payment_link.cancelled': null,
  'payment_link.expired': null,
};

export const isKnown = (type: string): boolean => Object.hasOwn(parts, type) || type.startsWith('token.');

export function aboutOf(type: string, payload: Wire): About {
  const part = Object.hasOwn(parts, type) ? parts[type] : null;
  if (!part) return null;
  const [payment, refund, dispute] = ['payment', 'refund', 'dispute'].map((name) => entityOf(payload, name));
  const id = [payment?.id, refund?.payment_id, dispute?.payment_id].find((one) => isId(one, 'pay'));
  if (!isId(id, 'pay')) return null;
  if (part !== 'dispute') return { part, payment: id };
  const { id: disputeId } = dispute ?? {};
  return isId(disputeId, 'disp') ? { part, payment: id, dispute: disputeId } : null;
}

const shown = [
  'id',
  'entity',
  'status',
  'order_id',
  'payment_id',
  'amount',
  'amount_paid',
  'amount_refunded',
  'currency',
  'method',
  'refund_status',
  'error_code',
  'error_reason',
  'reason_code',
  'phase',
  'reference_id',
  'receipt',
  'created_at',
];
const shownNotes = ['store_instance', 'checkout_session_id', 'order_ref', 'attempt_id', 'operation_id'];

/** A list of what may be kept, by entity: no card, address, e-mail or phone, and no notes but our own ids. */
export function summaryOf(payload: Wire): Wire {
  return Object.fromEntries(
    ['payment', 'order', 'refund', 'dispute', 'payment_link', 'token'].flatMap((name) => {
      const entity = entityOf(payload, name);
      if (!entity) return [];
      const notes = isRecord(entity.notes) ? picked(entity.notes, shownNotes) : {};
      // A token is a secret: whoever has it can charge it.
      const members = name === 'token' ? ['entity', 'method', 'created_at'] : shown;
      return [[name, { ...picked(entity, members), ...notes }]];
    }),
  );
}

function entityOf(payload: Wire, name: string): Wire | undefined {
  const holder = Object.hasOwn(payload, name) ? payload[name] : undefined;
  return isRecord(holder) && isRecord(holder.entity) ? holder.entity : undefined;
}

function picked(entity: Wire, names: string[]): Wire {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = Object.hasOwn(entity, name) ? entity[name] : undefined;
      const short = typeof value === 'string' && /^[\w.-]{1,100}$/.test(value);
      return short || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}
