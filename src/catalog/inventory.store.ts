import { Injectable } from '@nestjs/common';
import { rows, together, type Tx } from '../database/database.js';

export interface Quantity {
  itemId: string;
  quantity: number;
}

/**
 * Stock moves: reserve before the charge, then sell or release. Quantities are summed per item by the caller.
 * Several rows are locked in id order first, because an UPDATE that joins fixes no order and two carts with the
 * same items would deadlock; one row needs no lock but the UPDATE's own. All of it travels in one round trip.
 */
@Injectable()
export class InventoryStore {
  /** Takes all or reports what is short; on a shortage the caller rolls back. Untracked items always suffice. */
  async reserve(tx: Tx, holderId: string, wanted: Quantity[]): Promise<{ shortItemIds: string[] }> {
    const itemIds = wanted.map(({ itemId }) => itemId);
    const [, short] = await together([
      itemIds.length > 1
        ? tx.query('SELECT 1 FROM inventory WHERE item_id = ANY($1) ORDER BY item_id FOR UPDATE', [itemIds])
        : Promise.resolve(),
      rows<{ item_id: string }>(
        tx,
        `WITH wanted AS (SELECT * FROM unnest($2::text[], $3::bigint[]) AS w (item_id, quantity)),
              taken AS (
                UPDATE inventory s SET reserved = s.reserved + w.quantity FROM wanted w
                WHERE s.item_id = w.item_id AND s.tracked AND s.on_hand - s.reserved >= w.quantity
                RETURNING s.item_id, w.quantity),
              held AS (
                INSERT INTO inventory_hold (holder_id, item_id, quantity, created_at)
                SELECT $1, item_id, quantity, now() FROM taken)
         SELECT item_id FROM wanted JOIN inventory s USING (item_id)
         WHERE s.tracked AND item_id NOT IN (SELECT item_id FROM taken)`,
        [holderId, itemIds, wanted.map(({ quantity }) => quantity)],
      ),
    ]);
    return { shortItemIds: short.map(({ item_id }) => item_id) };
  }

  /** Gives everything the holder still holds back to the shelf. */
  async release(tx: Tx, holderId: string): Promise<void> {
    await this.endHold(tx, holderId, 'reserved = s.reserved - gone.quantity');
  }

  /** Everything the holder holds leaves the shop. */
  async sell(tx: Tx, holderId: string): Promise<void> {
    await this.endHold(
      tx,
      holderId,
      'reserved = s.reserved - gone.quantity, on_hand = s.on_hand - gone.quantity',
    );
  }

  /** What was sold comes back to the shelf. */
  async restock(tx: Tx, returned: Quantity[]): Promise<void> {
    const itemIds = returned.map(({ itemId }) => itemId);
    await together([
      tx.query('SELECT 1 FROM inventory WHERE item_id = ANY($1) ORDER BY item_id FOR UPDATE', [itemIds]),
      tx.query(
        `UPDATE inventory s SET on_hand = s.on_hand + r.quantity
         FROM unnest($1::text[], $2::bigint[]) AS r (item_id, quantity) WHERE s.item_id = r.item_id AND s.tracked`,
        [itemIds, returned.map(({ quantity }) => quantity)],
      ),
    ]);
  }

  private async endHold(tx: Tx, holderId: string, change: string): Promise<void> {
    await together([
      tx.query(
        `SELECT 1 FROM inventory WHERE item_id IN (SELECT item_id FROM inventory_hold WHERE holder_id = $1)
         ORDER BY item_id FOR UPDATE`,
        [holderId],
      ),
      tx.query(
        `WITH gone AS (DELETE FROM inventory_hold WHERE holder_id = $1 RETURNING item_id, quantity)
         UPDATE inventory s SET ${change} FROM gone WHERE s.item_id = gone.item_id`,
        [holderId],
      ),
    ]);
  }
}
