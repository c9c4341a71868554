import { describe, expect, it } from 'vitest';
import { RazorpayFailure } from './razorpay.failure.js';
import { outcomeOfFailure, outcomeOfPayment, outcomeOfRefund, paymentOf } from './razorpay.mapping.js';
import { readPayment, readRefund, type WirePayment } from './razorpay.wire.js';

const total = { amount: 5000, currency: 'inr' };
const payment = (fields: object): WirePayment =>
  readPayment({ id: 'pay_1', amount: 5000, currency: 'INR', created_at: 1, ...fields });

describe('what a payment of Razorpay says', () => {
  it.each([
    [{ status: 'captured', captured: true }, 'captured'],
    // As in a sample of the documentation: the status counts.
    [{ status: 'authorized', captured: true }, 'authorized'],
    [{ status: 'created' }, 'pending'],
    [{ status: 'failed', error_reason: 'insufficient_funds' }, 'declined'],
    [{ status: 'refunded', captured: true }, 'declined'],
    [{ status: 'new' }, 'unknown'],
    [{ status: 'captured', amount: 5001 }, 'unknown'],
    [{ status: 'captured', currency: 'USD' }, 'unknown'],
  ])('%j is %s', (fields, state) => {
    expect(outcomeOfPayment(payment(fields), total).state).toBe(state);
  });

  it.each([
    ['insufficient_funds', 'insufficient_funds', 'other_instrument'],
    ['insufficient_fund', 'insufficient_funds', 'other_instrument'],
    ['card_expired', 'expired', 'other_instrument'],
    ['incorrect_cvv', 'incorrect_cvc', 'other_instrument'],
    ['payment_risk_check_failed', 'fraud', 'never'],
    ['payment_cancelled', 'generic', 'same_instrument'],
    ['incorrect_otp', 'authentication_failed', 'same_instrument'],
    ['gateway_technical_error', 'generic', 'same_instrument'],
    ['of_tomorrow', 'generic', 'other_instrument'],
    ['', 'generic', 'other_instrument'],
  ])('failed because of %j: %s, %s', (error_reason, reason, retry) => {
    expect(outcomeOfPayment(payment({ status: 'failed', error_reason }), total)).toMatchObject({
      failure: { reason, retry },
    });
  });

  it('is the card without its number', () => {
    const card = { network: 'MasterCard', last4: '1007', name: 'Ada', number: '4100280000001007' };
    const outcome = outcomeOfPayment(payment({ status: 'captured', method: 'card', card }), total);
    expect(outcome).toMatchObject({ instrument: { method: 'card', brand: 'mastercard', last4: '1007' } });
    expect(JSON.stringify(outcome)).not.toMatch(/Ada|41002/);
  });

  it('is whose its own notes say, or else those of its order', () => {
    const order = {
      store_instance: 's',
      checkout_session_id: 'cs_1',
      order_ref: 'pop_1',
      attempt_id: 'other',
    };
    expect(paymentOf(payment({ status: 'captured', notes: [] }), order)).toMatchObject({
      storeInstance: 's',
      subjectId: 'cs_1',
      preparedId: 'pop_1',
      attemptId: null,
    });
    const notes = { store_instance: 't', attempt_id: 'pay_x' };
    expect(paymentOf(payment({ status: 'captured', notes }), {})).toMatchObject({
      storeInstance: 't',
      subjectId: null,
      attemptId: 'pay_x',
    });
  });

  it.each([
    [true, 'captured'],
    [false, 'canceled'],
  ])('refunded, and captured before: %s', (captured, state) => {
    expect(paymentOf(payment({ status: 'refunded', captured }), {}).outcome.state).toBe(state);
  });
});

describe('what a failure says', () => {
  it.each([
    [401, '', 'misconfigured', undefined],
    [429, '', 'unknown', false],
    [500, 'SERVER_ERROR', 'unknown', true],
    [409, '', 'unknown', true],
    [0, 'ECONNREFUSED', 'unknown', false],
    [0, 'ENOTFOUND', 'unknown', false],
    [0, 'ECONNRESET', 'unknown', true],
    [0, 'ECONNABORTED', 'unknown', true],
    [0, 'UNREADABLE', 'unknown', true],
  ])('%s %s: %s %s', (status, code, state, maybeExecuted) => {
    const outcome = outcomeOfFailure(new RazorpayFailure(status, code, ''));
    expect(outcome.state).toBe(state);
    if ('maybeExecuted' in outcome) expect(outcome.maybeExecuted).toBe(maybeExecuted);
  });
});

describe('what a refund of Razorpay says', () => {
  const request = { ...total, payment: 'pay_1' };
  it.each([
    [{ status: 'processed' }, 'succeeded'],
    [{ status: 'pending' }, 'pending'],
    [{ status: 'created' }, 'pending'],
    [{ status: 'failed' }, 'refused'],
    [{ status: 'processed', amount: 1 }, 'unknown'],
    [{ status: 'processed', payment_id: 'pay_2' }, 'unknown'],
  ])('%j: %s', (fields, state) => {
    const wire = {
      id: 'rfnd_1',
      payment_id: 'pay_1',
      amount: 5000,
      currency: 'INR',
      created_at: 1,
      ...fields,
    };
    expect(outcomeOfRefund(readRefund(wire), request).state).toBe(state);
  });
});
