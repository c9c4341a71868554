import { onlyKeys } from '../../control-input.js';
import type { Change } from '../../world.js';
import { BUYER_KEYS, failedCheckout, payAs } from '../checkout.js';
import { noSuchId } from '../errors.js';
import { paidLink } from '../signature.js';
import type { OrderRow, PaymentLinkRow, PaymentRow } from '../tables.js';
import type { Wire } from '../views.js';
import { linkNamed } from './payment-links.js';

export interface LinkPayment {
  link: PaymentLinkRow;
  order: OrderRow;
  payment: PaymentRow;
}

/** The buyer opens the link and pays. What is paid on a link carries the notes of the link. */
export function payLinkAs(change: Change, id: string, body: Record<string, unknown>): LinkPayment {
  onlyKeys(body, BUYER_KEYS);
  const link = linkNamed(change, id);
  const order = change.find('razorpay_orders', link.order);
  if (!order) throw noSuchId();
  const description = link.description === '' ? null : link.description;
  const payment = payAs(change, order, body, { notes: link.notes, description });
  return { link: linkNamed(change, id), order, payment };
}

/** What the link appends to its callback address, or why the payment failed. */
export function linkResult(change: Change, { link, order, payment }: LinkPayment): Wire {
  return payment.error
    ? failedCheckout(payment)
    : { ...paidLink(change, order, link, payment), razorpay_order_id: order.id };
}

/** Where the browser goes after a payment that was made, or null to stay. */
export function callbackOf(change: Change, { link, order, payment }: LinkPayment): string | null {
  if (payment.error || link.callbackUrl === '') return null;
  const url = new URL(link.callbackUrl);
  for (const [name, value] of Object.entries(paidLink(change, order, link, payment))) {
    url.searchParams.set(name, value);
  }
  return url.href;
}
