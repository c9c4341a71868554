import type { Change } from '../world.js';
import type { Endpoint, Operation } from './endpoint.js';
import { badRequest, noSuchId } from './errors.js';
import { collection, LIST_PARAMS, listed } from './list.js';
import {
  flagAt,
  notesAt,
  objectAt,
  type Params,
  requiredAmount,
  requiredCurrency,
  shortText,
  textAt,
} from './params.js';
import type { OrderRow } from './tables.js';
import { orderView, paymentView } from './views.js';

const ROOT = '/v1/orders';

/** razorpay.com/docs/api/orders */
export const orderEndpoints: Endpoint[] = [
  {
    method: 'POST',
    path: ROOT,
    params:
      'amount currency receipt notes payment_capture payment customer_id token partial_payment first_payment_min_amount method offer_id customer_details',
    run: create,
  },
  { method: 'GET', path: ROOT, params: `${LIST_PARAMS} authorized receipt`, run: list },
  { method: 'GET', path: `${ROOT}/:id`, params: '', run: (operation) => orderView(named(operation)) },
  {
    method: 'PATCH',
    path: `${ROOT}/:id`,
    params: 'notes',
    run(operation) {
      const notes = notesAt(operation.params);
      return orderView(operation.change.put('razorpay_orders', { ...named(operation), notes }));
    },
  },
  {
    method: 'GET',
    path: `${ROOT}/:id/payments`,
    params: LIST_PARAMS,
    run(operation) {
      const order = named(operation);
      const rows = [...operation.change.world.rows('razorpay_payments')];
      return collection(
        listed(
          operation,
          rows.filter((row) => row.order === order.id),
        ).map(paymentView),
      );
    },
  },
];

function create({ change, params, keyId, nowSeconds }: Operation): unknown {
  const currency = requiredCurrency(params);
  const amount = requiredAmount(params, currency);
  const receipt = shortText(params, 'receipt', 40);
  if (flagAt(params, 'partial_payment')) {
    throw badRequest('The simulator takes no partial payments.', { field: 'partial_payment' });
  }
  if (receipt !== null) assertFree(change, receipt);
  const row: OrderRow = {
    ...newOrder(change, { amount, currency, keyId, notes: notesAt(params) }),
    created: nowSeconds,
    receipt,
    autoCapture: capturesAtOnce(params),
    customer: textAt(params, 'customer_id'),
  };
  return orderView(change.put('razorpay_orders', row));
}

/** An order nobody has tried to pay yet. */
export function newOrder(
  change: Change,
  given: Pick<OrderRow, 'amount' | 'currency' | 'keyId' | 'notes'>,
): OrderRow {
  return {
    id: change.world.nextId('order'),
    created: Math.floor(change.world.now() / 1000),
    amountPaid: 0,
    receipt: null,
    status: 'created',
    attempts: 0,
    autoCapture: false,
    customer: null,
    link: null,
    ...given,
  };
}

/** The documentation calls receipts unique and the service is not known to check; here it is a switch. */
function assertFree(change: Change, receipt: string): void {
  if (!change.world.find('razorpay_options', 'self')?.uniqueReceipts) return;
  const taken = [...change.world.rows('razorpay_orders')].some((row) => row.receipt === receipt);
  if (taken) throw badRequest('Order receipt should be unique.', { field: 'receipt' });
}

function capturesAtOnce(params: Params): boolean {
  const mode = textAt(objectAt(params, 'payment'), 'capture');
  return mode === null ? (flagAt(params, 'payment_capture') ?? false) : mode === 'automatic';
}

function list(operation: Operation): unknown {
  const { change, params } = operation;
  const receipt = textAt(params, 'receipt');
  const authorized = flagAt(params, 'authorized');
  const payments = authorized === null ? [] : [...change.world.rows('razorpay_payments')];
  const secured = new Set(
    payments.filter(({ status }) => status === 'authorized' || status === 'captured').map((row) => row.order),
  );
  const rows = [...change.world.rows('razorpay_orders')].filter(
    (row) =>
      (receipt === null || row.receipt === receipt) &&
      (authorized === null || secured.has(row.id) === authorized),
  );
  return collection(listed(operation, rows).map(orderView));
}

function named({ change, ids }: Operation): OrderRow {
  const row = change.find('razorpay_orders', ids[0] ?? '');
  if (!row) throw noSuchId();
  return row;
}
