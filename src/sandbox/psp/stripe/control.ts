import { SimulatorError } from '../control-input.js';
import type { Change, World } from '../world.js';
import {
  type Complaint,
  DISPUTE_STATUSES,
  isFinal,
  isInquiry,
  moveDispute,
  openDispute,
} from './disputing.js';
import { operationOn } from './endpoint.js';
import { commitWithEvents } from './events.js';
import { settleProcessing } from './settling.js';
import type { DisputeRow, DisputeStatus, PaymentIntentRow } from './tables.js';

/** A buyer goes to the bank about a captured payment; with a final outcome, the bank has decided as well. */
export function openStripeDispute(
  world: World,
  given: { payment: string; reason?: string; outcome?: string; amount?: number },
): DisputeRow {
  const outcome = statusOf(given.outcome ?? 'needs_response');
  const change = world.begin();
  const intent = disputable(change, given.payment);
  const complaint: Complaint = {
    reason: given.reason ?? 'fraudulent',
    inquiry: isInquiry(outcome),
    amount: given.amount ?? intent.amountReceived,
  };
  if (complaint.amount < 1 || complaint.amount > intent.amountReceived) {
    throw new SimulatorError(`amount must be from 1 to ${intent.amountReceived}.`);
  }
  const row = openDispute(change, intent, complaint);
  commitWithEvents(change);
  return outcome === row.status ? row : closeStripeDispute(world, row.id, outcome);
}

export function closeStripeDispute(world: World, id: string, outcome: string): DisputeRow {
  const status = statusOf(outcome);
  const row = world.find('stripe_disputes', id);
  if (!row) throw new SimulatorError(`There is no dispute ${id}.`, 404);
  if (isFinal(row.status) || isInquiry(row.status) !== isInquiry(status)) {
    throw new SimulatorError(`The dispute ${id} is ${row.status} and cannot become ${status}.`, 409);
  }
  const change = world.begin();
  const moved = moveDispute(change, row, status);
  commitWithEvents(change);
  return moved;
}

/** Undefined when the intent is not `processing`. */
export function moveProcessing(world: World, id: string, outcome: 'succeed' | 'fail'): PaymentIntentRow {
  const change = world.begin();
  const intent = change.find('stripe_payment_intents', id);
  if (intent?.status !== 'processing') {
    throw new SimulatorError(`There is no payment intent ${id} that is processing.`, 404);
  }
  const row = settleProcessing(operationOn(change), intent, outcome);
  commitWithEvents(change);
  return row;
}

function disputable(change: Change, payment: string): PaymentIntentRow {
  const charge = change.find('stripe_charges', payment);
  const intent = change.find('stripe_payment_intents', charge?.paymentIntent ?? payment);
  const made = change.find('stripe_charges', intent?.latestCharge ?? '');
  if (!intent || !made?.captured || (charge && charge.id !== made.id)) {
    throw new SimulatorError(`There is no captured payment ${payment}.`, 404);
  }
  const current = made.dispute ? change.find('stripe_disputes', made.dispute) : undefined;
  if (current && !isFinal(current.status)) {
    throw new SimulatorError(`${payment} is already disputed: ${current.id}.`, 409);
  }
  return intent;
}

function statusOf(text: string): DisputeStatus {
  const status = DISPUTE_STATUSES.find((known) => known === text);
  if (status) return status;
  throw new SimulatorError(`outcome must be one of ${DISPUTE_STATUSES.join(', ')}.`);
}
