import { rows } from '../database/database.js';
import { inBatches } from '../database/in-batches.js';
import { type Trim, tooOld } from './trim.js';

/** Any number that nothing else on this database uses as an advisory lock. */
export const movementsLock = 7_305_122_403;

/**
 * Adds an item's old movements up into the last of them, so that the ledger still adds up to what is on hand. One
 * process at a time, or one could remove the row that another adds up into. Stock is not locked: sales go on.
 */
export const trimMovements: Trim = (db, days, stopping) =>
  inBatches(
    50,
    (size) =>
      db.transaction(async (tx) => {
        const items = await rows<{ item_id: string }>(
          tx,
          `WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($3) AS ours)
           SELECT item_id FROM inventory AS i WHERE (SELECT ours FROM turn) AND EXISTS (
             SELECT 1 FROM inventory_movement WHERE item_id = i.item_id AND at < ${tooOld('$1')} OFFSET 1)
           ORDER BY item_id LIMIT $2`,
          [days, size, movementsLock],
        );
        await tx.query(
          `WITH old AS (
             SELECT item_id, max(id) AS last FROM inventory_movement
             WHERE item_id = ANY($2) AND at < ${tooOld('$1')} GROUP BY item_id),
           gone AS (
             DELETE FROM inventory_movement AS m USING old WHERE m.item_id = old.item_id AND m.id < old.last
             RETURNING m.item_id, m.change)
           UPDATE inventory_movement AS m
           SET change = m.change + earlier.change, reason = 'carried_forward', reference = NULL, note = NULL, actor = 'retention'
           FROM (SELECT item_id, sum(change)::int8 AS change FROM gone GROUP BY item_id) AS earlier, old
           WHERE earlier.item_id = old.item_id AND m.item_id = old.item_id AND m.id = old.last`,
          [days, items.map(({ item_id }) => item_id)],
        );
        return items.length;
      }),
    stopping,
  );
