import type { Change } from '../world.js';
import { badRequest } from './errors.js';
import { cardInstrument, failureBecause, type Instrument, type Outcome } from './instruments.js';
import type { Wire } from './views.js';

/** What charging a saved token leads to; without anything it is authorized, and captured if the order says so. */
export interface SavedToken {
  outcome?: Outcome;
  /** Why it fails, at first or for good. */
  reason?: string;
  /** Carried out and never answered. */
  silent?: true;
  slowRefunds?: true;
  expired?: true;
  /** The most one charge may ask, in paise. */
  maxAmount?: number;
}

const MAX_AMOUNT = 100_000_000;

/** Names of the simulator's own. Every customer of the sandbox has them all. */
const TOKENS: Record<string, SavedToken> = {
  token_simSuccess: {},
  token_simInsufficientFunds: { outcome: 'failed', reason: 'insufficient_funds' },
  token_simDeclined: { outcome: 'failed', reason: 'card_declined' },
  token_simTimeout: { silent: true },
  token_simPending: { outcome: 'pending' },
  token_simLateAuth: { outcome: 'late_authorized', reason: 'payment_timed_out' },
  token_simAuthorizedOnly: { outcome: 'authorized' },
  token_simGatewayError: { outcome: 'failed', reason: 'gateway_technical_error' },
  token_simPendingRefund: { slowRefunds: true },
  token_simExpired: { expired: true },
  token_simLimited: { maxAmount: 10_000 },
};
export const TOKEN_IDS = Object.keys(TOKENS);

export function savedToken(id: string): SavedToken | null {
  return Object.hasOwn(TOKENS, id) ? (TOKENS[id] ?? null) : null;
}

/** Refuses before anything is attempted, as no payment comes of a mandate that does not cover it. */
export function assertUsable(change: Change, customer: string, id: string, amount: number): SavedToken {
  const token = savedToken(id);
  if (!token) throw badRequest('The token provided is invalid.', { field: 'token' });
  if (isCancelled(change, customer, id)) {
    throw badRequest('The token has been cancelled by the customer.', { field: 'token' });
  }
  if (token.expired) throw badRequest('The token has expired.', { field: 'token' });
  if (amount > (token.maxAmount ?? MAX_AMOUNT)) {
    throw badRequest('Amount exceeds maximum amount allowed.', { field: 'amount' });
  }
  return token;
}

export function tokenInstrument(token: SavedToken): Instrument {
  return {
    ...cardInstrument(),
    slowRefunds: token.slowRefunds ?? false,
    failure: token.reason === undefined ? null : failureBecause(token.reason),
  };
}

export function tokenView(change: Change, customer: string, id: string): Wire {
  const token = savedToken(id);
  const cancelled = isCancelled(change, customer, id);
  const expiredAt = token?.expired ? 1_600_000_000 : 4_102_444_800;
  return {
    id,
    entity: 'token',
    customer_id: customer,
    token: id.replace('token_', ''),
    method: 'card',
    card: { entity: 'card', name: '', last4: '1007', network: 'Visa', type: 'debit', issuer: null },
    recurring: !cancelled,
    recurring_details: {
      status: cancelled ? 'cancelled' : 'confirmed',
      failure_reason: null,
      amount_blocked: token?.maxAmount ?? MAX_AMOUNT,
      amount_debited: 0,
    },
    max_amount: token?.maxAmount ?? MAX_AMOUNT,
    used_at: null,
    created_at: 1_600_000_000,
    expired_at: expiredAt,
  };
}

export function isCancelled(change: Change, customer: string, id: string): boolean {
  return change.find('razorpay_cancelled_tokens', cancelledId(customer, id)) !== undefined;
}

export function cancelledId(customer: string, token: string): string {
  return `${customer} ${token}`;
}
