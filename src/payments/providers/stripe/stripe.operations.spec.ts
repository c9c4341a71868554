import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import type { OperationRequest } from '../payment-provider.js';
import { outcomeOfOperationError, outcomeOfRefund } from './stripe.operations.js';

const { errors } = Stripe;
const connection = (code: string): Error =>
  new errors.StripeConnectionError({ message: 'x', detail: Object.assign(new Error(), { code }) });

describe('what an error says about a capture, a release or a refund', () => {
  it.each([
    [
      new errors.StripeInvalidRequestError({ code: 'charge_already_refunded', message: 'x' }),
      'refused',
      undefined,
    ],
    [new errors.StripeInvalidRequestError({ message: 'Refund amount is too much' }), 'refused', undefined],
    [new errors.StripeCardError({ code: 'card_declined', message: 'x' }), 'refused', undefined],
    [
      new errors.StripeInvalidRequestError({ code: 'parameter_unknown', message: 'x' }),
      'misconfigured',
      undefined,
    ],
    [new errors.StripeAuthenticationError({ message: 'x' }), 'misconfigured', undefined],
    [new errors.StripePermissionError({ message: 'x' }), 'misconfigured', undefined],
    [new errors.StripeRateLimitError({ message: 'x' }), 'unknown', false],
    [connection('ECONNREFUSED'), 'unknown', false],
    [connection('ECONNRESET'), 'unknown', true],
    [new errors.StripeIdempotencyError({ message: 'x' }), 'unknown', true],
    [new errors.StripeAPIError({ message: 'x', statusCode: 409 }), 'unknown', true],
    [new errors.StripeAPIError({ message: 'x' }), 'unknown', true],
  ])('%s: %s', (error, state, maybeExecuted) => {
    const outcome = outcomeOfOperationError(error);
    expect(outcome.state).toBe(state);
    if ('maybeExecuted' in outcome) expect(outcome.maybeExecuted).toBe(maybeExecuted);
  });

  it('lets a bug of ours through', () => {
    expect(() => outcomeOfOperationError(new TypeError('x'))).toThrow(TypeError);
  });
});

describe('what a refund of Stripe says', () => {
  const request = { amount: 500, currency: 'usd' } as OperationRequest;
  it.each([
    [{ status: 'succeeded' }, { state: 'succeeded', reference: 're_1' }],
    [{ status: 'pending' }, { state: 'pending', reference: 're_1' }],
    [{ status: 'requires_action' }, { state: 'pending' }],
    [
      { status: 'failed', failure_reason: 'lost_or_stolen_card' },
      { state: 'refused', cause: 'lost_or_stolen_card' },
    ],
    [{ status: 'canceled' }, { state: 'refused' }],
    [{ status: 'new' }, { state: 'unknown', maybeExecuted: true }],
    [
      { status: 'succeeded', amount: 501 },
      { state: 'unknown', maybeExecuted: true },
    ],
    [
      { status: 'succeeded', currency: 'eur' },
      { state: 'unknown', maybeExecuted: true },
    ],
  ])('%j: %j', (fields, outcome) => {
    const refund = { id: 're_1', amount: 500, currency: 'usd', ...fields } as Stripe.Refund;
    expect(outcomeOfRefund(refund, request)).toMatchObject(outcome);
  });
});
