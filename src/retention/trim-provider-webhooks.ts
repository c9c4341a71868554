import type { Database } from '../database/database.js';
import { inBatches } from '../database/in-batches.js';
import { type Trim, tooOld } from './trim.js';

/** Forgets the text of webhooks that nothing more is to be done about. */
export const trimProviderWebhooks: Trim = (db: Database, days, stopping) =>
  inBatches(
    1_000,
    async (size) => {
      const forgotten = await db.query(
        `UPDATE webhook_event SET body = NULL WHERE id IN (
           SELECT id FROM webhook_event
           WHERE body IS NOT NULL AND received_at < ${tooOld('$1')} AND state NOT IN ('received', 'waiting')
           ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`,
        [days, size],
      );
      return forgotten.length;
    },
    stopping,
  );
