import { describe, expect, it } from 'vitest';
import { aboutOf, isKnown, summaryOf } from './stripe.events.js';

const payment = { part: 'payment', payment: 'pi_1' };
const refunds = { part: 'refunds', payment: 'pi_1' };
const dispute = { part: 'dispute', payment: 'pi_1', dispute: 'du_1' };

describe('what an event of Stripe is about', () => {
  it.each([
    ['payment_intent.succeeded', { id: 'pi_1' }, payment],
    ['payment_intent.canceled', { id: 'pi_1' }, payment],
    ['charge.refunded', { id: 'ch_1', payment_intent: 'pi_1' }, refunds],
    ['refund.created', { id: 're_1', payment_intent: 'pi_1' }, refunds],
    ['refund.failed', { id: 're_1', payment_intent: 'pi_1' }, refunds],
    // Paid without a payment intent: not ours.
    ['refund.created', { id: 're_1', payment_intent: null }, null],
    ['charge.dispute.closed', { id: 'du_1', payment_intent: 'pi_1' }, dispute],
    ['charge.succeeded', { id: 'ch_1', payment_intent: 'pi_1' }, null],
    ['shared_payment.granted_token.used', { id: 'spt_1' }, null],
    // An id is what goes into an address later.
    ['payment_intent.succeeded', { id: '../refunds' }, null],
  ])('%s %j: %j', (type, object, about) => {
    expect(aboutOf(type, object)).toEqual(about);
    expect(isKnown(type)).toBe(true);
  });

  it.each(['customer.created', 'payment_intent.unheard_of', 'constructor', 'toString'])(
    'does not know %s',
    (type) => {
      expect(isKnown(type)).toBe(false);
      expect(aboutOf(type, { id: 'pi_1' })).toBeNull();
    },
  );

  it('keeps ids, states and amounts', () => {
    const object = {
      id: 'pi_1',
      status: 'requires_payment_method',
      amount: 5000,
      currency: 'usd',
      client_secret: 'pi_1_secret_x',
      description: 'For Ada',
      receipt_email: 'ada@example.com',
      // A member that ought to be short, and is not.
      reason: 'Ada says so',
      metadata: { attempt_id: 'pay_1', note: 'gift for Ada' },
      last_payment_error: { code: 'card_declined', decline_code: 'lost_card', message: 'Ada' },
      shipping: { name: 'Ada' },
    };
    expect(summaryOf(object)).toEqual({
      id: 'pi_1',
      status: 'requires_payment_method',
      amount: 5000,
      currency: 'usd',
      error_code: 'card_declined',
      error_decline_code: 'lost_card',
      attempt_id: 'pay_1',
    });
  });
});
