import type * as psp from '../../src/payments/providers/payment-provider.js';

/** What Acorn's payments, refunds and disputes have in common; `payment` is the id of the payment. */
export interface Thing extends psp.Money {
  id: string;
  payment: string;
  status: string;
  reason: string;
  labels: Record<string, string | undefined>;
  at: string;
}

const failures: Record<string, psp.AttemptFailure | undefined> = {
  no_funds: { reason: 'insufficient_funds', message: 'The card has no funds.', retry: 'other_instrument' },
  expired: { reason: 'expired', message: 'The card has expired.', retry: 'other_instrument' },
};
const declined: psp.AttemptFailure = {
  reason: 'generic',
  message: 'The card was declined.',
  retry: 'other_instrument',
};

/** Believed only if it is for the money we asked for. */
export function outcomeOf(payment: Thing, total: psp.Money): psp.PaymentOutcome {
  const { id: reference, status, reason, amount, currency } = payment;
  if (amount !== total.amount || currency !== total.currency) return unknown('it is for another amount');
  if (status === 'paid') return { state: 'captured', reference };
  if (status === 'declined') return { state: 'declined', reference, failure: failures[reason] ?? declined };
  return unknown(`payment ${reference} is ${status}`);
}

export function paymentOf(payment: Thing): psp.ProviderPayment {
  const { id: reference, amount, currency, labels, at } = payment;
  const { store = null, subject = null, attempt = null } = labels;
  const whose = { storeInstance: store, subjectId: subject, attemptId: attempt, preparedId: null };
  const outcome = outcomeOf(payment, payment);
  return { reference, amount, currency, ...whose, outcome, createdAt: new Date(at) };
}

export function refundOf({ id, payment, amount, currency, status, labels, at }: Thing): psp.ProviderRefund {
  const state = status === 'paid' ? 'succeeded' : status === 'failed' ? 'failed' : 'pending';
  const operationId = labels.operation ?? null;
  const createdAt = new Date(at);
  return { reference: id, payment, amount, currency, operationId, state, reason: null, createdAt };
}

export function disputeOf({ id, payment, amount, currency, status, reason, at }: Thing): psp.ProviderDispute {
  const known = (['won', 'lost', 'under_review'] as const).find((one) => one === status);
  const openedAt = new Date(at);
  return { reference: id, payment, amount, currency, reason, status: known ?? 'needs_response', openedAt };
}

/** Acorn's event types begin with what they are about. */
const parts = { 'payment.': 'payment', 'refund.': 'refunds', 'dispute.': 'dispute' } as const;

export function eventOf(raw: Buffer): psp.ProviderEvent | { refused: 'malformed' } {
  const { id, type, about } = (parsed(raw) ?? {}) as { id?: unknown; type?: unknown; about?: Thing };
  if (typeof id !== 'string' || typeof type !== 'string' || typeof about?.payment !== 'string')
    return { refused: 'malformed' };
  const part = Object.entries(parts).find(([prefix]) => type.startsWith(prefix))?.[1];
  const { payment, status, amount, currency } = about;
  const dispute = part === 'dispute' && { dispute: about.id };
  const summary = { payment, status, amount, currency };
  return { id, type, known: !!part, about: part ? { part, payment, ...dispute } : null, summary };
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString());
  } catch {
    return null;
  }
}

export const unknown = (cause: string, maybeExecuted = true) =>
  ({ state: 'unknown', cause, maybeExecuted }) as const;
