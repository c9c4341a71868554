import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';

/** An item as a cart sees it at one moment, in one currency. */
export interface CatalogItem {
  id: string;
  productId: string;
  name: string;
  description: string;
  category: string;
  images: string[];
  variantOptions: { name: string; value: string }[];
  delivery: 'shipping' | 'digital';
  maxPerOrder: number | null;
  onSale: boolean;
  /** Minor units; null if it has no price in the currency asked for. */
  unitAmount: number | null;
  /** Units this holder could buy now, its own hold included; null if stock is not tracked. */
  available: number | null;
}

@Injectable()
export class CatalogStore {
  constructor(private readonly db: Database) {}

  /**
   * All items of a cart in one query, with the database's clock. `holderId` is whose hold counts as available.
   * Ids the catalogue does not know are absent from the result.
   */
  async findItems(
    itemIds: string[],
    currency: string,
    holderId: string,
  ): Promise<{ items: Map<string, CatalogItem>; now: Date }> {
    const rows = await this.db.query<CatalogItem & { now: Date }>(
      `SELECT i.id, p.id AS "productId", i.name, p.description, p.category, p.images,
              i.variant_options AS "variantOptions", i.delivery, i.max_per_order AS "maxPerOrder",
              i.on_sale AS "onSale", price.amount AS "unitAmount",
              CASE WHEN s.tracked THEN greatest(s.on_hand - s.reserved + coalesce(h.quantity, 0), 0) END AS available,
              clock.now
       FROM (SELECT now() AS now) AS clock
       LEFT JOIN item i ON i.id = ANY($1)
       LEFT JOIN product p ON p.id = i.product_id
       LEFT JOIN item_price price ON price.item_id = i.id AND price.currency = $2
       LEFT JOIN inventory s ON s.item_id = i.id
       LEFT JOIN inventory_hold h ON h.item_id = i.id AND h.holder_id = $3`,
      [itemIds, currency, holderId],
    );
    const [first] = rows;
    if (!first) throw new Error('the database did not tell the time');
    const known = rows.filter(({ id }) => id !== null);
    return { items: new Map(known.map(({ now: _, ...item }) => [item.id, item])), now: first.now };
  }
}
