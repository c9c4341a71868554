import type { Change, World } from '../world.js';
import type { Endpoint, Operation } from './endpoint.js';
import { badRequest, noSuchId } from './errors.js';
import { tellRefund } from './events.js';
import { collection, LIST_PARAMS, listed } from './list.js';
import { amountAt, notesAt, textAt } from './params.js';
import { moved } from './paying.js';
import { paymentNamed } from './payments.js';
import type { PaymentRow, RefundRow } from './tables.js';
import { refundView } from './views.js';

/** razorpay.com/docs/api/refunds */
export const refundEndpoints: Endpoint[] = [
  {
    method: 'POST',
    path: '/v1/payments/:id/refund',
    params: 'amount speed notes receipt',
    keyed: true,
    run: create,
  },
  {
    method: 'GET',
    path: '/v1/payments/:id/refunds',
    params: LIST_PARAMS,
    run(operation) {
      const { id } = paymentNamed(operation.change, operation.ids[0]);
      const rows = [...operation.change.world.rows('razorpay_refunds')].filter((row) => row.payment === id);
      return collection(listed(operation, rows).map(refundView));
    },
  },
  {
    method: 'GET',
    path: '/v1/payments/:id/refunds/:id',
    params: '',
    run({ change, ids }) {
      const row = refundNamed(change, ids[1]);
      if (row.payment !== ids[0]) throw noSuchId();
      return refundView(row);
    },
  },
  {
    method: 'GET',
    path: '/v1/refunds',
    params: LIST_PARAMS,
    run: (operation) =>
      collection(listed(operation, operation.change.world.rows('razorpay_refunds')).map(refundView)),
  },
  {
    method: 'GET',
    path: '/v1/refunds/:id',
    params: '',
    run: ({ change, ids }) => refundView(refundNamed(change, ids[0])),
  },
  {
    method: 'PATCH',
    path: '/v1/refunds/:id',
    params: 'notes',
    run({ change, ids, params }) {
      const row = refundNamed(change, ids[0]);
      return refundView(change.put('razorpay_refunds', { ...row, notes: notesAt(params) }));
    },
  },
];

function create({ change, params, ids }: Operation): unknown {
  const payment = paymentNamed(change, ids[0]);
  const asked = amountAt(params, payment.currency);
  if (payment.status === 'refunded') throw badRequest('The payment has been fully refunded already.');
  if (payment.status !== 'captured') {
    throw badRequest('The payment status should be captured for action to be taken');
  }
  const left = payment.amount - payment.amountRefunded;
  const amount = asked ?? left;
  if (amount > left) {
    throw badRequest('The refund amount provided is greater than amount captured.', { field: 'amount' });
  }
  const refund = refundOf(change, payment, amount, {
    status: payment.slowRefunds ? 'pending' : 'processed',
    receipt: textAt(params, 'receipt'),
    speed: speedOf(textAt(params, 'speed')),
    notes: notesAt(params),
  });
  return refundView(refund);
}

/** Takes the amount out of the payment and tells of it; the money itself moves once the refund is processed. */
export function refundOf(
  change: Change,
  payment: PaymentRow,
  amount: number,
  given: Pick<RefundRow, 'status' | 'receipt' | 'speed' | 'notes'>,
): RefundRow {
  const amountRefunded = payment.amountRefunded + amount;
  const status = amountRefunded === payment.amount ? 'refunded' : payment.status;
  const reduced = change.put('razorpay_payments', { ...payment, amountRefunded, status, dueMs: null });
  const refund = change.put('razorpay_refunds', {
    id: change.world.nextId('rfnd'),
    created: Math.floor(change.world.now() / 1000),
    payment: payment.id,
    amount,
    currency: payment.currency,
    ...given,
  });
  tellRefund(change, 'created', refund, reduced);
  if (refund.status === 'processed') complete(change, refund, reduced);
  return refund;
}

function complete(change: Change, refund: RefundRow, payment: PaymentRow): void {
  // Money that was never captured was never ours to send back.
  if (payment.captured) moved(change, payment, 'refund', refund.amount);
  tellRefund(change, 'processed', refund, payment);
}

/**
 * What the bank does with a refund later. One that fails after it was processed brings the money back. Answers null
 * when the refund is in no state for that.
 */
export function resolveRazorpayRefund(
  world: World,
  id: string,
  outcome: 'succeed' | 'fail',
): RefundRow | null {
  const change = world.begin();
  const refund = change.find('razorpay_refunds', id);
  const payment = change.find('razorpay_payments', refund?.payment ?? '');
  if (!refund || !payment || refund.status === 'failed') return null;
  if (outcome === 'succeed') {
    if (refund.status !== 'pending') return null;
    complete(change, change.put('razorpay_refunds', { ...refund, status: 'processed' }), payment);
  } else {
    if (refund.status === 'processed' && payment.captured) moved(change, payment, 'refund', -refund.amount);
    const restored = change.put('razorpay_payments', {
      ...payment,
      status: payment.captured ? 'captured' : 'authorized',
      amountRefunded: payment.amountRefunded - refund.amount,
    });
    tellRefund(change, 'failed', change.put('razorpay_refunds', { ...refund, status: 'failed' }), restored);
  }
  world.commit(change);
  return world.find('razorpay_refunds', id) ?? null;
}

function refundNamed(change: Change, id = ''): RefundRow {
  const row = change.find('razorpay_refunds', id);
  if (!row) throw noSuchId();
  return row;
}

function speedOf(text: string | null): RefundRow['speed'] {
  if (text === null || text === 'normal') return 'normal';
  if (text === 'optimum') return text;
  throw badRequest('The speed should be either normal or optimum.', { field: 'speed' });
}
