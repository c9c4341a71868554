import { isRecord, onlyKeys, optionalText, SimulatorError } from '../control-input.js';
import type { Change } from '../world.js';
import { noSuchId } from './errors.js';
import {
  cardInstrument,
  type Instrument,
  netbankingInstrument,
  type Outcome,
  upiInstrument,
} from './instruments.js';
import { attempt } from './paying.js';
import { paidOrder } from './signature.js';
import type { OrderRow, PaymentRow } from './tables.js';
import { paymentView, type Wire } from './views.js';

const OUTCOMES = ['authorized', 'captured', 'failed', 'pending', 'late_authorized'] as const;
export const BUYER_KEYS = ['outcome', 'method', 'vpa', 'card'];

/** The buyer opens Standard Checkout for an order and pays. Answers what Checkout hands to the shop's page. */
export function checkout(change: Change, body: Record<string, unknown>): Wire {
  onlyKeys(body, ['order_id', ...BUYER_KEYS]);
  const orderId = optionalText(body, 'order_id');
  if (orderId === undefined) throw new SimulatorError('order_id is required.');
  const order = change.find('razorpay_orders', orderId);
  if (!order) throw noSuchId();
  const payment = payAs(change, order, body);
  return payment.error ? failedCheckout(payment) : paidOrder(change, order, payment);
}

export function payAs(
  change: Change,
  order: OrderRow,
  body: Record<string, unknown>,
  more: Partial<PaymentRow> = {},
): PaymentRow {
  return attempt(change, order, instrumentIn(body), more, outcomeIn(body));
}

/** Checkout signs nothing that failed. */
export function failedCheckout(payment: PaymentRow): Wire {
  const ids = { razorpay_payment_id: payment.id, razorpay_order_id: payment.order };
  const metadata = { payment_id: payment.id, order_id: payment.order };
  return { error: { ...payment.error, metadata }, ...ids };
}

/** A payment as a control call answers with it. */
export function controlView(change: Change, id: string): Wire {
  const row = change.find('razorpay_payments', id);
  if (!row) throw noSuchId();
  return paymentView(row);
}

function outcomeIn(body: Record<string, unknown>): Outcome | undefined {
  const text = optionalText(body, 'outcome');
  if (text === undefined) return undefined;
  const outcome = OUTCOMES.find((known) => known === text);
  if (outcome) return outcome;
  throw new SimulatorError(`outcome must be one of ${OUTCOMES.join(', ')}.`);
}

/** The method may be left out when the card or the address says it. */
function instrumentIn(body: Record<string, unknown>): Instrument {
  const vpa = optionalText(body, 'vpa');
  const card = cardNumber(body.card);
  const method = optionalText(body, 'method') ?? (card === undefined ? 'upi' : 'card');
  switch (method) {
    case 'upi':
      return upiInstrument(vpa);
    case 'card':
      return cardInstrument(card);
    case 'netbanking':
      return netbankingInstrument();
    default:
      throw new SimulatorError('method must be one of card, upi, netbanking.');
  }
}

/** As a number in text, or as Checkout has it: an object with a number. */
function cardNumber(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  if (isRecord(value) && typeof value.number === 'string') return value.number;
  throw new SimulatorError('card must be the number of a card, or an object {number}.');
}
