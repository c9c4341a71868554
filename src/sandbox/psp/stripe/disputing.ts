import type { Change } from '../world.js';
import { moved } from './movement.js';
import type { DisputeRow, DisputeStatus, PaymentIntentRow } from './tables.js';

/** An inquiry asks first; a dispute takes the money at once. */
export interface Complaint {
  reason: string;
  inquiry?: boolean;
  amount: number;
}

const FINAL: readonly DisputeStatus[] = ['won', 'lost', 'warning_closed'];
const DISPUTE_OUTCOMES = ['needs_response', 'under_review', 'won', 'lost'] as const;
const INQUIRY_OUTCOMES = ['warning_needs_response', 'warning_under_review', 'warning_closed'] as const;
export const DISPUTE_STATUSES = [...DISPUTE_OUTCOMES, ...INQUIRY_OUTCOMES] as const;

export function isFinal(status: DisputeStatus): boolean {
  return FINAL.includes(status);
}

export function isInquiry(status: DisputeStatus): boolean {
  return status.startsWith('warning_');
}

/** docs.stripe.com/disputes/how-disputes-work */
export function openDispute(change: Change, intent: PaymentIntentRow, complaint: Complaint): DisputeRow {
  const inquiry = complaint.inquiry ?? false;
  const id = change.world.nextId('dp');
  const charge = change.find('stripe_charges', intent.latestCharge ?? '');
  if (!charge) throw new Error(`The intent ${intent.id} has no charge to dispute.`);
  change.put('stripe_charges', { ...charge, dispute: id });
  if (!inquiry) moved(change, intent, 'dispute', complaint.amount);
  return change.put('stripe_disputes', {
    id,
    created: Math.floor(change.world.now() / 1000),
    charge: charge.id,
    paymentIntent: intent.id,
    amount: complaint.amount,
    currency: intent.currency,
    reason: complaint.reason,
    status: inquiry ? 'warning_needs_response' : 'needs_response',
    withdrawn: !inquiry,
    evidence: {},
    submissions: 0,
    metadata: {},
  });
}

/** Brings the money back when the shop wins. */
export function moveDispute(change: Change, row: DisputeRow, status: DisputeStatus): DisputeRow {
  const intent = change.find('stripe_payment_intents', row.paymentIntent);
  const reinstated = status === 'won' && row.withdrawn;
  if (reinstated && intent) moved(change, intent, 'dispute', -row.amount);
  return change.put('stripe_disputes', {
    ...row,
    status,
    withdrawn: row.withdrawn && !reinstated,
  });
}

/** The bank suspects a card; the money stays where it is. */
export function warnOfFraud(change: Change, intent: PaymentIntentRow): void {
  change.put('stripe_fraud_warnings', {
    id: change.world.nextId('issfr'),
    created: Math.floor(change.world.now() / 1000),
    charge: intent.latestCharge ?? '',
    paymentIntent: intent.id,
  });
}
