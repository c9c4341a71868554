import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import type { ChargeRequest } from '../payment-provider.js';
import { outcomeOfError, outcomeOfIntent } from './stripe.mapping.js';

const request = { amount: 5000, currency: 'usd' } as ChargeRequest;
const acquirer = { bin: '400000', country: 'US', merchantId: 'm', name: 'Shop' };
const intent = (fields: object): Stripe.PaymentIntent =>
  ({ id: 'pi_1', amount: 5000, currency: 'usd', amount_received: 5000, ...fields }) as Stripe.PaymentIntent;

describe('what a payment intent says', () => {
  it.each([
    [{ status: 'succeeded' }, 'captured'],
    [{ status: 'requires_capture', amount_received: 0 }, 'authorized'],
    [{ status: 'processing' }, 'pending'],
    [{ status: 'requires_action' }, 'requires_action'],
    [{ status: 'canceled' }, 'canceled'],
    [{ status: 'requires_payment_method', last_payment_error: { code: 'card_declined' } }, 'declined'],
    // Made, and never confirmed: it is not known what became of our confirm.
    [{ status: 'requires_payment_method', last_payment_error: null }, 'unknown'],
    [{ status: 'something_new' }, 'unknown'],
    [{ status: 'succeeded', amount: 4999 }, 'unknown'],
    [{ status: 'succeeded', amount_received: 4999 }, 'unknown'],
    [{ status: 'succeeded', currency: 'eur' }, 'unknown'],
  ])('%j is %s', (fields, state) => {
    expect(outcomeOfIntent(intent(fields), request, acquirer).state).toBe(state);
  });
});

describe('what an error says', () => {
  const classes = {
    card_error: Stripe.errors.StripeCardError,
    api_error: Stripe.errors.StripeAPIError,
    idempotency_error: Stripe.errors.StripeIdempotencyError,
    invalid_request_error: Stripe.errors.StripeInvalidRequestError,
  };
  const make = (raw: { type: keyof typeof classes } & Record<string, unknown>): Error =>
    new classes[raw.type](raw);
  const connection = (code: string): Error =>
    new Stripe.errors.StripeConnectionError({
      message: 'x',
      detail: Object.assign(new Error(), { code }),
    });

  it.each([
    [
      make({
        type: 'card_error',
        code: 'card_declined',
        decline_code: 'insufficient_funds',
        statusCode: 402,
      }),
      { state: 'declined' },
    ],
    [connection('ETIMEDOUT'), { state: 'unknown', maybeExecuted: true }],
    [connection('ECONNRESET'), { state: 'unknown', maybeExecuted: true }],
    [connection('ECONNREFUSED'), { state: 'unknown', maybeExecuted: false }],
    [make({ type: 'api_error', statusCode: 500 }), { state: 'unknown', maybeExecuted: true }],
    [
      new Stripe.errors.StripeAPIError({ message: 'Invalid JSON' }),
      { state: 'unknown', maybeExecuted: true },
    ],
    [make({ type: 'idempotency_error', statusCode: 400 }), { state: 'unknown', maybeExecuted: true }],
    [new Stripe.errors.StripeRateLimitError({ message: 'x' }), { state: 'unknown', maybeExecuted: false }],
    [new Stripe.errors.StripeAuthenticationError({ message: 'x' }), { state: 'misconfigured' }],
    [new Stripe.errors.StripePermissionError({ message: 'x' }), { state: 'misconfigured' }],
    [
      make({ type: 'invalid_request_error', code: 'resource_missing', statusCode: 400 }),
      { state: 'invalid' },
    ],
    [
      make({ type: 'invalid_request_error', code: 'parameter_unknown', statusCode: 400 }),
      { state: 'misconfigured' },
    ],
    [
      make({
        type: 'invalid_request_error',
        statusCode: 400,
        message:
          'The requested amount is greater than the remaining amount capturable with this shared payment granted token.',
      }),
      { state: 'declined', failure: { reason: 'limit_exceeded' } },
    ],
    [
      make({
        type: 'invalid_request_error',
        statusCode: 400,
        message:
          'The shared payment granted token cannot be used because it is already in a deactivated state.',
      }),
      { state: 'declined', failure: { reason: 'credential_consumed' } },
    ],
  ])('%s: %j', (error, outcome) => {
    expect(outcomeOfError(error, acquirer)).toMatchObject(outcome);
  });

  it('lets a bug of ours through: only Stripe can say what happened at Stripe', () => {
    expect(() => outcomeOfError(new TypeError('x'), acquirer)).toThrow(TypeError);
  });

  it.each([
    ['visa', 'authentication_required'],
    ['amex', 'authentication_required'],
    // No directory server of the protocol's serves it.
    ['discover', 'declined'],
  ])('a %s card that wants 3-D Secure: %s', (brand, state) => {
    const error = make({
      type: 'card_error',
      code: 'authentication_required',
      statusCode: 402,
      payment_method: { card: { brand } },
    });
    expect(outcomeOfError(error, acquirer).state).toBe(state);
    expect(outcomeOfError(error, undefined).state).toBe('declined');
  });

  it('never offers a card again that must not be tried again', () => {
    const error = make({
      type: 'card_error',
      code: 'card_declined',
      advice_code: 'do_not_try_again',
      statusCode: 402,
    });
    expect(outcomeOfError(error, acquirer)).toMatchObject({ failure: { retry: 'never' } });
  });
});
