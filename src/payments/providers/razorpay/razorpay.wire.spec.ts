import { describe, expect, it } from 'vitest';
import { isId, notesOf, readAll, readCharged, readPayment, UnreadableAnswer } from './razorpay.wire.js';

const payment = { id: 'pay_1', amount: 100, currency: 'INR', status: 'created', created_at: 1 };

describe('an answer of Razorpay', () => {
  it.each([
    null,
    'text',
    [],
    {},
    { ...payment, id: 'order_1' },
    { ...payment, id: '../refunds' },
    { ...payment, amount: '100' },
    { ...payment, amount: 1.5 },
    { ...payment, status: '' },
    { ...payment, created_at: null },
  ])('is refused if something is missing that we need: %j', (answer) => {
    expect(() => readPayment(answer)).toThrow(UnreadableAnswer);
  });

  it('may leave out or empty what we do not need', () => {
    expect(
      readPayment({ ...payment, notes: [], error_reason: '', card: null, order_id: null }),
    ).toMatchObject({
      currency: 'inr',
      notes: {},
      orderId: null,
      errorReason: '',
    });
  });

  it.each([{}, { items: {} }, { items: [{}] }, null])('is no list: %j', (answer) => {
    expect(() => readAll(answer, readPayment)).toThrow(UnreadableAnswer);
  });

  it('without the id of the payment does not tell that a token was charged', () => {
    expect(() => readCharged({})).toThrow(UnreadableAnswer);
    expect(readCharged({ razorpay_payment_id: 'pay_1' })).toBe('pay_1');
  });

  it('has notes only where they are texts', () => {
    expect(notesOf({ a: 'b', c: 1, d: { e: 'f' } })).toEqual({ a: 'b' });
    expect(notesOf([])).toEqual({});
  });
});

describe('an id', () => {
  it.each(['pay_1', 'pay_AbC123xyz'])('%s is one', (id) => expect(isId(id, 'pay')).toBe(true));
  it.each([
    'pay_',
    'pay/../1',
    'pay_1/refund',
    'pay_1?x',
    'pay_1\n',
    'order_1',
    `pay_${'a'.repeat(41)}`,
    1,
    null,
  ])('%j is none', (id) => expect(isId(id, 'pay')).toBe(false));
});
