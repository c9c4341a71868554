import type { Connection } from './razorpay.client.js';
import { once } from './razorpay.client.js';
import { RazorpayFailure } from './razorpay.failure.js';
import {
  isId,
  type Notes,
  readAll,
  readCharged,
  readDispute,
  readLink,
  readOrder,
  readPayment,
  readRefund,
  type WireDispute,
  type WireLink,
  type WireOrder,
  type WirePayment,
  type WireRefund,
} from './razorpay.wire.js';

export const pageSize = 100;

interface Named {
  amount: number;
  notes: Notes;
}

/** The calls we make (https://razorpay.com/docs/api). Each is sent once and rejects with a `RazorpayFailure`. */
export class RazorpayApi {
  constructor(private readonly connection: Connection) {}

  async createOrder({ amount, notes, receipt }: Named & { receipt: string }): Promise<WireOrder> {
    // Captured by us, so that nobody's money is taken before its order is known to be wanted.
    const order = { amount, currency: 'INR', receipt, notes, payment_capture: false };
    return once(() => this.sdk.orders.create(order), readOrder);
  }

  async order(id: string): Promise<WireOrder> {
    return once(() => this.sdk.orders.fetch(known(id, 'order')), readOrder);
  }

  /** The newest ones. */
  async orders(count: number): Promise<WireOrder[]> {
    const read = (answer: unknown) => readAll(answer, readOrder);
    return once(() => this.sdk.orders.all({ count }), read);
  }

  async paymentsOf(order: string): Promise<WirePayment[]> {
    const read = (answer: unknown) => readAll(answer, readPayment);
    return once(() => this.sdk.orders.fetchPayments(known(order, 'order')), read);
  }

  async createLink(
    link: Named & { reference: string; description: string; expireBy: number },
  ): Promise<WireLink> {
    const params = {
      amount: link.amount,
      currency: 'INR',
      reference_id: link.reference,
      description: link.description,
      expire_by: link.expireBy,
      notes: link.notes,
      notify: { sms: false, email: false },
      reminder_enable: false,
    };
    // The types want a customer; the API does not.
    return once(() => this.sdk.paymentLink.create(params as never), readLink);
  }

  async link(id: string): Promise<WireLink> {
    return once(() => this.sdk.paymentLink.fetch(known(id, 'plink')), readLink);
  }

  async linksNamed(reference: string): Promise<WireLink[]> {
    const query = { reference_id: reference } as never;
    return once(
      () => this.sdk.paymentLink.all(query),
      (answer) => readAll(answer, readLink, 'payment_links'),
    );
  }

  async cancelLink(id: string): Promise<WireLink> {
    return once(() => this.sdk.paymentLink.cancel(known(id, 'plink')), readLink);
  }

  async payment(id: string): Promise<WirePayment> {
    return once(() => this.sdk.payments.fetch(known(id, 'pay')), readPayment);
  }

  async payments(since: Date, skip: number): Promise<WirePayment[]> {
    const read = (answer: unknown) => readAll(answer, readPayment);
    return once(() => this.sdk.payments.all(pageFrom(since, skip)), read);
  }

  async capture(id: string, amount: number): Promise<WirePayment> {
    return once(() => this.sdk.payments.capture(known(id, 'pay'), amount, 'INR'), readPayment);
  }

  /**
   * Charges a saved token. The API wants the buyer's e-mail and phone, which a charge here does not carry: both are
   * the ones that stand for nobody. https://razorpay.com/docs/api/payments/recurring-payments
   */
  async chargeToken(
    charge: Named & { order: string; customer: string; token: string; description: string },
  ): Promise<string> {
    const params = {
      amount: charge.amount,
      currency: 'INR',
      order_id: known(charge.order, 'order'),
      customer_id: known(charge.customer, 'cust'),
      token: known(charge.token, 'token'),
      recurring: true,
      email: 'buyer@example.com',
      contact: '9000090000',
      description: charge.description,
      notes: charge.notes,
    };
    return once(() => this.sdk.payments.createRecurringPayment(params), readCharged);
  }

  /** Past the package, which drops the header. https://razorpay.com/docs/api/refunds/normal-refunds-idempotent */
  async refund(payment: string, refund: Named & { receipt: string }): Promise<WireRefund> {
    const path = `/v1/payments/${known(payment, 'pay')}/refund`;
    const headers = { 'X-Refund-Idempotency': refund.receipt };
    return once(
      async () => (await this.connection.http.post(path, { ...refund, speed: 'normal' }, { headers })).data,
      readRefund,
    );
  }

  async refundsOf(payment: string, skip: number): Promise<WireRefund[]> {
    const query = { count: pageSize, skip };
    return once(() => this.sdk.payments.fetchMultipleRefund(known(payment, 'pay'), query), allRefunds);
  }

  async refunds(since: Date, skip: number): Promise<WireRefund[]> {
    return once(() => this.sdk.refunds.all(pageFrom(since, skip)), allRefunds);
  }

  async dispute(id: string): Promise<WireDispute> {
    return once(() => this.sdk.disputes.fetch(known(id, 'disp')), readDispute);
  }

  /** The package passes no time on, so these are all there ever were. */
  async disputes(skip: number): Promise<WireDispute[]> {
    const read = (answer: unknown) => readAll(answer, readDispute);
    return once(() => this.sdk.disputes.all({ count: pageSize, skip }), read);
  }

  private get sdk(): Connection['razorpay'] {
    return this.connection.razorpay;
  }
}

const pageFrom = (since: Date, skip: number) => ({
  from: Math.floor(since.getTime() / 1000),
  count: pageSize,
  skip,
});

const allRefunds = (answer: unknown): WireRefund[] => readAll(answer, readRefund);

/** Ids come from agents, and the package writes them into addresses as they are. */
function known(id: unknown, prefix: Parameters<typeof isId>[1]): string {
  if (isId(id, prefix)) return id;
  throw new RazorpayFailure(400, 'BAD_REQUEST_ERROR', 'The id provided does not exist');
}
