import type { Change } from '../world.js';
import type { Endpoint, Operation } from './endpoint.js';
import { badRequest, noSuchId } from './errors.js';
import { collection, LIST_PARAMS, listed } from './list.js';
import { requiredAmount, requiredCurrency } from './params.js';
import { capture } from './paying.js';
import type { PaymentRow } from './tables.js';
import { paymentView } from './views.js';

const ROOT = '/v1/payments';

/** razorpay.com/docs/api/payments */
export const paymentEndpoints: Endpoint[] = [
  {
    method: 'GET',
    path: ROOT,
    params: LIST_PARAMS,
    run: (operation) =>
      collection(listed(operation, operation.change.world.rows('razorpay_payments')).map(paymentView)),
  },
  {
    method: 'GET',
    path: `${ROOT}/:id`,
    params: '',
    run: ({ change, ids }) => paymentView(paymentNamed(change, ids[0])),
  },
  { method: 'POST', path: `${ROOT}/:id/capture`, params: 'amount currency', run: captureByApi },
];

export function paymentNamed(change: Change, id = ''): PaymentRow {
  const row = change.find('razorpay_payments', id);
  if (!row) throw noSuchId();
  return row;
}

function captureByApi({ change, params, ids }: Operation): unknown {
  const currency = requiredCurrency(params);
  const amount = requiredAmount(params, currency);
  const payment = paymentNamed(change, ids[0]);
  if (payment.captured) throw badRequest('This payment has already been captured');
  if (payment.status !== 'authorized') {
    throw badRequest('Only payments which have been authorized and not yet captured can be captured');
  }
  if (currency !== payment.currency) {
    throw badRequest('Payment currency is different from the one authorized.', { field: 'currency' });
  }
  if (amount !== payment.amount) {
    throw badRequest('Capture amount must be equal to the amount authorized', { field: 'amount' });
  }
  return paymentView(capture(change, payment));
}
