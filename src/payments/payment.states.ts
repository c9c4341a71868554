/**
 * The life of one attempt to take money, as the provider's object was last seen.
 *
 * started: frozen and committed, nothing sent · called: it may have reached the provider · unknown: it was sent
 * and the answer was lost · pending, requires_action: the provider's object can still become paid · authorized,
 * captured: money · canceling: authorized, and to be let go · failed, canceled: closed without money · surplus:
 * money that came after all.
 */
export const attemptStates = [
  'started',
  'called',
  'unknown',
  'pending',
  'requires_action',
  'authorized',
  'canceling',
  'captured',
  'failed',
  'canceled',
  'surplus',
] as const;
export type AttemptState = (typeof attemptStates)[number];

const outcomes: AttemptState[] = [
  'unknown',
  'pending',
  'requires_action',
  'authorized',
  'captured',
  'failed',
  'canceled',
  'surplus',
];

const transitions: Record<AttemptState, readonly AttemptState[]> = {
  started: ['called', 'failed'],
  called: outcomes,
  unknown: outcomes,
  pending: ['pending', 'requires_action', 'authorized', 'captured', 'failed', 'canceled', 'surplus'],
  requires_action: ['pending', 'requires_action', 'authorized', 'captured', 'failed', 'canceled', 'surplus'],
  authorized: ['captured', 'canceling', 'canceled'],
  canceling: ['canceled', 'surplus'],
  captured: [],
  // Authorized after all, where the merchant captures by hand: sold like any other.
  failed: ['surplus', 'authorized'],
  canceled: ['surplus'],
  surplus: ['canceled'],
};

export const isLegalTransition = (from: AttemptState, to: AttemptState): boolean =>
  transitions[from].includes(to);

/** Why an attempt failed before the provider decided anything; the same request may simply try again. */
export const notSent = 'not_sent';

/** Still owed an answer: whoever holds the lease finds out, else the reconciler. */
export const openStates: readonly AttemptState[] = [
  'started',
  'called',
  'unknown',
  'pending',
  'requires_action',
];

export const isOpen = (state: AttemptState): boolean => openStates.includes(state);

/** There is money of the buyer's at the provider. */
export const holdsMoney = (state: AttemptState): boolean =>
  state === 'authorized' || state === 'captured' || state === 'surplus';

/** The money is the shop's: it goes back by a refund. */
export const isTaken = (state: AttemptState): boolean => state === 'captured' || state === 'surplus';

/** Closed without money; money that turns up after all is `surplus`. */
export const isClosedWithoutMoney = (state: AttemptState): boolean =>
  state === 'failed' || state === 'canceled';
