import { disputeView, fraudWarningView } from './dispute-views.js';
import { isFinal, isInquiry, moveDispute } from './disputing.js';
import type { Endpoint, Operation } from './endpoint.js';
import { invalidRequest, noSuch, notPossible } from './errors.js';
import { page } from './list.js';
import { at, expansions, flagAt, mergedMetadata, shape, textAt } from './params.js';
import * as shapes from './shapes.js';
import type { DisputeRow, DisputeStatus } from './tables.js';

const ROOT = '/v1/disputes';
const WARNINGS = '/v1/radar/early_fraud_warnings';

/** docs.stripe.com/api/disputes */
export const disputeEndpoints: Endpoint[] = [
  {
    method: 'GET',
    path: ROOT,
    params: { ...shapes.list, charge: 'value', payment_intent: 'value' },
    run: (operation) =>
      page(operation, ROOT, concerned(operation, 'stripe_disputes'), (row) => show(operation, row)),
  },
  {
    method: 'GET',
    path: `${ROOT}/:id`,
    params: shapes.retrieve,
    run: (operation) => show(operation, disputeOf(operation)),
  },
  {
    method: 'POST',
    path: `${ROOT}/:id`,
    params: shape('submit', { evidence: 'anything', metadata: 'anything', expand: 'anything' }),
    run: update,
  },
  {
    method: 'POST',
    path: `${ROOT}/:id/close`,
    params: shapes.retrieve,
    run(operation) {
      const row = openDisputeOf(operation);
      return show(
        operation,
        moveDispute(operation.change, row, isInquiry(row.status) ? 'warning_closed' : 'lost'),
      );
    },
  },
  {
    method: 'GET',
    path: WARNINGS,
    params: { ...shapes.list, charge: 'value', payment_intent: 'value' },
    run: (operation) =>
      page(operation, WARNINGS, concerned(operation, 'stripe_fraud_warnings'), fraudWarningView),
  },
  {
    method: 'GET',
    path: `${WARNINGS}/:id`,
    params: shapes.retrieve,
    run({ change, id }) {
      const row = change.find('stripe_fraud_warnings', id);
      if (!row) throw noSuch('early_fraud_warning', id, 'id', 404);
      return fraudWarningView(row);
    },
  },
];

/** Evidence is sent to the bank at once, unless it is only to be kept (`submit=false`). */
function update(operation: Operation): unknown {
  const { change, params } = operation;
  const given = evidenceIn(operation);
  const submits = textAt(params, 'submit') === null ? given !== null : flagAt(params, 'submit');
  const row = given || submits ? openDisputeOf(operation) : disputeOf(operation);
  const kept = change.put('stripe_disputes', {
    ...row,
    evidence: { ...row.evidence, ...given },
    submissions: row.submissions + (submits ? 1 : 0),
    metadata: mergedMetadata(row.metadata, params),
  });
  return show(operation, submits ? moveDispute(change, kept, verdict(kept)) : kept);
}

/** docs.stripe.com/testing#disputes: in test mode the words decide. */
function verdict({ status, evidence }: DisputeRow): DisputeStatus {
  const text = evidence.uncategorized_text;
  if (isInquiry(status)) return text === 'winning_evidence' ? 'warning_closed' : 'warning_under_review';
  if (text === 'winning_evidence') return 'won';
  return text === 'losing_evidence' ? 'lost' : 'under_review';
}

function evidenceIn({ params }: Operation): Record<string, string> | null {
  const given = at(params, 'evidence');
  if (typeof given !== 'object') return null;
  const texts = Object.entries(given).map(([name, value]) => {
    if (typeof value === 'string') return [name, value] as const;
    throw invalidRequest(`Invalid string: evidence[${name}]`, { param: `evidence[${name}]` });
  });
  return Object.fromEntries(texts);
}

function concerned<T extends 'stripe_disputes' | 'stripe_fraud_warnings'>(operation: Operation, table: T) {
  const { change, params } = operation;
  const intent = textAt(params, 'payment_intent');
  const charge = textAt(params, 'charge');
  return [...change.world.rows(table)].filter(
    (row) => (intent === null || row.paymentIntent === intent) && (charge === null || row.charge === charge),
  );
}

function show({ change, params }: Operation, row: DisputeRow): unknown {
  return disputeView(change, row, expansions(params));
}

function disputeOf({ change, id }: Operation): DisputeRow {
  const row = change.find('stripe_disputes', id);
  if (!row) throw noSuch('dispute', id, 'dispute', 404);
  return row;
}

function openDisputeOf(operation: Operation): DisputeRow {
  const row = disputeOf(operation);
  if (isFinal(row.status)) throw notPossible('This dispute is already closed.');
  return row;
}
