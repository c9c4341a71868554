import { SimulatorError } from '../control-input.js';
import type { ErrorFields } from './errors.js';
import type { PaymentRow } from './tables.js';

/** What becomes of a payment that is attempted. By default it is authorized, and captured if its order says so. */
export type Outcome = 'authorized' | 'captured' | 'failed' | 'pending' | 'late_authorized';

/** What the buyer pays with, and what comes of that by itself. */
export interface Instrument extends Pick<PaymentRow, 'method' | 'vpa' | 'last4' | 'slowRefunds'> {
  /** Why the bank refuses it. */
  failure: ErrorFields | null;
}

const failure = (
  reason: string,
  description: string,
  more: Partial<ErrorFields> = {},
): [string, ErrorFields] => [
  reason,
  {
    code: 'BAD_REQUEST_ERROR',
    description,
    source: 'customer',
    step: 'payment_authorization',
    reason,
    ...more,
  },
];

/** razorpay.com/docs/errors/payments, by reason. */
const FAILURES = new Map<string, ErrorFields>([
  failure(
    'insufficient_funds',
    'Your payment could not be completed due to insufficient account balance. Try again with another card or account.',
  ),
  failure('card_declined', 'Your payment was declined by the issuing bank. Try another payment method.', {
    source: 'issuer_bank',
  }),
  failure('payment_declined', 'Your payment was declined by the bank. Try another payment method.', {
    source: 'bank',
  }),
  failure('payment_failed', 'Your payment was not successful as it was declined by the bank.', {
    source: 'bank',
  }),
  failure('payment_timed_out', 'Payment was not completed on time.', { step: 'payment_authentication' }),
  failure('payment_cancelled', 'Your payment has been cancelled. Try again or complete the payment later.', {
    step: 'payment_authentication',
  }),
  failure('card_disabled_for_online_payments', 'Your card is disabled for online payments.', {
    source: 'issuer_bank',
  }),
  failure('card_number_invalid', 'You have entered an incorrect card number. Try again.', {
    step: 'payment_initiation',
  }),
  failure('authentication_failed', 'Your payment did not go through as it failed authentication.', {
    step: 'payment_authentication',
  }),
  failure(
    'gateway_technical_error',
    'Your payment did not go through due to a temporary issue. Any debited amount will be refunded in 4-5 business days.',
    { code: 'GATEWAY_ERROR', source: 'gateway' },
  ),
]);

/** razorpay.com/docs/payments/payments/test-card-details: those that are refused. */
const REFUSED_CARDS: Record<string, string> = {
  '4100280000080001': 'insufficient_funds',
  '4100280000060003': 'card_declined',
  '4100280000090000': 'payment_timed_out',
  '4100280000070002': 'payment_cancelled',
  '4100280000030006': 'card_disabled_for_online_payments',
  '4100280000010008': 'card_number_invalid',
  '4100280000020007': 'gateway_technical_error',
  '4100280000000009': 'authentication_failed',
};
const GOOD_CARD = '4100280000001007';
const FAILING_VPA = 'failure@razorpay';
const SLOW_REFUND_VPA = 'pendingrefund@razorpay';

export function failureBecause(reason: string): ErrorFields {
  const known = FAILURES.get(reason);
  if (known) return known;
  throw new SimulatorError(`reason must be one of ${[...FAILURES.keys()].join(', ')}.`);
}

export function cardInstrument(number = GOOD_CARD): Instrument {
  const digits = number.replaceAll(/[ -]/g, '');
  if (!/^\d{12,19}$/.test(digits)) throw new SimulatorError('card must be the number of a card.');
  const reason = REFUSED_CARDS[digits];
  return {
    method: 'card',
    vpa: null,
    last4: digits.slice(-4),
    slowRefunds: false,
    failure: reason === undefined ? null : failureBecause(reason),
  };
}

export function upiInstrument(vpa = 'success@razorpay'): Instrument {
  if (!/^[\w.-]+@[\w.-]+$/.test(vpa)) throw new SimulatorError('vpa must look like name@bank.');
  return {
    method: 'upi',
    vpa,
    last4: null,
    slowRefunds: vpa === SLOW_REFUND_VPA,
    failure: vpa === FAILING_VPA ? failureBecause('payment_failed') : null,
  };
}

export function netbankingInstrument(): Instrument {
  return { method: 'netbanking', vpa: null, last4: null, slowRefunds: false, failure: null };
}
