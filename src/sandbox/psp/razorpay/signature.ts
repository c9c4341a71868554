import { createHmac } from 'node:crypto';
import type { Change } from '../world.js';
import type { OrderRow, PaymentLinkRow, PaymentRow } from './tables.js';
import type { Wire } from './views.js';

/** What Checkout and the server-to-server API hand over when a payment was made. */
export function paidOrder(change: Change, order: OrderRow, payment: PaymentRow): Wire {
  return {
    razorpay_payment_id: payment.id,
    razorpay_order_id: order.id,
    razorpay_signature: sign(change, order, [order.id, payment.id]),
  };
}

/** What a payment link appends to its callback address. */
export function paidLink(
  change: Change,
  order: OrderRow,
  link: PaymentLinkRow,
  payment: PaymentRow,
): Record<string, string> {
  const { id, referenceId, status } = link;
  return {
    razorpay_payment_id: payment.id,
    razorpay_payment_link_id: id,
    razorpay_payment_link_reference_id: referenceId,
    razorpay_payment_link_status: status,
    razorpay_signature: sign(change, order, [id, referenceId, status, payment.id]),
  };
}

function sign(change: Change, { keyId }: OrderRow, parts: string[]): string {
  const key = change.find('razorpay_keys', keyId);
  if (!key) throw new Error(`The secret of ${keyId} is not known.`);
  return createHmac('sha256', key.secret).update(parts.join('|')).digest('hex');
}
