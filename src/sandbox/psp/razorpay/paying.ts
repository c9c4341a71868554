import { recordMovement } from '../ledger.js';
import type { Change } from '../world.js';
import { badRequest, type ErrorFields, orderAlreadyPaid } from './errors.js';
import { tellLink, tellOrderPaid, tellPayment } from './events.js';
import { failureBecause, type Instrument, type Outcome } from './instruments.js';
import type { Notes, OrderRow, PaymentRow } from './tables.js';

/** Authorized and not captured in this time, the money goes back. */
const CAPTURE_WITHIN_MS = 3 * 24 * 60 * 60 * 1000;

type Payer = Partial<Pick<PaymentRow, 'customer' | 'token' | 'email' | 'contact' | 'description' | 'notes'>>;

/** An order, or the link it belongs to, that can still be paid. */
export function assertPayable(change: Change, order: OrderRow): void {
  if (order.status === 'paid') throw orderAlreadyPaid();
  const link = order.link === null ? undefined : change.find('razorpay_payment_links', order.link);
  if (link && link.status !== 'created') {
    throw badRequest(`Payment Link is ${link.status}.`, { reason: 'payment_declined' });
  }
}

/** One attempt at paying the order with the instrument. A payment that fails stays on the order. */
export function attempt(
  change: Change,
  order: OrderRow,
  { failure, ...instrument }: Instrument,
  payer: Payer,
  outcome?: Outcome,
): PaymentRow {
  assertPayable(change, order);
  change.put('razorpay_orders', { ...order, status: 'attempted', attempts: order.attempts + 1 });
  const created: PaymentRow = {
    id: change.world.nextId('pay'),
    created: Math.floor(change.world.now() / 1000),
    order: order.id,
    amount: order.amount,
    currency: order.currency,
    status: 'created',
    captured: false,
    amountRefunded: 0,
    customer: order.customer,
    token: null,
    email: 'void@razorpay.com',
    contact: '+919000090000',
    description: null,
    error: null,
    dueMs: null,
    notes: {},
    ...instrument,
    ...payer,
  };
  switch (outcome) {
    case 'pending':
      tellPayment(change, 'pending', created);
      return change.put('razorpay_payments', created);
    case 'failed':
      return fail(change, created, failure ?? failureBecause('payment_declined'));
    case 'late_authorized':
      return fail(change, created, failure ?? failureBecause('payment_timed_out'));
    case 'authorized':
      return authorize(change, created, false);
    case 'captured':
      return authorize(change, created, true);
    case undefined:
      return failure ? fail(change, created, failure) : authorize(change, created, order.autoCapture);
  }
}

/** The buyer's bank says yes. Captured at once if asked for and if the order can still take it. */
export function authorize(change: Change, payment: PaymentRow, thenCapture: boolean): PaymentRow {
  const row = change.put('razorpay_payments', {
    ...payment,
    status: 'authorized',
    error: null,
    dueMs: change.world.now() + CAPTURE_WITHIN_MS,
  });
  const capturing = thenCapture && isPayable(change, row.order);
  // Told when both happen at once, an authorized payment is shown as captured already.
  tellPayment(change, 'authorized', { ...row, captured: capturing });
  return capturing ? capture(change, row) : row;
}

/** Moves the money, which an order lets happen once. */
export function capture(change: Change, payment: PaymentRow): PaymentRow {
  const order = orderOf(change, payment);
  if (order.status === 'paid') throw orderAlreadyPaid();
  const row = change.put('razorpay_payments', {
    ...payment,
    status: 'captured',
    captured: true,
    dueMs: null,
  });
  const paid = change.put('razorpay_orders', { ...order, status: 'paid', amountPaid: order.amount });
  moved(change, row, 'capture', row.amount);
  tellPayment(change, 'captured', row);
  tellOrderPaid(change, paid, row);
  payLink(change, paid, row);
  return row;
}

export function fail(change: Change, payment: PaymentRow, error: ErrorFields): PaymentRow {
  const row = change.put('razorpay_payments', { ...payment, status: 'failed', error, dueMs: null });
  tellPayment(change, 'failed', row);
  return row;
}

/** Named by what the order says, or else by what the payment itself does. */
export function moved(
  change: Change,
  payment: PaymentRow,
  type: 'capture' | 'refund' | 'dispute',
  amount: number,
): void {
  const notes = { ...payment.notes, ...orderOf(change, payment).notes };
  recordMovement(change, {
    provider: 'razorpay',
    payment: payment.id,
    reference: textOf(notes.order_ref),
    sessionId: textOf(notes.checkout_session_id),
    type,
    amount,
    currency: payment.currency,
  });
}

function orderOf(change: Change, payment: PaymentRow): OrderRow {
  const order = change.find('razorpay_orders', payment.order);
  if (!order) throw new Error(`The payment ${payment.id} has no order.`);
  return order;
}

function isPayable(change: Change, orderId: string): boolean {
  const order = change.find('razorpay_orders', orderId);
  const link = order?.link ? change.find('razorpay_payment_links', order.link) : undefined;
  return order?.status !== 'paid' && (!link || link.status === 'created');
}

/** A link that was cancelled or expired meanwhile stays what it is, with the money on it. */
function payLink(change: Change, order: OrderRow, payment: PaymentRow): void {
  const link = order.link === null ? undefined : change.find('razorpay_payment_links', order.link);
  if (!link) return;
  const updated = Math.floor(change.world.now() / 1000);
  const wasOpen = link.status === 'created';
  const status = wasOpen ? 'paid' : link.status;
  const row = change.put('razorpay_payment_links', {
    ...link,
    status,
    payment: payment.id,
    amountPaid: payment.amount,
    updated,
  });
  if (wasOpen) tellLink(change, 'paid', row, payment);
}

function textOf(value: Notes[string] | undefined): string | null {
  return value === undefined ? null : String(value);
}
