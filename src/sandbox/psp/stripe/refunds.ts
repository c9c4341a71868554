import type { World } from '../world.js';
import { amountText } from './amounts.js';
import { testCard } from './cards.js';
import type { Endpoint, Operation } from './endpoint.js';
import { invalidRequest, noSuch, notPossible } from './errors.js';
import { commitWithEvents } from './events.js';
import { page } from './list.js';
import { moved } from './movement.js';
import { choiceAt, expansions, mergedMetadata, positiveAt, shape, textAt } from './params.js';
import * as shapes from './shapes.js';
import type { ChargeRow, PaymentIntentRow, RefundRow } from './tables.js';
import { refundView } from './views.js';

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;
const ROOT = '/v1/refunds';

/** docs.stripe.com/api/refunds */
export const refundEndpoints: Endpoint[] = [
  {
    method: 'POST',
    path: ROOT,
    params: shape(
      'amount charge currency customer instructions_email origin payment_intent reason refund_application_fee reverse_transfer',
      { metadata: 'anything', expand: 'anything' },
    ),
    run: create,
  },
  {
    method: 'GET',
    path: ROOT,
    params: { ...shapes.list, charge: 'value', payment_intent: 'value' },
    run: list,
  },
  {
    method: 'GET',
    path: `${ROOT}/:id`,
    params: shapes.retrieve,
    run(operation) {
      const row = operation.change.find('stripe_refunds', operation.id);
      if (!row) throw noSuch('refund', operation.id, 'id', 404);
      return refundView(operation.change, row, expansions(operation.params));
    },
  },
];

function create(operation: Operation): unknown {
  const { change, params, nowSeconds } = operation;
  const asked = positiveAt(params, 'amount');
  const reason = choiceAt(params, 'reason', REASONS);
  const { charge, intent } = refundable(operation);
  const left = charge.amountCaptured - charge.amountRefunded;
  if (left === 0) {
    throw notPossible(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  const amount = asked ?? left;
  if (amount > left) {
    const limit = charge.amountRefunded > 0 ? 'unrefunded amount on charge' : 'charge amount';
    const message = `Refund amount (${amountText(amount, charge.currency)}) is greater than ${limit} (${amountText(left, charge.currency)})`;
    throw notPossible(message, { param: 'amount' });
  }
  const method = change.find('stripe_payment_methods', charge.paymentMethod);
  const pending = testCard(method?.card ?? 'visa').refund === 'stays_pending';
  change.put('stripe_charges', { ...charge, amountRefunded: charge.amountRefunded + amount });
  if (!pending) moved(change, intent, 'refund', amount);
  const row = change.put('stripe_refunds', {
    id: change.world.nextId('re'),
    created: nowSeconds,
    paymentIntent: intent.id,
    charge: charge.id,
    amount,
    currency: charge.currency,
    status: pending ? 'pending' : 'succeeded',
    reason,
    failureReason: null,
    metadata: mergedMetadata({}, params),
  });
  return refundView(change, row, expansions(params));
}

/** The captured charge a refund names, directly or by its payment intent. */
function refundable({ change, params }: Operation): { charge: ChargeRow; intent: PaymentIntentRow } {
  const intentId = textAt(params, 'payment_intent');
  const chargeId = textAt(params, 'charge');
  if (intentId === null && chargeId === null) {
    throw invalidRequest(
      'One of the following params should be provided for this request: payment_intent or charge.',
    );
  }
  const named = intentId === null ? undefined : change.find('stripe_payment_intents', intentId);
  if (intentId !== null && !named) throw noSuch('payment_intent', intentId, 'payment_intent');
  const charge = change.find('stripe_charges', chargeId ?? named?.latestCharge ?? '');
  if (chargeId !== null && !charge) throw noSuch('charge', chargeId, 'charge');
  const intent = named ?? change.find('stripe_payment_intents', charge?.paymentIntent ?? '');
  if (!charge || !intent || charge.status === 'failed') {
    throw notPossible(
      `This PaymentIntent (${intent?.id ?? ''}) does not have a successful charge to refund.`,
    );
  }
  if (!charge.captured) {
    throw notPossible(`Charge ${charge.id} has not been captured; cancel its PaymentIntent instead.`);
  }
  const dispute = charge.dispute ? change.find('stripe_disputes', charge.dispute) : undefined;
  if (dispute?.withdrawn) {
    throw notPossible(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  return { charge, intent };
}

function list(operation: Operation): unknown {
  const { change, params } = operation;
  const intent = textAt(params, 'payment_intent');
  const charge = textAt(params, 'charge');
  const expand = expansions(params);
  const rows = [...change.world.rows('stripe_refunds')].filter(
    (row) => (intent === null || row.paymentIntent === intent) && (charge === null || row.charge === charge),
  );
  return page(operation, ROOT, rows, (row) => refundView(change, row, expand));
}

/**
 * What the bank does with a refund later. A refund that fails after it succeeded brings the money back. Answers null
 * when the refund is in no state for that.
 */
export function resolveRefund(world: World, id: string, outcome: 'succeed' | 'fail'): RefundRow | null {
  const change = world.begin();
  const row = change.find('stripe_refunds', id);
  const charge = change.find('stripe_charges', row?.charge ?? '');
  const intent = change.find('stripe_payment_intents', row?.paymentIntent ?? '');
  if (!row || !charge || !intent || row.status === 'failed') return null;
  if (outcome === 'succeed') {
    if (row.status !== 'pending') return null;
    moved(change, intent, 'refund', row.amount);
    change.put('stripe_refunds', { ...row, status: 'succeeded' });
  } else {
    if (row.status === 'succeeded') moved(change, intent, 'refund', -row.amount);
    change.put('stripe_charges', { ...charge, amountRefunded: charge.amountRefunded - row.amount });
    change.put('stripe_refunds', { ...row, status: 'failed', failureReason: 'expired_or_canceled_card' });
  }
  commitWithEvents(change);
  return world.find('stripe_refunds', id) ?? null;
}
