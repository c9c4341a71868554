import type { Change } from '../world.js';
import { type Endpoint, NO_ANSWER, type Operation } from './endpoint.js';
import { badRequest, type ErrorFields, Refusal } from './errors.js';
import {
  flagAt,
  missing,
  notesAt,
  phoneAt,
  requiredAmount,
  requiredCurrency,
  requiredText,
  textAt,
} from './params.js';
import { attempt } from './paying.js';
import { paidOrder } from './signature.js';
import type { OrderRow, PaymentRow } from './tables.js';
import { assertUsable, tokenInstrument } from './tokens.js';

const PARAMS =
  'amount currency order_id customer_id token recurring contact email notes description method authentication ip referer user_agent';

/** Charging a saved token server to server: UPI Reserve Pay takes the first, cards and mandates the second. */
export const chargeEndpoints: Endpoint[] = ['json', 'recurring'].map((kind) => ({
  method: 'POST',
  path: `/v1/payments/create/${kind}`,
  params: PARAMS,
  run: charge,
}));

function charge({ change, params }: Operation): unknown {
  const currency = requiredCurrency(params);
  const amount = requiredAmount(params, currency);
  const email = requiredText(params, 'email');
  const contact = phoneAt(params, 'contact') ?? missing('contact');
  const customer = requiredText(params, 'customer_id');
  if (!/^cust_\w+$/.test(customer))
    throw badRequest(`${customer} is not a valid id`, { field: 'customer_id' });
  if (!flagAt(params, 'recurring')) missing('recurring');
  const order = orderToPay(change, requiredText(params, 'order_id'), amount, currency);
  const tokenId = requiredText(params, 'token');
  const token = assertUsable(change, customer, tokenId, amount);
  const payer = {
    customer,
    email,
    contact,
    token: tokenId,
    description: textAt(params, 'description'),
    notes: notesAt(params),
  };
  const payment = attempt(change, order, tokenInstrument(token), payer, token.outcome);
  if (payment.error) throw declined(payment, payment.error);
  if (token.outcome === 'pending') settleLater(change, payment);
  return token.silent ? NO_ANSWER : paidOrder(change, order, payment);
}

const SETTLES_AFTER_MS = 60 * 60 * 1000;

/** The bank answers within the hour, on the simulator's clock. */
function settleLater(change: Change, payment: PaymentRow): void {
  change.put('razorpay_payments', { ...payment, dueMs: change.world.now() + SETTLES_AFTER_MS });
}

function orderToPay(change: Change, id: string, amount: number, currency: string): OrderRow {
  const order = change.find('razorpay_orders', id);
  if (!order)
    throw badRequest('The id provided does not exist', { field: 'order_id', reason: 'invalid_order_id' });
  if (currency !== order.currency) {
    throw badRequest('Payment currency is different from your order currency.', { field: 'currency' });
  }
  if (amount === order.amount) return order;
  throw badRequest(
    'Your payment amount is different from your order amount. To pay successfully, please try using right amount.',
    { field: 'amount', reason: 'order_amount_mismatch' },
  );
}

/** The failed payment stays on the order; the error says which one it is. */
function declined(payment: PaymentRow, error: ErrorFields): Refusal {
  const status = error.code === 'GATEWAY_ERROR' ? 502 : 400;
  return new Refusal(status, error, true, { payment_id: payment.id, order_id: payment.order });
}
