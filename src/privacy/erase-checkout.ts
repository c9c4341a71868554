import type { CheckoutSession } from '../checkout/checkout-session.entity.js';
import { rows, type Tx } from '../database/database.js';
import { openStates } from '../payments/payment.states.js';
import { declined, erasedContent } from './erased-content.js';
import type { Erased } from './personal-columns.js';
import { privacyErrors } from './privacy.errors.js';

/** A locked session and its locked payments, in the order in which everybody locks them. */
export interface LockedCheckout {
  session: Pick<CheckoutSession, 'id' | 'state' | 'content'> | undefined;
  attemptIds: string[];
  /** The providers' ids of the payments. */
  references: string[];
}

const sending = ['started', 'called', 'unknown'];

/** Throws a 409 if money is on its way: the provider must be sent the same again, whoever repeats it. */
export async function lockCheckout(tx: Tx, sessionId: string): Promise<LockedCheckout> {
  const [session] = await rows<CheckoutSession>(
    tx,
    'SELECT id, state, content FROM checkout_session WHERE id = $1 FOR UPDATE',
    [sessionId],
  );
  const attempts = await rows<{ id: string; state: string; reference: string | null }>(
    tx,
    'SELECT id, state, reference FROM payment_attempt WHERE subject_id = $1 ORDER BY id FOR UPDATE',
    [sessionId],
  );
  const attemptIds = attempts.map(({ id }) => id);
  const operations = await rows<{ state: string }>(
    tx,
    'SELECT state FROM payment_operation WHERE payment_id = ANY($1) ORDER BY id FOR UPDATE',
    [attemptIds],
  );
  const isPaying =
    session?.state === 'completing' ||
    attempts.some(({ state }) => openStates.some((open) => open === state)) ||
    operations.some(({ state }) => sending.includes(state));
  if (isPaying) throw privacyErrors.paymentUnderWay([sessionId]);
  return { session, attemptIds, references: attempts.flatMap(({ reference }) => reference ?? []) };
}

/** The next version of the session: a request that has read the one before writes nothing of it back. */
export async function eraseSession(tx: Tx, { session }: LockedCheckout): Promise<Partial<Erased>> {
  if (!session) return {};
  const { id, state, content } = session;
  const written = await rows(
    tx,
    'UPDATE checkout_session SET content = $2, version = version + 1 WHERE id = $1 RETURNING id',
    [id, erasedContent(content, state)],
  );
  return { checkout_session: written.length };
}

/** Amounts, ids, states and times stay. From now on webhooks of these payments leave no body (`InboxStore.keep`). */
export async function erasePayments(
  tx: Tx,
  { attemptIds, references }: LockedCheckout,
): Promise<Partial<Erased>> {
  const attempts = await rows(
    tx,
    `UPDATE payment_attempt SET credential = NULL, instrument = NULL, erased_at = coalesce(erased_at, now()),
       failure = CASE WHEN failure IS NOT NULL THEN jsonb_set(failure, '{message}', to_jsonb($2::text)) END
     WHERE id = ANY($1) RETURNING id`,
    [attemptIds, declined],
  );
  const operations = await rows(
    tx,
    `UPDATE payment_operation SET reason = 'erased', failure = CASE WHEN failure IS NOT NULL THEN 'erased' END
     WHERE payment_id = ANY($1) RETURNING id`,
    [attemptIds],
  );
  const events = await rows(
    tx,
    `UPDATE webhook_event SET body = NULL WHERE id IN (
       SELECT id FROM webhook_event WHERE payment = ANY($1) AND body IS NOT NULL ORDER BY id FOR UPDATE)
     RETURNING id`,
    [references],
  );
  return {
    payment_attempt: attempts.length,
    payment_operation: operations.length,
    webhook_event: events.length,
  };
}
