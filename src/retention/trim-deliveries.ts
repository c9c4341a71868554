import { type Database, rows, type Tx } from '../database/database.js';
import { inBatches } from '../database/in-batches.js';
import { type Trim, tooOld } from './trim.js';

const batch = 500;

/**
 * Removes what was told of orders that nothing was told of lately: deliveries, attempts, bodies, and of the events all
 * but the last, which the next one is compared with. All of an order at once: as long as something older could be
 * replayed, it is remembered that something newer has arrived.
 */
export const trimDeliveries: Trim = async (db, days, stopping) => {
  let removed = await trimTests(db, days, stopping);
  for (let page = await oldEvents(db, days); page.length > 0; page = await oldEvents(db, days, page.at(-1))) {
    const orders = [...new Set(page.map(({ order_id }) => order_id))];
    removed += await db.transaction((tx) => forget(tx, days, orders));
    if (page.length < batch || stopping()) break;
  }
  return removed;
};

interface OldEvent {
  id: string;
  order_id: string;
  /** As text, which keeps the microseconds. */
  at: string;
}

/** Walks through them once: the last event of each order stays, and must not be met again and again. */
const oldEvents = (db: Database, days: number, after?: OldEvent): Promise<OldEvent[]> =>
  db.query(
    `SELECT id, order_id, occurred_at::text AS at FROM outbox_event
     WHERE occurred_at < ${tooOld('$1')} AND occurred_at >= $2::timestamptz AND (occurred_at, id) > ($2::timestamptz, $3)
     ORDER BY occurred_at, id LIMIT ${batch}`,
    [days, after?.at ?? '-infinity', after?.id ?? ''],
  );

/**
 * Locked before they are judged: a delivery could be replayed meanwhile. Endpoints, events, deliveries, of those the newest
 * first: as `erase-news.ts` does, and for its reasons. Returns how many are removed.
 */
async function forget(tx: Tx, days: number, orders: string[]): Promise<number> {
  await tx.query('SELECT 1 FROM webhook_endpoint ORDER BY id FOR SHARE');
  await tx.query('SELECT 1 FROM outbox_event WHERE order_id = ANY($1) ORDER BY id FOR UPDATE', [orders]);
  await tx.query('SELECT 1 FROM webhook_delivery WHERE order_id = ANY($1) ORDER BY id DESC FOR UPDATE', [
    orders,
  ]);
  const [count] = await rows<{ removed: number }>(
    tx,
    `WITH quiet AS (
       SELECT order_id FROM unnest($2::text[]) AS o (order_id)
       WHERE NOT EXISTS (SELECT 1 FROM outbox_event
               WHERE order_id = o.order_id AND (relayed_at IS NULL OR occurred_at >= ${tooOld('$1')}))
         AND NOT EXISTS (SELECT 1 FROM webhook_delivery
               WHERE order_id = o.order_id AND (ended_at IS NULL OR ended_at >= ${tooOld('$1')}))),
     deliveries AS (
       DELETE FROM webhook_delivery AS d USING quiet WHERE d.order_id = quiet.order_id RETURNING d.id, d.body_id),
     attempts AS (DELETE FROM webhook_attempt AS a USING deliveries AS d WHERE a.delivery_id = d.id),
     bodies AS (DELETE FROM webhook_body AS b USING deliveries AS d WHERE b.id = d.body_id),
     events AS (
       DELETE FROM outbox_event AS e USING quiet WHERE e.order_id = quiet.order_id AND EXISTS (
         SELECT 1 FROM outbox_event AS later WHERE later.order_id = e.order_id AND later.seq > e.seq))
     SELECT count(*)::int AS removed FROM deliveries`,
    [days, orders],
  );
  return count?.removed ?? 0;
}

/** Deliveries that were only to see whether an endpoint answers. */
const trimTests: Trim = (db, days, stopping) =>
  inBatches(
    batch,
    async (size) => {
      const [count] = await db.query<{ removed: number }>(
        `WITH deliveries AS (
           DELETE FROM webhook_delivery WHERE id IN (
             SELECT id FROM webhook_delivery WHERE order_id IS NULL AND ended_at < ${tooOld('$1')}
             LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id, body_id),
         attempts AS (DELETE FROM webhook_attempt AS a USING deliveries AS d WHERE a.delivery_id = d.id),
         bodies AS (DELETE FROM webhook_body AS b USING deliveries AS d WHERE b.id = d.body_id)
         SELECT count(*)::int AS removed FROM deliveries`,
        [days, size],
      );
      return count?.removed ?? 0;
    },
    stopping,
  );
