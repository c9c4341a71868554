import type { CheckoutSession, SessionState } from './checkout-session.entity.js';
import type { Problem, SessionContent } from './session-content.js';

/** What is shown (ACP §2). */
export const sessionStatuses = [
  'not_ready_for_payment',
  'ready_for_payment',
  'authentication_required',
  'complete_in_progress',
  'completed',
  'canceled',
  'expired',
] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** `now` is the database's clock: the sweep that stores `expired` may come later. */
export function statusOf(
  session: Pick<CheckoutSession, 'state' | 'content' | 'expiresAt'>,
  now: Date,
): SessionStatus {
  switch (session.state) {
    case 'open':
    case 'authentication_required':
      if (session.expiresAt <= now) return 'expired';
      if (session.state === 'authentication_required') return session.state;
      return firstBlocker(session.content) ? 'not_ready_for_payment' : 'ready_for_payment';
    case 'completing':
      return 'complete_in_progress';
    default:
      return session.state;
  }
}

/** The first thing that keeps the session from being paid. Every missing fact is a problem of the quote. */
export const firstBlocker = ({ quote }: SessionContent): Problem | undefined =>
  quote.problems.find(({ blocking }) => blocking);

/** Stock is held exactly while a payment is under way or the buyer authenticates for one. */
export const holdsStock = (state: SessionState): boolean =>
  state === 'completing' || state === 'authentication_required';
