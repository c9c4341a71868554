import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { aboutOf, isKnown, summaryOf } from './razorpay.events.js';
import { readRazorpayWebhook } from './razorpay.webhook.js';

const secret = 'current';
const entity = (entity: object): { entity: object } => ({ entity });
const body = (event = 'payment.captured', payload: object = { payment: entity({ id: 'pay_1' }) }): string =>
  JSON.stringify({ entity: 'event', event, payload, created_at: 1 });
const read = (text: string, headers: object = {}, secrets: (string | undefined)[] = [secret]) =>
  readRazorpayWebhook(
    Buffer.from(text),
    {
      'x-razorpay-event-id': 'evt_1',
      'x-razorpay-signature': createHmac('sha256', secret).update(text).digest('hex'),
      ...headers,
    },
    secrets,
  );

describe('a webhook of Razorpay', () => {
  it('is read with either secret, also with letters beyond ASCII in it', () => {
    const event = { id: 'evt_1', about: { part: 'payment', payment: 'pay_1' }, known: true };
    expect(read(body())).toMatchObject(event);
    expect(read(body(), {}, ['new', secret])).toMatchObject(event);
    const named = body('payment.captured', { payment: entity({ id: 'pay_1', notes: { name: 'अदा' } }) });
    expect(read(named)).toMatchObject(event);
  });

  it.each([
    [{ 'x-razorpay-signature': undefined }, 'signature'],
    [{ 'x-razorpay-signature': '' }, 'signature'],
    [{ 'x-razorpay-signature': ['0'.repeat(64)] }, 'signature'],
    [{ 'x-razorpay-signature': '0'.repeat(64) }, 'signature'],
    [{ 'x-razorpay-signature': 'ö'.repeat(64) }, 'signature'],
    [{ 'x-razorpay-event-id': undefined }, 'malformed'],
    [{ 'x-razorpay-event-id': ['evt_1'] }, 'malformed'],
    [{ 'x-razorpay-event-id': '' }, 'malformed'],
  ])('with %j is refused: %s', (headers, refused) => {
    expect(read(body(), headers)).toEqual({ refused });
  });

  it('is not believed without a secret', () => {
    expect(read(body(), {}, [undefined, ' '])).toEqual({ refused: 'not_configured' });
  });
});

describe('what an event of Razorpay is about', () => {
  const payment = entity({ id: 'pay_1' });
  const dispute = entity({ id: 'disp_1', payment_id: 'pay_1' });
  const refund = entity({ id: 'rfnd_1', payment_id: 'pay_1' });
  it.each([
    ['payment.authorized', { payment }, { part: 'payment', payment: 'pay_1' }],
    ['payment.failed', { payment }, { part: 'payment', payment: 'pay_1' }],
    ['order.paid', { order: entity({ id: 'order_1' }), payment }, { part: 'payment', payment: 'pay_1' }],
    [
      'payment_link.paid',
      { payment_link: entity({ id: 'plink_1' }), payment },
      { part: 'payment', payment: 'pay_1' },
    ],
    ['refund.created', { refund }, { part: 'refunds', payment: 'pay_1' }],
    ['refund.processed', { refund }, { part: 'refunds', payment: 'pay_1' }],
    ['refund.failed', { payment, refund }, { part: 'refunds', payment: 'pay_1' }],
    ['payment.dispute.won', { payment, dispute }, { part: 'dispute', payment: 'pay_1', dispute: 'disp_1' }],
    ['payment.dispute.created', { dispute }, { part: 'dispute', payment: 'pay_1', dispute: 'disp_1' }],
    ['payment.dispute.created', { payment }, null],
    ['payment_link.cancelled', { payment_link: entity({ id: 'plink_1' }) }, null],
    ['token.confirmed', { token: entity({ id: 'token_1' }) }, null],
    ['payment.captured', { payment: entity({ id: '../refunds' }) }, null],
    ['payment.captured', { payment: 'pay_1' }, null],
  ])('%s %j: %j', (type, payload, about) => {
    expect(aboutOf(type, payload)).toEqual(about);
    expect(isKnown(type)).toBe(true);
  });

  it.each(['payment.downtime.started', 'settlement.processed', 'constructor'])('does not know %s', (type) => {
    expect(isKnown(type)).toBe(false);
    expect(aboutOf(type, { payment })).toBeNull();
  });

  it('keeps ids, states and amounts, and no token', () => {
    const summary = summaryOf({
      payment: entity({
        id: 'pay_1',
        amount: 100,
        email: 'ada@example.com',
        contact: '+919876543210',
        vpa: 'ada@bank',
        token_id: 'token_1',
        customer_id: 'cust_1',
        notes: { attempt_id: 'a_1', name: 'Ada' },
        error_description: 'Ada has no money',
        card: { last4: '1007' },
      }),
      token: entity({ id: 'token_1', entity: 'token', customer_id: 'cust_1' }),
      other: entity({ id: 'x' }),
    });
    expect(summary).toEqual({
      payment: { id: 'pay_1', amount: 100, attempt_id: 'a_1' },
      token: { entity: 'token' },
    });
  });
});
