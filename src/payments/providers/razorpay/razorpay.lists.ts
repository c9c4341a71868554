import type { ProviderDispute, ProviderPayment, ProviderRefund } from '../payment-provider.js';
import { pageSize, type RazorpayApi } from './razorpay.api.js';
import { ask } from './razorpay.failure.js';
import { disputeOf, paymentOf, refundOf } from './razorpay.mapping.js';
import type { Notes, WirePayment } from './razorpay.wire.js';

/**
 * Everything of a list, page by page. What is new while we read moves the rest on, so something may come twice;
 * nothing is left out.
 */
async function* everyOne<T>(page: (skip: number) => Promise<T[]>): AsyncIterable<T> {
  for (let skip = 0; ; skip += pageSize) {
    const items = (await ask(page(skip))) ?? [];
    yield* items;
    if (items.length < pageSize) return;
  }
}

export async function findPayment(api: RazorpayApi, reference: string): Promise<ProviderPayment | null> {
  const payment = await ask(api.payment(reference));
  return payment && paymentOf(payment, await orderNotes(api, payment));
}

export async function* listPayments(api: RazorpayApi, since: Date): AsyncIterable<ProviderPayment> {
  const orders = new Map<string, Notes>();
  for await (const payment of everyOne((skip) => api.payments(since, skip))) {
    const { orderId } = payment;
    const notes = (orderId ? orders.get(orderId) : undefined) ?? (await orderNotes(api, payment));
    if (orderId) orders.set(orderId, notes);
    yield paymentOf(payment, notes);
  }
}

/** What a buyer paid on Checkout has no notes of ours; its order does. Asked for only then. */
async function orderNotes(api: RazorpayApi, { notes, orderId }: WirePayment): Promise<Notes> {
  if (notes.store_instance || !orderId) return {};
  return (await ask(api.order(orderId)))?.notes ?? {};
}

export async function refundsOf(api: RazorpayApi, payment: string): Promise<ProviderRefund[]> {
  const refunds: ProviderRefund[] = [];
  for await (const refund of everyOne((skip) => api.refundsOf(payment, skip))) refunds.push(refundOf(refund));
  return refunds;
}

export async function* listRefunds(api: RazorpayApi, since: Date): AsyncIterable<ProviderRefund> {
  for await (const refund of everyOne((skip) => api.refunds(since, skip))) yield refundOf(refund);
}

export async function* listDisputes(api: RazorpayApi, since: Date): AsyncIterable<ProviderDispute> {
  for await (const wire of everyOne((skip) => api.disputes(skip))) {
    const dispute = disputeOf(wire);
    // The provider's times are whole seconds.
    if (dispute.openedAt.getTime() >= Math.floor(since.getTime() / 1000) * 1000) yield dispute;
  }
}
