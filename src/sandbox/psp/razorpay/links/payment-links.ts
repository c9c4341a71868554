import type { Change } from '../../world.js';
import type { Endpoint, Operation } from '../endpoint.js';
import { badRequest, noSuchId } from '../errors.js';
import { tellLink } from '../events.js';
import { LIST_PARAMS, listed } from '../list.js';
import { newOrder } from '../orders.js';
import {
  flagAt,
  integerAt,
  notesAt,
  objectAt,
  type Params,
  requiredAmount,
  shortText,
  textAt,
} from '../params.js';
import type { PaymentLinkRow } from '../tables.js';
import { linkView } from './link-view.js';

const ROOT = '/v1/payment_links';
const SOONEST_EXPIRY_SECONDS = 15 * 60;

/** razorpay.com/docs/api/payments/payment-links */
export const paymentLinkEndpoints: Endpoint[] = [
  {
    method: 'POST',
    path: ROOT,
    params:
      'amount currency accept_partial first_min_partial_amount description reference_id customer expire_by notify notes callback_url callback_method reminder_enable upi_link options',
    run: create,
  },
  { method: 'GET', path: ROOT, params: `${LIST_PARAMS} payment_id reference_id`, run: list },
  {
    method: 'GET',
    path: `${ROOT}/:id`,
    params: '',
    run: ({ change, ids }) => linkView(change, linkNamed(change, ids[0])),
  },
  { method: 'POST', path: `${ROOT}/:id/cancel`, params: '', run: cancel },
];

export function linkNamed(change: Change, id = ''): PaymentLinkRow {
  const row = change.find('razorpay_payment_links', id);
  if (!row) throw noSuchId();
  return row;
}

/** The link makes its own order, which captures by itself what is paid on it. */
function create({ change, params, keyId, nowSeconds }: Operation): unknown {
  const currency = textAt(params, 'currency') ?? 'INR';
  const amount = requiredAmount(params, currency);
  const notes = notesAt(params);
  const referenceId = shortText(params, 'reference_id', 40) ?? '';
  if (referenceId !== '') assertFree(change, referenceId);
  if (flagAt(params, 'accept_partial')) {
    throw badRequest('The simulator takes no partial payments.', { field: 'accept_partial' });
  }
  const id = change.world.nextId('plink');
  const order = { ...newOrder(change, { amount, currency, keyId, notes }), autoCapture: true, link: id };
  change.put('razorpay_orders', order);
  const row = change.put('razorpay_payment_links', {
    id,
    created: nowSeconds,
    updated: nowSeconds,
    order: order.id,
    payment: null,
    amount,
    amountPaid: 0,
    currency,
    status: 'created',
    referenceId,
    description: shortText(params, 'description', 2048) ?? '',
    callbackUrl: callbackIn(params),
    expireBy: expiryIn(params, nowSeconds),
    expiredAt: 0,
    cancelledAt: 0,
    customer: objectAt(params, 'customer'),
    notify: objectAt(params, 'notify'),
    reminders: flagAt(params, 'reminder_enable') ?? false,
    notes,
  });
  return linkView(change, row);
}

function assertFree(change: Change, referenceId: string): void {
  const taken = [...change.world.rows('razorpay_payment_links')].some(
    (row) => row.referenceId === referenceId && (row.status === 'created' || row.status === 'paid'),
  );
  if (taken) throw badRequest(`payment link with given reference_id (${referenceId}) already exists`);
}

function callbackIn(params: Params): string {
  const url = textAt(params, 'callback_url') ?? '';
  if (url === '') return url;
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw badRequest('The callback url format is invalid.', { field: 'callback_url' });
  }
  if (params.callback_method === 'get') return url;
  throw badRequest('callback_method must be get when callback_url is passed', { field: 'callback_method' });
}

function expiryIn(params: Params, nowSeconds: number): number {
  const at = integerAt(params, 'expire_by') ?? 0;
  if (at === 0 || at >= nowSeconds + SOONEST_EXPIRY_SECONDS) return at;
  throw badRequest('expire_by should be at least 15 minutes after current time', { field: 'expire_by' });
}

function cancel({ change, ids, nowSeconds }: Operation): unknown {
  const row = linkNamed(change, ids[0]);
  if (row.status === 'paid') {
    throw badRequest('cannot cancel or expire an already paid/partially paid link');
  }
  if (row.status !== 'created') throw badRequest('cannot cancel or expire an expired link');
  const cancelled = { ...row, status: 'cancelled' as const, cancelledAt: nowSeconds, updated: nowSeconds };
  tellLink(change, 'cancelled', change.put('razorpay_payment_links', cancelled));
  return linkView(change, cancelled);
}

/** Unlike the other lists, this one is named after what it holds. */
function list(operation: Operation): unknown {
  const { change, params } = operation;
  const reference = textAt(params, 'reference_id');
  const paymentId = textAt(params, 'payment_id');
  const order = paymentId === null ? null : (change.find('razorpay_payments', paymentId)?.order ?? '');
  const rows = [...change.world.rows('razorpay_payment_links')].filter(
    (row) => (reference === null || row.referenceId === reference) && (order === null || row.order === order),
  );
  return { payment_links: listed(operation, rows).map((row) => linkView(change, row)) };
}
