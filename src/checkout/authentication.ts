import type { AuthenticationProof } from '../payments/providers/payment-provider.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import { problems } from './checkout.problems.js';
import { nextVersion } from './session.store.js';

/** How 3-D Secure ended at the agent's side (ACP §7 `authentication_result.outcome`). */
export const authenticationOutcomes = [
  'authenticated',
  'attempt_acknowledged',
  'informational',
  'denied',
  'rejected',
  'abandoned',
  'canceled',
  'not_supported',
  'internal_error',
  'processing_error',
] as const;

/** The outcomes that come with a proof to charge with. */
export const provingOutcomes = ['authenticated', 'attempt_acknowledged', 'informational'] as const;

export interface AuthenticationResult {
  outcome: (typeof authenticationOutcomes)[number];
  /** Present exactly with the proving outcomes. */
  proof: AuthenticationProof | null;
}

/**
 * What follows (ACP §7): a proof is sent with the charge; an unfinished authentication can be finished yet; all
 * else ends without a charge, since the bank has demanded what could not be done.
 */
export function readAuthentication({
  outcome,
  proof,
}: AuthenticationResult): AuthenticationProof | 'unfinished' | 'denied' {
  if (proof) return proof;
  return outcome === 'abandoned' || outcome === 'canceled' ? 'unfinished' : 'denied';
}

/** The session when the buyer's authentication has come to nothing; nothing is charged. */
export function withoutPayment(
  session: CheckoutSession,
  ended: 'unfinished' | 'denied',
  now: Date,
): CheckoutSession {
  const { content } = session;
  if (ended === 'unfinished' && content.authentication)
    return nextVersion(session, now, { content: { ...content, notice: problems.requires3ds() } });
  const notice = problems.paymentDeclined('The buyer was not authenticated. Use another way to pay.');
  return nextVersion(session, now, { state: 'open', content: { ...content, notice, authentication: null } });
}
