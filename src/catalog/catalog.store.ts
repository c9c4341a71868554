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

export interface SellableItem {
  id: string;
  productId: string;
  name: string;
}

@Injectable()
export class CatalogStore {
  constructor(private readonly db: Database) {}

  /**
   * All items of a cart in one query, with the database's clock. `holderId` is whose hold counts as available.
   * Ids the catalogue does not know, or knows no more, are absent from the result.
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
       LEFT JOIN item i ON i.id = ANY($1) AND i.deleted_at IS NULL
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

  /** What is on sale of these items and products. */
  async findSellable(itemOrProductIds: string[]): Promise<SellableItem[]> {
    return this.db.query<SellableItem>(
      `SELECT id, product_id AS "productId", name FROM item
       WHERE (id = ANY($1) OR product_id = ANY($1)) AND on_sale ORDER BY id`,
      [itemOrProductIds],
    );
  }

  /** What of the same category is in stock: other variants first, then what costs about the same. */
  async findAlternatives(
    itemId: string,
    { currency, except, limit }: { currency: string; except: string[]; limit: number },
  ): Promise<{ id: string; name: string; unitAmount: number }[]> {
    return this.db.query(
      `SELECT i.id, i.name, price.amount AS "unitAmount"
       FROM item wanted
       JOIN product wanted_product ON wanted_product.id = wanted.product_id
       JOIN product p ON p.category = wanted_product.category
       JOIN item i ON i.product_id = p.id
       JOIN item_price price ON price.item_id = i.id AND price.currency = $2
       LEFT JOIN item_price wanted_price ON wanted_price.item_id = wanted.id AND wanted_price.currency = $2
       LEFT JOIN inventory s ON s.item_id = i.id
       WHERE wanted.id = $1 AND i.on_sale AND i.id <> ALL($3)
         AND (s.tracked IS NOT TRUE OR s.on_hand > s.reserved)
       ORDER BY i.product_id = wanted.product_id DESC, abs(price.amount - wanted_price.amount), i.id
       LIMIT $4`,
      [itemId, currency, except, limit],
    );
  }
}
