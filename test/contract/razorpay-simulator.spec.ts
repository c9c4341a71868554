import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Razorpay from 'razorpay';
import { validatePaymentVerification } from 'razorpay/dist/utils/razorpay-utils.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type PspSimulator, startPspSimulator } from '../../src/sandbox/psp/simulator.js';

const KEY = 'rzp_test_sandbox';
const SECRET = 'rzp_sandbox_secret';
const WEBHOOK_SECRET = 'rzp_whsec_sandbox';
const DAY = 24 * 60 * 60;
const NOTES = { order_ref: 'ref_1', checkout_session_id: 'cs_1' };

/** What the axios instance inside the SDK offers beyond the SDK's own types. */
interface Wire {
  defaults: { baseURL: string; proxy: boolean; timeout: number };
  request(config: object): Promise<{ status: number; data: Json }>;
}
/** Whatever was answered. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- read as deep as a test needs
type Json = Record<string, any>;
interface Triple {
  razorpay_payment_id: string;
  razorpay_order_id: string;
  razorpay_signature: string;
}

let folder: string;
let simulator: PspSimulator;
let rzp: Razorpay;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'psp-sim-'));
  simulator = await startPspSimulator({ port: 0, dataDir: folder });
  rzp = connect();
});

afterEach(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

const wireOf = (sdk: Razorpay) => (sdk as unknown as { api: { rq: Wire } }).api.rq;

function connect(key_id = KEY, key_secret = SECRET): Razorpay {
  const sdk = new Razorpay({ key_id, key_secret });
  Object.assign(wireOf(sdk).defaults, { baseURL: simulator.url, proxy: false });
  return sdk;
}

async function restart(): Promise<void> {
  await simulator.close();
  simulator = await startPspSimulator({ port: 0, dataDir: folder });
  rzp = connect();
}

async function sim<T = Json>(path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<T> {
  const response = await fetch(`${simulator.url}/_sim${path}`, {
    method,
    body: body && JSON.stringify(body),
  });
  return (await response.json()) as T;
}

const ledger = async () => (await sim<{ entries: Json[] }>('/ledger')).entries;
const moved = async () => (await ledger()).map(({ type, amount }) => [type, amount]);
const fault = (action: string, match: object, more: object = {}) =>
  sim('/faults', { match: { provider: 'razorpay', ...match }, action, ...more });
const advance = (seconds: number) => sim('/clock', { advance_seconds: seconds });

/** The names of the events that were recorded, oldest first. */
async function told(): Promise<string[]> {
  return (await sim<{ events: Json[] }>('/webhooks/events?provider=razorpay')).events.map(({ type }) => type);
}

const newOrder = (more: object = {}) =>
  rzp.orders.create({ amount: 50000, currency: 'INR', notes: NOTES, ...more });
const buy = (order_id: string, more: object = {}) => sim<Triple>('/razorpay/checkout', { order_id, ...more });

async function captured(more: object = {}): Promise<string> {
  const order = await newOrder({ payment_capture: true });
  return (await buy(order.id, more)).razorpay_payment_id;
}

const charge = (order_id: string, token: string, more: Json = {}): Promise<Triple> =>
  rzp.payments.createRecurringPayment({
    amount: 50000,
    currency: 'INR',
    order_id,
    customer_id: 'cust_1',
    token,
    recurring: true,
    email: 'buyer@example.com',
    contact: '+919000090000',
    ...more,
  } as never) as Promise<object> as Promise<Triple>;

/** The plain object an SDK call rejects with. */
async function refusal(attempt: Promise<unknown>): Promise<Json> {
  return attempt.then(
    (value) => {
      throw new Error(`Expected a refusal, got ${JSON.stringify(value)}`);
    },
    (reason: Json) => reason,
  );
}

const badRequest = (description: string, more: object = {}) => ({
  statusCode: 400,
  error: { code: 'BAD_REQUEST_ERROR', description, ...more },
});

function refund(payment: string, body: object, key?: string): Promise<{ status: number; data: Json }> {
  return wireOf(rzp).request({
    method: 'post',
    url: `/v1/payments/${payment}/refund`,
    data: body,
    headers: key === undefined ? {} : { 'X-Refund-Idempotency': key },
    validateStatus: () => true,
  });
}

describe('keys', () => {
  it.each([
    ['made up', 'key_1', SECRET],
    ['of no mode', 'rzp_sandbox', SECRET],
    ['for live mode', 'rzp_live_1', SECRET],
  ])('one %s is refused', async (_, id, secret) => {
    expect(await refusal(connect(id, secret).payments.fetch('pay_1'))).toMatchObject({
      statusCode: 401,
      error: { code: 'BAD_REQUEST_ERROR' },
    });
  });

  it('a call without one is refused in the words of this service', async () => {
    const response = await fetch(`${simulator.url}/v1/orders`);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      error: { code: 'BAD_REQUEST_ERROR', description: 'Authentication failed' },
    });
  });

  it('tell whose path it is where both services have it', async () => {
    expect(await rzp.refunds.all()).toEqual({ entity: 'collection', count: 0, items: [] });
    const stripes = await fetch(`${simulator.url}/v1/refunds`, {
      headers: { Authorization: 'Bearer sk_test_1' },
    });
    expect(await stripes.json()).toMatchObject({ object: 'list' });
  });

  it('any test pair sees the account, and signs with its own secret', async () => {
    const other = connect('rzp_test_other', 'another secret: with colon');
    const order = await other.orders.create({ amount: 50000, currency: 'INR' });
    expect((await rzp.orders.fetch(order.id)).id).toBe(order.id);
    const paid = await buy(order.id);
    const ids = { order_id: order.id, payment_id: paid.razorpay_payment_id };
    expect(validatePaymentVerification(ids, paid.razorpay_signature, 'another secret: with colon')).toBe(
      true,
    );
    expect(validatePaymentVerification(ids, paid.razorpay_signature, SECRET)).toBe(false);
  });
});

describe('orders', () => {
  it('are created as the documentation shows', async () => {
    const order = await newOrder({ receipt: 'receipt#1' });
    expect(order).toEqual({
      id: expect.stringMatching(/^order_[A-Za-z0-9]+$/),
      entity: 'order',
      amount: 50000,
      amount_paid: 0,
      amount_due: 50000,
      currency: 'INR',
      receipt: 'receipt#1',
      offer_id: null,
      status: 'created',
      attempts: 0,
      notes: NOTES,
      created_at: expect.any(Number),
    });
    expect(await rzp.orders.fetch(order.id)).toEqual(order);
  });

  it('say [] for no notes, keep every letter, and take new notes', async () => {
    const order = await newOrder({ notes: undefined });
    expect(order.notes).toEqual([]);
    const notes = { grüße: 'नमस्ते ☕' };
    expect(await rzp.orders.edit(order.id, { notes })).toMatchObject({ notes });
    expect((await rzp.orders.fetch(order.id)).notes).toEqual(notes);
  });

  it.each([
    ['The amount must be at least INR 1.00.', { amount: 99 }],
    ['The amount must be an integer.', { amount: 10.5 }],
    ['The amount field is required.', { amount: undefined }],
    ['The currency should be a valid ISO code.', { currency: 'rupees' }],
    ['The receipt may not be greater than 40 characters.', { receipt: 'x'.repeat(41) }],
    ['The notes may not be greater than 256 characters.', { notes: { long: 'x'.repeat(257) } }],
    ['reciept is/are not required and should not be sent', { reciept: 'r' }],
  ])('"%s" is an answer', async (description, more) => {
    expect(await refusal(newOrder(more))).toMatchObject(badRequest(description));
    expect((await rzp.orders.all()).count).toBe(0);
  });

  it('are listed newest first, by receipt, by time and in pages', async () => {
    const first = await newOrder({ receipt: 'same' });
    await advance(100);
    const second = await newOrder({ receipt: 'same' });
    const third = await newOrder({ receipt: 'other' });
    const ids = async (query: object) => (await rzp.orders.all(query)).items.map(({ id }) => id);
    expect(await ids({})).toEqual([third.id, second.id, first.id]);
    expect(await ids({ receipt: 'same' })).toEqual([second.id, first.id]);
    expect(await ids({ count: 1, skip: 1 })).toEqual([second.id]);
    expect(await ids({ to: first.created_at })).toEqual([first.id]);
    expect(await ids({ from: second.created_at })).toEqual([third.id, second.id]);
    await buy(second.id);
    expect(await ids({ authorized: 1 })).toEqual([second.id]);
    expect(await refusal(rzp.orders.all({ count: 101 }))).toMatchObject({ statusCode: 400 });
  });

  it('may share a receipt unless the account forbids it', async () => {
    await newOrder({ receipt: 'same' });
    await newOrder({ receipt: 'same' });
    await sim('/razorpay/options', { unique_receipts: true });
    expect(await refusal(newOrder({ receipt: 'same' }))).toMatchObject({ statusCode: 400 });
    await newOrder({ receipt: 'new' });
  });

  it('that do not exist are bad requests, and so are unknown addresses', async () => {
    for (const attempt of [
      rzp.orders.fetch('order_1'),
      rzp.payments.fetch('pay_1'),
      rzp.refunds.fetch('rfnd_1'),
    ]) {
      expect(await refusal(attempt)).toMatchObject(badRequest('The id provided does not exist'));
    }
    const elsewhere = refusal(rzp.orders.fetch('order_1/nowhere'));
    expect(await elsewhere).toMatchObject(badRequest('The requested URL was not found on the server.'));
  });
});

describe('checkout', () => {
  it('leaves the payment authorized, signed with the key secret', async () => {
    const order = await newOrder();
    const paid = await buy(order.id, { method: 'upi', vpa: 'success@razorpay' });
    expect(paid.razorpay_order_id).toBe(order.id);
    const ids = { order_id: order.id, payment_id: paid.razorpay_payment_id };
    expect(validatePaymentVerification(ids, paid.razorpay_signature, SECRET)).toBe(true);
    expect(await rzp.payments.fetch(paid.razorpay_payment_id)).toMatchObject({
      entity: 'payment',
      status: 'authorized',
      captured: false,
      amount: 50000,
      order_id: order.id,
      method: 'upi',
      vpa: 'success@razorpay',
      fee: null,
      notes: [],
      error_code: null,
    });
    expect(await rzp.orders.fetch(order.id)).toMatchObject({
      status: 'attempted',
      attempts: 1,
      amount_paid: 0,
    });
    expect(await ledger()).toEqual([]);
    expect(await told()).toEqual(['payment.authorized']);
  });

  it.each([{ payment_capture: true }, { payment_capture: 1 }, { payment: { capture: 'automatic' } }])(
    'captures at once when the order says %j',
    async (more) => {
      const order = await newOrder(more);
      const { razorpay_payment_id: id } = await buy(order.id, { card: '4100 2800 0000 1007' });
      expect(await rzp.payments.fetch(id)).toMatchObject({
        status: 'captured',
        captured: true,
        fee: 1180,
        tax: 180,
      });
      expect(await rzp.orders.fetch(order.id)).toMatchObject({
        status: 'paid',
        amount_paid: 50000,
        amount_due: 0,
      });
      expect(await ledger()).toMatchObject([
        {
          provider: 'razorpay',
          payment: id,
          reference: 'ref_1',
          session_id: 'cs_1',
          type: 'capture',
          amount: 50000,
          currency: 'INR',
        },
      ]);
      expect(await told()).toEqual(['payment.authorized', 'payment.captured', 'order.paid']);
    },
  );

  it.each([
    [{ vpa: 'failure@razorpay' }, 'payment_failed'],
    [{ card: '4100280000080001' }, 'insufficient_funds'],
    [{ card: '4100 2800 0006 0003' }, 'card_declined'],
    [{ card: { number: '4100280000090000' } }, 'payment_timed_out'],
    [{ card: '4100280000070002' }, 'payment_cancelled'],
    [{ card: '4100280000030006' }, 'card_disabled_for_online_payments'],
    [{ card: '4100280000010008' }, 'card_number_invalid'],
    [{ card: '4100280000020007' }, 'gateway_technical_error'],
    [{ card: '4100280000000009' }, 'authentication_failed'],
    [{ outcome: 'failed' }, 'payment_declined'],
  ])('with %j fails for %s, without a signature', async (how, reason) => {
    const order = await newOrder({ payment_capture: true });
    const failed = (await buy(order.id, how)) as unknown as Json;
    expect(failed).toMatchObject({
      error: { reason, metadata: { order_id: order.id } },
      razorpay_order_id: order.id,
    });
    expect(failed).not.toHaveProperty('razorpay_signature');
    const { items } = await rzp.orders.fetchPayments(order.id);
    expect(items).toMatchObject([{ id: failed.razorpay_payment_id, status: 'failed', error_reason: reason }]);
    expect((items[0] as Json).error_code).toBe(
      reason === 'gateway_technical_error' ? 'GATEWAY_ERROR' : 'BAD_REQUEST_ERROR',
    );
    expect(await told()).toEqual(['payment.failed']);
    expect(await ledger()).toEqual([]);
  });

  it('can be told how it ends, whatever the order says', async () => {
    const manual = await newOrder();
    await buy(manual.id, { outcome: 'captured', method: 'netbanking' });
    expect((await rzp.orders.fetchPayments(manual.id)).items).toMatchObject([
      { status: 'captured', bank: 'SBIN' },
    ]);
    const automatic = await newOrder({ payment_capture: true });
    await buy(automatic.id, { outcome: 'authorized' });
    await buy(automatic.id, { outcome: 'pending' });
    const { items } = await rzp.orders.fetchPayments(automatic.id);
    expect(items.map(({ status }) => status)).toEqual(['created', 'authorized']);
  });

  it('refuses an order that is paid, one that is not there, and what it does not understand', async () => {
    const order = await newOrder({ payment_capture: true });
    await buy(order.id);
    expect(await buy(order.id)).toMatchObject({ error: { reason: 'order_already_paid' } });
    expect(await buy('order_1')).toMatchObject({ error: { description: 'The id provided does not exist' } });
    expect(await buy(order.id, { outcom: 'failed' })).toMatchObject({
      error: expect.stringContaining('outcom'),
    });
    expect(await buy(order.id, { outcome: 'lost' })).toMatchObject({
      error: expect.stringContaining('outcome'),
    });
    expect((await rzp.orders.fetchPayments(order.id)).count).toBe(1);
  });

  it('sees a failed payment authorized late, and a pending one decided', async () => {
    const order = await newOrder({ payment_capture: true });
    const { razorpay_payment_id: id } = await buy(order.id, { outcome: 'late_authorized' });
    expect(await rzp.payments.fetch(id)).toMatchObject({
      status: 'failed',
      error_reason: 'payment_timed_out',
    });
    expect(await sim(`/razorpay/payments/${id}/authorize`, {})).toMatchObject({
      status: 'captured',
      error_code: null,
    });
    expect(await told()).toEqual(['payment.failed', 'payment.authorized', 'payment.captured', 'order.paid']);

    const other = await newOrder();
    const pending = (await buy(other.id, { outcome: 'pending' })).razorpay_payment_id;
    expect(await sim(`/razorpay/payments/${pending}/fail`, { reason: 'payment_cancelled' })).toMatchObject({
      status: 'failed',
      error_reason: 'payment_cancelled',
    });
    expect(await sim(`/razorpay/payments/${pending}/capture`, {})).toMatchObject({ status: 'captured' });
    expect(await sim(`/razorpay/payments/${pending}/fail`, {})).toMatchObject({
      error: expect.stringContaining('captured'),
    });
  });
});

describe('capture', () => {
  it('moves the money once', async () => {
    const order = await newOrder();
    const { razorpay_payment_id: id } = await buy(order.id);
    expect(await rzp.payments.capture(id, 50000, 'INR')).toMatchObject({
      id,
      status: 'captured',
      captured: true,
    });
    expect(await refusal(rzp.payments.capture(id, 50000, 'INR'))).toMatchObject(
      badRequest('This payment has already been captured'),
    );
    expect(await moved()).toEqual([['capture', 50000]]);
    expect(await told()).toEqual(['payment.authorized', 'payment.captured', 'order.paid']);
  });

  it('refuses another amount, no currency, and what is not authorized', async () => {
    const order = await newOrder();
    const { razorpay_payment_id: id } = await buy(order.id);
    expect(await refusal(rzp.payments.capture(id, 49999, 'INR'))).toMatchObject(
      badRequest('Capture amount must be equal to the amount authorized', { field: 'amount' }),
    );
    expect(await refusal(rzp.payments.capture(id, 50000, undefined as never))).toMatchObject(
      badRequest('The currency field is required.'),
    );
    const failed = (await buy(order.id, { outcome: 'failed' })).razorpay_payment_id;
    expect(await refusal(rzp.payments.capture(failed, 50000, 'INR'))).toMatchObject({ statusCode: 400 });
    expect(await ledger()).toEqual([]);
  });

  it('takes one of two authorized payments of an order', async () => {
    const order = await newOrder();
    const [first, second] = [await buy(order.id), await buy(order.id)].map((one) => one.razorpay_payment_id);
    await rzp.payments.capture(second!, 50000, 'INR');
    expect(await refusal(rzp.payments.capture(first!, 50000, 'INR'))).toMatchObject({
      error: { reason: 'order_already_paid' },
    });
    expect(await moved()).toEqual([['capture', 50000]]);
  });

  it('comes too late after three days: the money went back without ever arriving', async () => {
    const { razorpay_payment_id: id } = await buy((await newOrder()).id);
    await advance(3 * DAY - 60);
    expect((await rzp.payments.fetch(id)).status).toBe('authorized');
    await advance(120);
    expect(await rzp.payments.fetch(id)).toMatchObject({
      status: 'refunded',
      captured: false,
      amount_refunded: 50000,
      refund_status: 'full',
    });
    expect(await refusal(rzp.payments.capture(id, 50000, 'INR'))).toMatchObject({ statusCode: 400 });
    expect(await told()).toEqual(['payment.authorized', 'refund.created', 'refund.processed']);
    expect(await ledger()).toEqual([]);
  });
});

describe('saved tokens', () => {
  it('are charged on an order, in both ways', async () => {
    const order = await newOrder({ payment_capture: true });
    const paid = await charge(order.id, 'token_simSuccess', { notes: { attempt: 'a' } });
    const ids = { order_id: order.id, payment_id: paid.razorpay_payment_id };
    expect(validatePaymentVerification(ids, paid.razorpay_signature, SECRET)).toBe(true);
    expect(await rzp.payments.fetch(paid.razorpay_payment_id)).toMatchObject({
      status: 'captured',
      token_id: 'token_simSuccess',
      customer_id: 'cust_1',
      notes: { attempt: 'a' },
      email: 'buyer@example.com',
      contact: '+919000090000',
    });
    const manual = await newOrder();
    await rzp.payments.createPaymentJson({
      amount: 50000,
      currency: 'INR',
      order_id: manual.id,
      customer_id: 'cust_1',
      recurring: true,
      token: 'token_simSuccess',
      email: 'b@example.com',
      contact: '9000090000',
      notes: {},
    } as never);
    expect((await rzp.orders.fetchPayments(manual.id)).items).toMatchObject([{ status: 'authorized' }]);
  });

  it.each([
    ['token_simInsufficientFunds', 400, 'BAD_REQUEST_ERROR', 'insufficient_funds'],
    ['token_simDeclined', 400, 'BAD_REQUEST_ERROR', 'card_declined'],
    ['token_simLateAuth', 400, 'BAD_REQUEST_ERROR', 'payment_timed_out'],
    ['token_simGatewayError', 502, 'GATEWAY_ERROR', 'gateway_technical_error'],
  ])('%s is declined and leaves a failed payment', async (token, statusCode, code, reason) => {
    const order = await newOrder({ payment_capture: true });
    const refused = await refusal(charge(order.id, token));
    expect(refused).not.toBeInstanceOf(Error);
    expect(Object.keys(refused)).toEqual(['statusCode', 'error']);
    const members = ['code', 'description', 'metadata', 'reason', 'source', 'step'];
    expect(Object.keys(refused.error as object).sort()).toEqual(members);
    const [payment] = (await rzp.orders.fetchPayments(order.id)).items;
    expect(payment).toMatchObject({ status: 'failed', error_reason: reason });
    const metadata = { payment_id: payment?.id, order_id: order.id };
    expect(refused).toMatchObject({ statusCode, error: { code, reason, metadata } });
    expect(await rzp.orders.fetch(order.id)).toMatchObject({ status: 'attempted', attempts: 1 });
    expect(await ledger()).toEqual([]);
    await charge(order.id, 'token_simSuccess');
    expect(await moved()).toEqual([['capture', 50000]]);
  });

  it('token_simTimeout is charged and never answered', async () => {
    const order = await newOrder({ payment_capture: true });
    wireOf(rzp).defaults.timeout = 200;
    expect(await refusal(charge(order.id, 'token_simTimeout'))).toBeInstanceOf(TypeError);
    expect((await rzp.orders.fetchPayments(order.id)).items).toMatchObject([{ status: 'captured' }]);
    expect(await moved()).toEqual([['capture', 50000]]);
  });

  it('token_simPending is decided later', async () => {
    const order = await newOrder({ payment_capture: true });
    const { razorpay_payment_id: id } = await charge(order.id, 'token_simPending');
    expect((await rzp.payments.fetch(id)).status).toBe('created');
    await advance(2 * 60 * 60);
    expect((await rzp.payments.fetch(id)).status).toBe('captured');
    expect(await told()).toEqual(['payment.pending', 'payment.authorized', 'payment.captured', 'order.paid']);
  });

  it('token_simAuthorizedOnly waits for a capture', async () => {
    const order = await newOrder({ payment_capture: true });
    const { razorpay_payment_id: id } = await charge(order.id, 'token_simAuthorizedOnly');
    expect((await rzp.payments.fetch(id)).status).toBe('authorized');
    expect((await rzp.payments.capture(id, 50000, 'INR')).status).toBe('captured');
  });

  it.each([
    ['token_simSuccess', { amount: 49999 }, 'order_amount_mismatch'],
    ['token_simSuccess', { currency: 'USD' }, 'input_validation_failed'],
    ['token_simSuccess', { customer_id: undefined }, 'input_validation_failed'],
    ['token_simSuccess', { cvv: '123' }, 'input_validation_failed'],
    ['token_simExpired', {}, 'input_validation_failed'],
    ['token_simLimited', {}, 'input_validation_failed'],
    ['token_unknown', {}, 'input_validation_failed'],
  ])('%s with %j is refused before anything is attempted', async (token, more, reason) => {
    const order = await newOrder();
    expect(await refusal(charge(order.id, token, more))).toMatchObject({
      statusCode: 400,
      error: { reason },
    });
    expect(await rzp.orders.fetch(order.id)).toMatchObject({ status: 'created', attempts: 0 });
  });

  it('are refused on an order that is paid', async () => {
    const order = await newOrder({ payment_capture: true });
    await charge(order.id, 'token_simSuccess');
    expect(await refusal(charge(order.id, 'token_simSuccess'))).toMatchObject({
      error: { reason: 'order_already_paid' },
    });
    expect(await moved()).toEqual([['capture', 50000]]);
  });

  it('belong to customers, who can cancel them', async () => {
    const details = { name: 'Asha', email: 'asha@example.com', contact: '9000090001' };
    const customer = await rzp.customers.create(details);
    expect(customer).toMatchObject({ entity: 'customer', ...details, notes: [] });
    expect(await refusal(rzp.customers.create(details))).toMatchObject(
      badRequest('Customer already exists for the merchant'),
    );
    expect(await rzp.customers.create({ ...details, fail_existing: 0 })).toMatchObject({ id: customer.id });
    const { items } = await rzp.customers.fetchTokens(customer.id);
    expect(items.map(({ id }) => id)).toContain('token_simSuccess');
    const read = () => rzp.customers.fetchToken(customer.id, 'token_simSuccess');
    expect(await read()).toMatchObject({ entity: 'token', recurring_details: { status: 'confirmed' } });
    const cancel = { method: 'put', url: `/v1/customers/${customer.id}/tokens/token_simSuccess/cancel` };
    await wireOf(rzp).request(cancel);
    expect(await read()).toMatchObject({ recurring_details: { status: 'cancelled' } });
    const order = await newOrder();
    const cancelled = charge(order.id, 'token_simSuccess', { customer_id: customer.id });
    expect(await refusal(cancelled)).toMatchObject({ statusCode: 400 });
    await charge(order.id, 'token_simSuccess', { customer_id: 'cust_other' });
    expect(await refusal(rzp.customers.fetchToken(customer.id, 'token_1'))).toMatchObject({
      statusCode: 400,
    });
  });
});

describe('refunds', () => {
  it('give back parts until nothing is left', async () => {
    const id = await captured();
    const part = await rzp.payments.refund(id, { amount: 20000, receipt: 'r1', notes: { refund_id: 'r1' } });
    expect(part).toEqual({
      id: expect.stringMatching(/^rfnd_[A-Za-z0-9]+$/),
      entity: 'refund',
      amount: 20000,
      currency: 'INR',
      payment_id: id,
      notes: { refund_id: 'r1' },
      receipt: 'r1',
      acquirer_data: { arn: null },
      created_at: expect.any(Number),
      batch_id: null,
      status: 'processed',
      speed_processed: 'normal',
      speed_requested: 'normal',
    });
    expect(await rzp.payments.fetch(id)).toMatchObject({
      status: 'captured',
      amount_refunded: 20000,
      refund_status: 'partial',
    });
    expect(await refusal(rzp.payments.refund(id, { amount: 30001 }))).toMatchObject(
      badRequest('The refund amount provided is greater than amount captured.'),
    );
    expect(await refusal(rzp.payments.refund(id, { amount: 99 }))).toMatchObject(
      badRequest('The amount must be at least INR 1.00.'),
    );
    const rest = await rzp.payments.refund(id, { speed: 'optimum' });
    expect(rest).toMatchObject({ amount: 30000, notes: [], receipt: null, speed_requested: 'optimum' });
    expect(await rzp.payments.fetch(id)).toMatchObject({
      status: 'refunded',
      refund_status: 'full',
      captured: true,
    });
    expect(await refusal(rzp.payments.refund(id, {}))).toMatchObject(
      badRequest('The payment has been fully refunded already.'),
    );
    expect(await moved()).toEqual([
      ['capture', 50000],
      ['refund', 20000],
      ['refund', 30000],
    ]);
    expect((await told()).slice(3)).toEqual([
      'refund.created',
      'refund.processed',
      'refund.created',
      'refund.processed',
    ]);
  });

  it('are found by payment, by id and in the list, and take notes', async () => {
    const id = await captured();
    const { id: older } = await rzp.payments.refund(id, { amount: 100 });
    const { id: newer } = await rzp.payments.refund(id, { amount: 200 });
    const other = await captured();
    const ids = (list: { items: { id: string }[] }) => list.items.map((one) => one.id);
    expect(ids(await rzp.payments.fetchMultipleRefund(id))).toEqual([newer, older]);
    expect(ids(await rzp.payments.fetchMultipleRefund(id, { count: 1, skip: 1 }))).toEqual([older]);
    expect(ids(await rzp.payments.fetchMultipleRefund(other))).toEqual([]);
    expect(ids(await rzp.refunds.all())).toEqual([newer, older]);
    expect(await rzp.payments.fetchRefund(id, older)).toMatchObject({ amount: 100 });
    expect(await refusal(rzp.payments.fetchRefund(other, older))).toMatchObject({ statusCode: 400 });
    await rzp.refunds.edit(newer, { notes: { why: 'late' } });
    expect((await rzp.refunds.fetch(newer)).notes).toEqual({ why: 'late' });
  });

  it('need a captured payment', async () => {
    const { razorpay_payment_id: id } = await buy((await newOrder()).id);
    expect(await refusal(rzp.payments.refund(id, {}))).toMatchObject(
      badRequest('The payment status should be captured for action to be taken'),
    );
  });

  it('happen once per key, and answer the same again', async () => {
    const id = await captured();
    const first = await refund(id, { amount: 100, receipt: 'r' }, 'refund-0001');
    expect(await refund(id, { receipt: 'r', amount: 100 }, 'refund-0001')).toMatchObject({
      status: 200,
      data: first.data,
    });
    expect(await refund(id, { amount: 200 }, 'refund-0001')).toMatchObject({
      status: 400,
      data: {
        error: { description: 'Different request with the same idempotency key has already been processed.' },
      },
    });
    await refund(id, { amount: 100 }, 'refund-0002');
    expect(await refund(id, {}, 'short')).toMatchObject({ status: 400 });
    expect(await refund(id, {}, 'not/allowed/here')).toMatchObject({ status: 400 });
    expect(await moved()).toEqual([
      ['capture', 50000],
      ['refund', 100],
      ['refund', 100],
    ]);
  });

  it('under a key that is being worked on are a conflict', async () => {
    const id = await captured();
    await fault('delay', { path: '/refund$' }, { ms: 400 });
    const attempts = [1, 2].map(() => refund(id, { amount: 100 }, 'refund-0001'));
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 409]);
    expect(await moved()).toEqual([
      ['capture', 50000],
      ['refund', 100],
    ]);
  });

  it('that were refused leave their key free', async () => {
    const { razorpay_payment_id: id } = await buy((await newOrder()).id);
    expect(await refund(id, {}, 'refund-0001')).toMatchObject({ status: 400 });
    await rzp.payments.capture(id, 50000, 'INR');
    expect(await refund(id, {}, 'refund-0001')).toMatchObject({ status: 200 });
  });

  it('may wait for the bank, and may fail', async () => {
    const id = await captured({ vpa: 'pendingrefund@razorpay' });
    const slow = await rzp.payments.refund(id, { amount: 100 });
    expect(slow.status).toBe('pending');
    expect(await moved()).toEqual([['capture', 50000]]);
    expect(await sim(`/refunds/${slow.id}/succeed`, {})).toEqual({ id: slow.id, status: 'processed' });
    expect(await moved()).toEqual([
      ['capture', 50000],
      ['refund', 100],
    ]);
    expect(await sim(`/refunds/${slow.id}/fail`, {})).toEqual({ id: slow.id, status: 'failed' });
    expect(await moved()).toEqual([
      ['capture', 50000],
      ['refund', 100],
      ['refund', -100],
    ]);
    expect(await rzp.payments.fetch(id)).toMatchObject({ status: 'captured', amount_refunded: 0 });
    expect((await told()).slice(3)).toEqual(['refund.created', 'refund.processed', 'refund.failed']);
    expect(await sim(`/refunds/${slow.id}/fail`, {})).toHaveProperty('error');
  });
});

describe('payment links', () => {
  const newLink = (more: object = {}) =>
    rzp.paymentLink.create({
      amount: 50000,
      currency: 'INR',
      description: 'Tea <for> two',
      notes: NOTES,
      reference_id: 'ref_1',
      customer: { name: 'Asha' },
      ...more,
    }) as Promise<object> as Promise<Json>;
  const payLink = (id: string, body: object = {}) => sim(`/razorpay/links/${id}/pay`, body);
  const readLink = (id: string) => rzp.paymentLink.fetch(id) as unknown as Promise<Json>;

  it('are created with an order of their own', async () => {
    const link = await newLink({ callback_url: 'https://shop.test/done', callback_method: 'get' });
    expect(link).toMatchObject({
      status: 'created',
      amount: 50000,
      amount_paid: 0,
      reference_id: 'ref_1',
      notes: NOTES,
      payments: null,
      short_url: `${simulator.url}/_sim/razorpay/links/${link.id}`,
      callback_method: 'get',
    });
    expect(link.id).toMatch(/^plink_[A-Za-z0-9]+$/);
    expect(await readLink(link.id)).toEqual(link);
    expect(await rzp.orders.fetch(link.order_id)).toMatchObject({ amount: 50000, status: 'created' });
  });

  it('are paid and captured, and say so', async () => {
    const link = await newLink();
    const paid = await payLink(link.id, { vpa: 'success@razorpay' });
    const ids = {
      payment_link_id: link.id,
      payment_link_reference_id: 'ref_1',
      payment_link_status: 'paid',
      payment_id: paid.razorpay_payment_id,
    };
    expect(validatePaymentVerification(ids, paid.razorpay_signature, SECRET)).toBe(true);
    expect(await readLink(link.id)).toMatchObject({
      status: 'paid',
      amount_paid: 50000,
      payments: [
        { payment_id: paid.razorpay_payment_id, status: 'captured', plink_id: link.id, amount: 50000 },
      ],
    });
    expect(await rzp.payments.fetch(paid.razorpay_payment_id)).toMatchObject({
      status: 'captured',
      order_id: link.order_id,
      notes: NOTES,
    });
    expect(await ledger()).toMatchObject([{ reference: 'ref_1', session_id: 'cs_1', type: 'capture' }]);
    expect(await told()).toEqual([
      'payment.authorized',
      'payment.captured',
      'order.paid',
      'payment_link.paid',
    ]);
    expect(await payLink(link.id)).toMatchObject({ error: { reason: 'order_already_paid' } });
    expect(await refusal(rzp.paymentLink.cancel(link.id))).toMatchObject(
      badRequest('cannot cancel or expire an already paid/partially paid link'),
    );
  });

  it('can be cancelled, and then not paid', async () => {
    const link = await newLink();
    expect(await rzp.paymentLink.cancel(link.id)).toMatchObject({ status: 'cancelled' });
    expect(await payLink(link.id)).toMatchObject({ error: { description: 'Payment Link is cancelled.' } });
    expect(await buy(link.order_id)).toMatchObject({ error: { description: 'Payment Link is cancelled.' } });
    expect(await refusal(rzp.paymentLink.cancel(link.id))).toMatchObject({ statusCode: 400 });
    expect(await told()).toEqual(['payment_link.cancelled']);
    expect(await ledger()).toEqual([]);
  });

  it('show a payment in flight on their order only, and none is captured once they are cancelled', async () => {
    const link = await newLink();
    for (const outcome of ['authorized', 'pending', 'failed']) await payLink(link.id, { outcome });
    expect(await readLink(link.id)).toMatchObject({ status: 'created', payments: null });
    const { items } = await rzp.orders.fetchPayments(link.order_id);
    expect(items.map(({ status }) => status)).toEqual(['failed', 'created', 'authorized']);
    await rzp.paymentLink.cancel(link.id);
    expect(await sim(`/razorpay/payments/${items[1]!.id}/authorize`, {})).toMatchObject({
      status: 'authorized',
    });
    expect(await ledger()).toEqual([]);
    await rzp.payments.capture(items[2]!.id, 50000, 'INR');
    expect(await readLink(link.id)).toMatchObject({ status: 'cancelled', amount_paid: 50000 });
  });

  it('expire', async () => {
    const { created_at } = await newOrder();
    const link = await newLink({ expire_by: created_at + 1000 });
    await advance(1001);
    expect(await readLink(link.id)).toMatchObject({ status: 'expired', expired_at: expect.any(Number) });
    expect(await payLink(link.id)).toMatchObject({ error: { description: 'Payment Link is expired.' } });
    expect(await told()).toEqual(['payment_link.expired']);
  });

  it('expire as time goes by, without anybody advancing the clock', async () => {
    const { created_at } = await newOrder();
    const link = await newLink({ expire_by: created_at + 1000 });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_001_000 });
    try {
      expect(await readLink(link.id)).toMatchObject({ status: 'expired' });
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ['The reference id may not be greater than 40 characters.', { reference_id: 'x'.repeat(41) }],
    ['expire_by should be at least 15 minutes after current time', { expire_by: 1 }],
    ['The callback url format is invalid.', { callback_url: 'javascript:alert(1)', callback_method: 'get' }],
    ['callback_method must be get when callback_url is passed', { callback_url: 'https://shop.test' }],
    ['refrence_id is/are not required and should not be sent', { refrence_id: 'r' }],
  ])('"%s" is an answer', async (description, more) => {
    expect(await refusal(newLink(more))).toMatchObject(badRequest(description));
  });

  it('share no reference while one can be paid, and are found by it', async () => {
    const first = await newLink();
    expect(await refusal(newLink())).toMatchObject(
      badRequest('payment link with given reference_id (ref_1) already exists'),
    );
    await rzp.paymentLink.cancel(first.id);
    const second = await newLink();
    await newLink({ reference_id: 'ref_2' });
    const found = await rzp.paymentLink.all({ reference_id: 'ref_1' } as object);
    expect(found.payment_links.map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  it('open a page where a browser can pay', async () => {
    const link = await newLink({ callback_url: 'https://shop.test/done?a=1', callback_method: 'get' });
    const page = await fetch(link.short_url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    expect(html).toContain('₹500.00');
    expect(html).toContain('Tea &#60;for&#62; two');
    expect(html).toContain(`action="/_sim/razorpay/links/${link.id}/pay"`);
    const submit = (vpa: string) =>
      fetch(`${link.short_url}/pay`, {
        method: 'POST',
        body: new URLSearchParams({ vpa }),
        redirect: 'manual',
      });
    expect(await (await submit('failure@razorpay')).text()).toContain('declined by the bank');
    const sent = await submit('success@razorpay');
    expect(sent.status).toBe(303);
    const back = new URL(sent.headers.get('location') ?? '');
    expect(back.href).toMatch(/^https:\/\/shop\.test\/done\?a=1&/);
    expect(back.searchParams.get('razorpay_payment_link_status')).toBe('paid');
    expect(await (await fetch(link.short_url)).text()).not.toContain('<form');
    expect(await (await submit('success@razorpay')).text()).toContain('This payment is made');
    expect(await moved()).toEqual([['capture', 50000]]);
  });
});

describe('disputes', () => {
  it('are opened by buyers and accepted by the shop', async () => {
    const payment = await captured();
    const { id } = await sim('/disputes', { payment, reason: 'goods_not_received' });
    expect(await rzp.disputes.fetch(id)).toMatchObject({
      entity: 'dispute',
      payment_id: payment,
      amount: 50000,
      amount_deducted: 0,
      status: 'open',
      reason_code: 'goods_not_received',
      phase: 'chargeback',
    });
    expect((await rzp.disputes.all()).items).toMatchObject([{ id }]);
    expect(await rzp.disputes.accept(id)).toMatchObject({ status: 'lost', amount_deducted: 50000 });
    expect(await refusal(rzp.disputes.accept(id))).toMatchObject(
      badRequest('Action not allowed when dispute is in lost status.'),
    );
    expect(await moved()).toEqual([
      ['capture', 50000],
      ['dispute', 50000],
    ]);
    expect((await told()).slice(3)).toEqual(['payment.dispute.created', 'payment.dispute.lost']);
  });

  it('are decided by the bank, once', async () => {
    const payment = await captured();
    const given = { payment, reason: 'fraud', amount: 100, outcome: 'under_review' };
    const { id } = await sim('/disputes', given);
    expect(await rzp.disputes.fetch(id as string)).toMatchObject({ status: 'under_review', amount: 100 });
    expect(await refusal(rzp.disputes.accept(id as string))).toMatchObject({ statusCode: 400 });
    expect(await sim(`/disputes/${id}/close`, { outcome: 'won' })).toMatchObject({ status: 'won' });
    expect(await sim(`/disputes/${id}/close`, { outcome: 'lost' })).toHaveProperty('error');
    expect(await sim('/disputes', { ...given, outcome: 'maybe' })).toHaveProperty('error');
    expect(await sim('/disputes', { ...given, payment: 'pay_1' })).toHaveProperty('error');
    expect((await rzp.disputes.all()).count).toBe(1);
    expect(await moved()).toEqual([['capture', 50000]]);
  });
});

describe('webhooks', () => {
  let receiver: Server;
  let received: { body: string; headers: Record<string, unknown> }[];

  beforeEach(async () => {
    received = [];
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ body: Buffer.concat(chunks).toString('utf8'), headers: request.headers });
        response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhooks/razorpay`;
    await sim('/webhooks', { provider: 'razorpay', url, secrets: [WEBHOOK_SECRET] });
  });

  afterEach(() => new Promise((resolve) => receiver.close(resolve)));

  async function receive(count: number): Promise<Json[]> {
    await expect.poll(() => received.length, { timeout: 5000 }).toBe(count);
    const bodies = received.map(({ body }) => JSON.parse(body) as Json);
    return bodies.sort((a, b) => String(a.event).localeCompare(String(b.event)));
  }

  it('are signed over their bytes, whatever letters the notes hold', async () => {
    const notes = { ...NOTES, gift: 'für Ελένη ☕ नमस्ते' };
    await buy((await newOrder({ notes, payment_capture: true })).id);
    const [paid, authorized, capturedEvent] = await receive(3);
    for (const { body, headers } of received) {
      const signature = String(headers['x-razorpay-signature']);
      expect(Razorpay.validateWebhookSignature(body, signature, WEBHOOK_SECRET)).toBe(true);
      expect(Razorpay.validateWebhookSignature(`${body} `, signature, WEBHOOK_SECRET)).toBe(false);
    }
    expect(paid).toMatchObject({
      entity: 'event',
      event: 'order.paid',
      contains: ['payment', 'order'],
      account_id: expect.any(String),
      payload: {
        order: { entity: { status: 'paid', notes } },
        payment: { entity: { notes: [], status: 'captured' } },
      },
    });
    expect(authorized).toMatchObject({
      event: 'payment.authorized',
      payload: { payment: { entity: { status: 'authorized', captured: true } } },
    });
    expect(capturedEvent).toMatchObject({
      event: 'payment.captured',
      payload: { payment: { entity: { status: 'captured', error_code: '' } } },
    });
  });

  it('of a refund hold the payment with all that was refunded', async () => {
    const id = await captured();
    await rzp.payments.refund(id, { amount: 100 });
    await rzp.payments.refund(id, { amount: 200 });
    await receive(7);
    const refunds = received
      .map(({ body }) => JSON.parse(body) as Json)
      .filter(({ event }) => event === 'refund.processed');
    const sums = refunds.map(({ payload }) => payload.payment.entity.amount_refunded as number);
    expect(sums.sort((a, b) => a - b)).toEqual([100, 300]);
  });

  it('of a link hold the link, its order and the payment', async () => {
    const link = await rzp.paymentLink.create({ amount: 50000, currency: 'INR', customer: {} });
    await sim(`/razorpay/links/${link.id}/pay`, {});
    const event = (await receive(4)).find((one) => one.event === 'payment_link.paid');
    expect(event).toMatchObject({
      contains: ['payment_link', 'order', 'payment'],
      payload: {
        payment_link: { entity: { id: link.id, status: 'paid', notes: null } },
        order: { entity: { status: 'paid' } },
        payment: { entity: { status: 'captured' } },
      },
    });
    expect(event?.payload.payment_link.entity.payments).toHaveLength(1);
    // Members come in another order than in the events of payments.
    expect(Object.keys(event ?? {}).slice(-2)).toEqual(['created_at', 'payload']);
  });
});

describe('faults', () => {
  const create = { method: 'POST', path: '^/v1/orders$' };
  const orders = async () => (await rzp.orders.all()).count;

  it.each([
    ['refuse', 0],
    ['reset', 0],
    ['execute_then_reset', 1],
    ['execute_then_truncate_body', 1],
  ])('%s surfaces as the TypeError of the SDK', async (action, made) => {
    await fault(action, create);
    expect(await refusal(newOrder())).toBeInstanceOf(TypeError);
    expect(await orders()).toBe(made);
  });

  it('execute_then_hang ends with the timeout of the client', async () => {
    wireOf(rzp).defaults.timeout = 200;
    await fault('execute_then_hang', create);
    expect(await refusal(newOrder())).toBeInstanceOf(TypeError);
    expect(await orders()).toBe(1);
  });

  it.each([
    [429, 'BAD_REQUEST_ERROR'],
    [500, 'SERVER_ERROR'],
    [503, 'SERVER_ERROR'],
    [403, 'BAD_REQUEST_ERROR'],
  ])('status %i: nothing happened', async (status, code) => {
    await fault('status', create, { status });
    expect(await refusal(newOrder())).toMatchObject({ statusCode: status, error: { code } });
    expect(await orders()).toBe(0);
  });

  it('status 502 and execute_then_html_502: a page, of which the SDK makes no error', async () => {
    for (const [action, more] of [
      ['status', { status: 502 }],
      ['execute_then_html_502', {}],
    ] as const) {
      await fault(action, create, more);
      expect(await refusal(newOrder())).toEqual({ statusCode: 502, error: undefined });
    }
    expect(await orders()).toBe(1);
  });

  it('execute_then_500: done, and a repeated refund finds it under its key', async () => {
    const id = await captured();
    await fault('execute_then_500', { path: '/refund$' });
    expect(await refund(id, { amount: 100 }, 'refund-0001')).toMatchObject({ status: 500 });
    expect(await refund(id, { amount: 100 }, 'refund-0001')).toMatchObject({
      status: 200,
      data: { amount: 100 },
    });
    expect(await moved()).toEqual([
      ['capture', 50000],
      ['refund', 100],
    ]);
  });

  it('409_in_flight: a conflict, and nothing happened', async () => {
    const id = await captured();
    await fault('409_in_flight', { path: '/refund$' });
    expect(await refund(id, {}, 'refund-0001')).toMatchObject({ status: 409 });
    expect(await moved()).toEqual([['capture', 50000]]);
  });

  it('delay: late, and done', async () => {
    await fault('delay', create, { ms: 150 });
    const started = performance.now();
    await newOrder();
    expect(performance.now() - started).toBeGreaterThan(120);
  });

  it('stale_list: lists do not know yet, and a look at the thing itself does', async () => {
    const order = await newOrder({ receipt: 'r' });
    const { razorpay_payment_id: id } = await buy(order.id);
    await fault('stale_list', { method: 'GET', times: 2 });
    expect((await rzp.orders.all({ receipt: 'r' })).items).toEqual([]);
    expect((await rzp.orders.fetchPayments(order.id)).items).toEqual([]);
    expect((await rzp.payments.fetch(id)).id).toBe(id);
    expect((await rzp.orders.all({ receipt: 'r' })).count).toBe(1);
  });

  it('wrong_amount_in_response: the answer lies and the books do not', async () => {
    const id = await captured();
    await fault('wrong_amount_in_response', { path: '/refund$' });
    expect((await rzp.payments.refund(id, { amount: 100 })).amount).toBe(101);
    expect((await rzp.payments.fetchMultipleRefund(id)).items).toMatchObject([{ amount: 100 }]);
  });
});

describe('the journal', () => {
  it('brings everything back', async () => {
    const open = await newOrder();
    const payment = await captured();
    const first = await refund(payment, { amount: 100 }, 'refund-0001');
    const link = (await rzp.paymentLink.create({
      amount: 500,
      currency: 'INR',
      customer: {},
    })) as unknown as Json;
    const [books, events] = [await ledger(), await told()];
    await restart();
    expect(await ledger()).toEqual(books);
    expect(await told()).toEqual(events);
    expect(await rzp.orders.fetch(open.id)).toEqual(open);
    expect(await rzp.payments.fetch(payment)).toMatchObject({ status: 'captured', amount_refunded: 100 });
    expect((await refund(payment, { amount: 100 }, 'refund-0001')).data).toEqual(first.data);
    expect(await rzp.paymentLink.fetch(link.id as string)).toMatchObject({
      id: link.id,
      short_url: `${simulator.url}/_sim/razorpay/links/${link.id as string}`,
    });
  });

  it('remembers the secret orders are signed with', async () => {
    const order = await newOrder();
    await restart();
    const paid = await buy(order.id);
    const ids = { order_id: order.id, payment_id: paid.razorpay_payment_id };
    expect(validatePaymentVerification(ids, paid.razorpay_signature, SECRET)).toBe(true);
  });
});
