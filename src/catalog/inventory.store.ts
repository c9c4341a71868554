import { Injectable } from '@nestjs/common';
import { Database, rows, together, type Tx } from '../database/database.js';
import type { InventoryMovement, MovementReason } from './inventory-movement.entity.js';

export interface Quantity {
  itemId: string;
  quantity: number;
}

export interface Stock {
  itemId: string;
  tracked: boolean;
  onHand: number;
  reserved: number;
}

/** What the ledger says about a change: why, for which session, order or request, and whose doing it was. */
export interface Cause {
  reason: MovementReason;
  actor: string;
  reference?: string | null;
  note?: string | null;
}

/** The rest of a statement that changes what is on hand: into the ledger with every row of `source`. */
const record = (source: string, cause: string): string =>
  `INSERT INTO inventory_movement (item_id, change, on_hand, reason, reference, actor, note, at)
   SELECT item_id, change, on_hand, ${cause}, clock_timestamp() FROM ${source} WHERE change <> 0`;

const stockColumns = `i.id AS "itemId", coalesce(s.tracked, false) AS tracked,
  coalesce(s.on_hand, 0)::int8 AS "onHand", coalesce(s.reserved, 0)::int8 AS reserved`;

/**
 * Stock moves: reserve before the charge, then sell or release. Quantities are summed per item by the caller.
 * Several rows are locked in id order first, because an UPDATE that joins fixes no order and two carts with the
 * same items would deadlock; one row needs no lock but the UPDATE's own. All of it travels in one round trip.
 * Whatever changes what is on hand writes its movement in the same statement.
 */
@Injectable()
export class InventoryStore {
  constructor(private readonly db: Database) {}

  /** Takes all or reports what is short; on a shortage the caller rolls back. Untracked items always suffice. */
  async reserve(tx: Tx, holderId: string, wanted: Quantity[]): Promise<{ shortItemIds: string[] }> {
    const itemIds = wanted.map(({ itemId }) => itemId);
    const [, short] = await together([
      itemIds.length > 1 ? this.lock(tx, itemIds) : Promise.resolve(),
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
    await together([
      this.lockHeld(tx, holderId),
      tx.query(
        `WITH gone AS (DELETE FROM inventory_hold WHERE holder_id = $1 RETURNING item_id, quantity)
         UPDATE inventory s SET reserved = s.reserved - gone.quantity FROM gone WHERE s.item_id = gone.item_id`,
        [holderId],
      ),
    ]);
  }

  /** Everything the holder holds leaves the shop. */
  async sell(tx: Tx, holderId: string): Promise<void> {
    await together([
      this.lockHeld(tx, holderId),
      tx.query(
        `WITH gone AS (DELETE FROM inventory_hold WHERE holder_id = $1 RETURNING item_id, quantity),
              sold AS (
                UPDATE inventory s SET reserved = s.reserved - gone.quantity, on_hand = s.on_hand - gone.quantity
                FROM gone WHERE s.item_id = gone.item_id RETURNING s.item_id, -gone.quantity AS change, s.on_hand)
         ${record('sold', `'sale', $1, 'checkout', NULL`)}`,
        [holderId],
      ),
    ]);
  }

  /** What was sold comes back to the shelf. */
  async restock(tx: Tx, returned: Quantity[], cause: Partial<Cause> = {}): Promise<void> {
    const itemIds = returned.map(({ itemId }) => itemId);
    const { reason = 'restock', reference = null, actor = 'orders', note = null } = cause;
    await together([
      this.lock(tx, itemIds),
      tx.query(
        `WITH back AS (
                UPDATE inventory s SET on_hand = s.on_hand + r.quantity
                FROM unnest($1::text[], $2::bigint[]) AS r (item_id, quantity)
                WHERE s.item_id = r.item_id AND s.tracked
                RETURNING s.item_id, r.quantity AS change, s.on_hand)
         ${record('back', '$3, $4, $5, $6')}`,
        [itemIds, returned.map(({ quantity }) => quantity), reason, reference, actor, note],
      ),
    ]);
  }

  /**
   * The stock of these items, locked until the transaction ends; those that do not exist are absent. An item that has
   * no stock yet gets its row: nothing on hand, and counted unless it is a download.
   */
  async take(tx: Tx, itemIds: string[]): Promise<Map<string, Stock>> {
    const [, stock] = await together([
      tx.query(
        `INSERT INTO inventory (item_id, tracked, on_hand, reserved)
         SELECT id, delivery <> 'digital', 0, 0 FROM item WHERE id = ANY($1) ORDER BY id ON CONFLICT DO NOTHING`,
        [itemIds],
      ),
      rows<Stock>(
        tx,
        `SELECT item_id AS "itemId", tracked, on_hand AS "onHand", reserved FROM inventory
         WHERE item_id = ANY($1) ORDER BY item_id FOR UPDATE`,
        [itemIds],
      ),
    ]);
    return new Map(stock.map((one) => [one.itemId, one]));
  }

  /** Writes what is on hand. The caller has taken the rows and has seen to it that what is reserved stays covered. */
  async set(tx: Tx, stock: Omit<Stock, 'reserved'>[], cause: Cause): Promise<void> {
    await tx.query(
      `WITH wanted AS (SELECT * FROM unnest($1::text[], $2::boolean[], $3::bigint[]) AS w (item_id, tracked, on_hand)),
            before AS (SELECT item_id, on_hand FROM inventory WHERE item_id = ANY($1)),
            written AS (
              UPDATE inventory s SET tracked = w.tracked, on_hand = w.on_hand FROM wanted w JOIN before b USING (item_id)
              WHERE s.item_id = w.item_id RETURNING s.item_id, w.on_hand - b.on_hand AS change, s.on_hand)
       ${record('written', '$4, $5, $6, $7')}`,
      [
        stock.map(({ itemId }) => itemId),
        stock.map(({ tracked }) => tracked),
        stock.map(({ onHand }) => onHand),
        cause.reason,
        cause.reference ?? null,
        cause.actor,
        cause.note ?? null,
      ],
    );
  }

  /** An item that was never counted has none. Undefined if there is no such item. */
  async find(itemId: string): Promise<Stock | undefined> {
    const [stock] = await this.db.query<Stock>(
      `SELECT ${stockColumns} FROM item i LEFT JOIN inventory s ON s.item_id = i.id WHERE i.id = $1`,
      [itemId],
    );
    return stock;
  }

  /** One more than asked for, so that the caller sees whether there is a next page. Newest first. */
  async movements(itemId: string, limit: number, before: number | null): Promise<InventoryMovement[]> {
    return this.db.query(
      `SELECT id, item_id AS "itemId", change, on_hand AS "onHand", reason, reference, actor, note, at
       FROM inventory_movement WHERE item_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [itemId, before, limit + 1],
    );
  }

  private lock(tx: Tx, itemIds: string[]): Promise<unknown> {
    return tx.query('SELECT 1 FROM inventory WHERE item_id = ANY($1) ORDER BY item_id FOR UPDATE', [itemIds]);
  }

  private lockHeld(tx: Tx, holderId: string): Promise<unknown> {
    return tx.query(
      `SELECT 1 FROM inventory WHERE item_id IN (SELECT item_id FROM inventory_hold WHERE holder_id = $1)
       ORDER BY item_id FOR UPDATE`,
      [holderId],
    );
  }
}
