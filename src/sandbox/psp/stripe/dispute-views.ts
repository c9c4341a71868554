import type { Change } from '../world.js';
import { isFinal, isInquiry } from './disputing.js';
import type { DisputeRow, FraudWarningRow } from './tables.js';
import { chargeView, paymentIntentView } from './views.js';

const RESPOND_WITHIN_SECONDS = 7 * 24 * 60 * 60;

export function disputeView(change: Change, row: DisputeRow, expand: ReadonlySet<string> = new Set()) {
  const charge = expand.has('charge') ? change.find('stripe_charges', row.charge) : undefined;
  const intent = expand.has('payment_intent')
    ? change.find('stripe_payment_intents', row.paymentIntent)
    : undefined;
  const dueBy = row.created + RESPOND_WITHIN_SECONDS;
  return {
    id: row.id,
    object: 'dispute',
    amount: row.amount,
    balance_transactions: [],
    charge: charge ? chargeView(change, charge) : row.charge,
    created: row.created,
    currency: row.currency,
    enhanced_eligibility_types: [],
    evidence: row.evidence,
    evidence_details: {
      due_by: isFinal(row.status) ? null : dueBy,
      enhanced_eligibility: {},
      has_evidence: Object.keys(row.evidence).length > 0,
      past_due: change.world.now() / 1000 > dueBy,
      submission_count: row.submissions,
    },
    is_charge_refundable: isInquiry(row.status),
    livemode: false,
    metadata: row.metadata,
    payment_intent: intent ? paymentIntentView(change, intent) : row.paymentIntent,
    payment_method_details: {
      type: 'card',
      card: { brand: 'visa', case_type: isInquiry(row.status) ? 'inquiry' : 'chargeback' },
    },
    reason: row.reason,
    status: row.status,
  };
}

export function fraudWarningView(row: FraudWarningRow) {
  return {
    id: row.id,
    object: 'radar.early_fraud_warning',
    actionable: true,
    charge: row.charge,
    created: row.created,
    fraud_type: 'misc',
    livemode: false,
    payment_intent: row.paymentIntent,
  };
}
