import { recordMovement } from '../ledger.js';
import type { LedgerEntry } from '../tables.js';
import type { Change } from '../world.js';
import type { PaymentIntentRow } from './tables.js';

/** Money that moved for an intent, under the names its metadata gives. */
export function moved(
  change: Change,
  intent: PaymentIntentRow,
  type: LedgerEntry['type'],
  amount: number,
): void {
  recordMovement(change, {
    provider: 'stripe',
    payment: intent.id,
    reference: intent.metadata.attempt_id ?? null,
    sessionId: intent.metadata.checkout_session_id ?? null,
    type,
    amount,
    currency: intent.currency,
  });
}
