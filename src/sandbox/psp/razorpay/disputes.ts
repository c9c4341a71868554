import { SimulatorError } from '../control-input.js';
import type { Change, World } from '../world.js';
import type { Endpoint, Operation } from './endpoint.js';
import { badRequest, noSuchId } from './errors.js';
import { tellDispute } from './events.js';
import { collection, LIST_PARAMS, listed } from './list.js';
import { moved } from './paying.js';
import type { DisputeRow } from './tables.js';
import { disputeView } from './views.js';

const ROOT = '/v1/disputes';
const RESPOND_WITHIN_SECONDS = 7 * 24 * 60 * 60;
const OUTCOMES = ['open', 'under_review', 'won', 'lost', 'closed'] as const;

/** razorpay.com/docs/api/disputes */
export const disputeEndpoints: Endpoint[] = [
  {
    method: 'GET',
    path: ROOT,
    params: LIST_PARAMS,
    run: (operation) =>
      collection(listed(operation, operation.change.world.rows('razorpay_disputes')).map(disputeView)),
  },
  { method: 'GET', path: `${ROOT}/:id`, params: '', run: (operation) => disputeView(named(operation)) },
  {
    method: 'POST',
    path: `${ROOT}/:id/accept`,
    params: '',
    run(operation) {
      const row = named(operation);
      if (row.status !== 'open') {
        throw badRequest(`Action not allowed when dispute is in ${row.status} status.`);
      }
      return disputeView(settle(operation.change, row, 'lost'));
    },
  },
];

/**
 * A buyer goes to the bank about a captured payment; with an outcome other than `open`, the bank has decided as well.
 * Without an amount it is about all that was not refunded.
 */
export function openRazorpayDispute(
  world: World,
  given: { payment: string; reason: string; amount?: number; outcome?: string },
): DisputeRow {
  const outcome = outcomeOf(given.outcome ?? 'open');
  const change = world.begin();
  const payment = change.find('razorpay_payments', given.payment);
  if (!payment?.captured) throw new SimulatorError(`There is no captured payment ${given.payment}.`, 404);
  const created = Math.floor(world.now() / 1000);
  const amount = given.amount ?? payment.amount - payment.amountRefunded;
  if (amount < 1 || amount > payment.amount) {
    throw new SimulatorError(`amount must be from 1 to ${payment.amount}, and not refunded already.`);
  }
  const row = change.put('razorpay_disputes', {
    id: world.nextId('disp'),
    created,
    payment: payment.id,
    amount,
    amountDeducted: 0,
    currency: payment.currency,
    reason: given.reason,
    respondBy: created + RESPOND_WITHIN_SECONDS,
    status: 'open',
  });
  tellDispute(change, 'created', row, payment);
  const latest = outcome === 'open' ? row : settle(change, row, outcome);
  world.commit(change);
  return latest;
}

/** What the bank decides; what is won, lost or closed stays so. */
export function closeRazorpayDispute(world: World, id: string, outcome: string): DisputeRow {
  const decided = outcomeOf(outcome);
  const change = world.begin();
  const row = change.find('razorpay_disputes', id);
  if (!row) throw new SimulatorError(`There is no dispute ${id}.`, 404);
  if (decided === 'open' || decided === row.status || !['open', 'under_review'].includes(row.status)) {
    throw new SimulatorError(`The dispute ${id} is ${row.status} and cannot become ${decided}.`, 409);
  }
  const latest = settle(change, row, decided);
  world.commit(change);
  return latest;
}

function settle(change: Change, row: DisputeRow, status: Exclude<DisputeRow['status'], 'open'>): DisputeRow {
  const payment = change.find('razorpay_payments', row.payment);
  if (!payment) throw new Error(`The dispute ${row.id} has no payment.`);
  const lost = status === 'lost';
  if (lost) moved(change, payment, 'dispute', row.amount);
  const amountDeducted = lost ? row.amount : 0;
  const settled = change.put('razorpay_disputes', { ...row, status, amountDeducted });
  tellDispute(change, status, settled, payment);
  return settled;
}

function outcomeOf(text: string): DisputeRow['status'] {
  const outcome = OUTCOMES.find((known) => known === text);
  if (outcome) return outcome;
  throw new SimulatorError(`outcome must be one of ${OUTCOMES.join(', ')}.`);
}

function named({ change, ids }: Operation): DisputeRow {
  const row = change.find('razorpay_disputes', ids[0] ?? '');
  if (!row) throw noSuchId();
  return row;
}
