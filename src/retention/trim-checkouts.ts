import { rows } from '../database/database.js';
import { inBatches } from '../database/in-batches.js';
import { type Trim, tooOld } from './trim.js';

/** Nothing of the session's is left that money or stock hangs on, or could come to. */
const isBare = `NOT EXISTS (SELECT 1 FROM payment_attempt WHERE subject_id = s.id)
  AND NOT EXISTS (SELECT 1 FROM inventory_hold WHERE holder_id = s.id)
  AND NOT EXISTS (SELECT 1 FROM prepared_payment
    WHERE subject_id = s.id AND kind = 'link' AND reference IS NOT NULL AND closed_at IS NULL)`;

/**
 * Removes sessions that ended without an order and that nobody tried to pay, with what was prepared for them at a provider
 * and cannot be paid any more. An order there never ends: the row by which its money is known and sent back stays. Locked
 * first and looked at again: a payment may just have been found.
 */
export const trimCheckouts: Trim = (db, days, stopping) =>
  inBatches(
    500,
    (size) =>
      db.transaction(async (tx) => {
        const found = await rows<{ id: string }>(
          tx,
          `SELECT id FROM checkout_session AS s
           WHERE state IN ('canceled', 'expired') AND updated_at < ${tooOld('$1')} AND ${isBare}
           ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
          [days, size],
        );
        await tx.query(
          `WITH gone AS (DELETE FROM checkout_session AS s WHERE id = ANY($1) AND ${isBare} RETURNING id)
           DELETE FROM prepared_payment AS p USING gone
           WHERE p.subject_id = gone.id AND (p.closed_at IS NOT NULL OR p.reference IS NULL)`,
          [found.map(({ id }) => id)],
        );
        return found.length;
      }),
    stopping,
  );
