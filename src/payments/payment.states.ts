/**
 * The life of one attempt to take money, as the provider's object was last seen.
 *
 * started: frozen and committed, nothing sent · called: it may have reached the provider · unknown: it was sent
 * and the answer was lost · pending, requires_action: the provider's object can still become paid · authorized,
 * captured: money · failed, canceled: closed without money · surplus: money that came after all.
 */
export type AttemptState =
  | 'started'
  | 'called'
  | 'unknown'
  | 'pending'
  | 'requires_action'
  | 'authorized'
  | 'captured'
  | 'failed'
  | 'canceled'
  | 'surplus';

const outcomes: AttemptState[] = [
  'unknown',
  'pending',
  'requires_action',
  'authorized',
  'captured',
  'failed',
  'canceled',
];

const transitions: Record<AttemptState, readonly AttemptState[]> = {
  started: ['called', 'failed'],
  called: outcomes,
  unknown: outcomes,
  pending: ['pending', 'requires_action', 'authorized', 'captured', 'failed', 'canceled'],
  requires_action: ['pending', 'requires_action', 'authorized', 'captured', 'failed', 'canceled'],
  authorized: ['captured', 'canceled'],
  captured: [],
  failed: ['surplus'],
  canceled: ['surplus'],
  surplus: [],
};

export const isLegalTransition = (from: AttemptState, to: AttemptState): boolean =>
  transitions[from].includes(to);

/** Still owed an answer: whoever holds the lease finds out, else the reconciler. */
export const openStates: readonly AttemptState[] = [
  'started',
  'called',
  'unknown',
  'pending',
  'requires_action',
];

export const isOpen = (state: AttemptState): boolean => openStates.includes(state);
