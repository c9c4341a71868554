import { rows, type Tx } from '../database/database.js';
import type { Erased } from './personal-columns.js';

/** Under the lock of the order, which everybody takes who writes to what belongs to it. */
export async function eraseOrderRows(tx: Tx, orderId: string): Promise<Partial<Erased>> {
  const erase = async (sql: string): Promise<number> =>
    (await rows(tx, `${sql} RETURNING id`, [orderId])).length;
  return {
    shop_order: await erase(
      'UPDATE shop_order SET buyer = NULL, destination = NULL, notes = NULL WHERE id = $1',
    ),
    order_fulfillment: await erase(
      `UPDATE order_fulfillment
       SET tracking_number = NULL, tracking_url = NULL, digital_delivery = NULL, description = NULL WHERE order_id = $1`,
    ),
    order_fulfillment_event: await erase(
      'UPDATE order_fulfillment_event SET description = NULL, location = NULL WHERE order_id = $1',
    ),
    // The reason of a dispute is a code of the bank's.
    order_adjustment: await erase(
      `UPDATE order_adjustment SET reason = NULL, description = NULL WHERE order_id = $1 AND type <> 'dispute'`,
    ),
    // One that is being sent finds no address, or has left already; it is not sent again.
    email_message: await erase(
      `UPDATE email_message
       SET state = 'skipped', last_error = 'erased', next_at = NULL, lease_token = NULL, lease_until = NULL
       WHERE order_id = $1 AND state = 'pending'`,
    ),
  };
}
