import { Injectable } from '@nestjs/common';
import { Database, rows, together, type Tx } from '../../database/database.js';
import { catalogErrors } from '../catalog.errors.js';
import type { Stock } from '../inventory.store.js';
import { itemsToWrite, type Product, type ProductItem, type WantedProduct } from './product-changes.js';

/** A product with the stock of its items, for a view. */
export interface ProductRow extends Omit<Product, 'items'> {
  createdAt: Date;
  updatedAt: Date;
  items: (ProductItem & Pick<Stock, 'tracked' | 'onHand' | 'reserved'>)[];
}

export interface ProductFilter {
  category?: string;
  /** The beginning of a name, in any case, or of an id. */
  q?: string;
  /** With at least one item on sale, or with none. */
  onSale?: boolean;
}

const itemColumns = `i.id, i.name, i.variant_options AS "variantOptions", i.delivery,
  i.max_per_order AS "maxPerOrder", i.on_sale AS "onSale",
  coalesce((SELECT jsonb_object_agg(currency, amount) FROM item_price WHERE item_id = i.id), '{}') AS prices`;

/** The catalogue's rows as the merchant changes them. What is removed keeps its row, so that its id is not forgotten. */
@Injectable()
export class ProductStore {
  constructor(private readonly db: Database) {}

  /** In a transaction: as it has made it. */
  async find(id: string, tx: Tx = this.db.dataSource.manager): Promise<ProductRow | undefined> {
    const [product] = await this.withItems(tx, `${selectProducts} WHERE id = $1 AND deleted_at IS NULL`, [
      id,
    ]);
    return product;
  }

  /** One more than asked for, so that the caller sees whether there is a next page. In the order of their ids. */
  async list(
    { category, q, onSale }: ProductFilter,
    limit: number,
    afterId: string | undefined,
  ): Promise<ProductRow[]> {
    return this.withItems(
      this.db.dataSource.manager,
      `${selectProducts} WHERE deleted_at IS NULL AND ($1::text IS NULL OR id > $1) AND ($2::text IS NULL OR category = $2)
         AND ($3::text IS NULL OR lower(name) LIKE lower($3) OR id LIKE $3)
         AND ($4::boolean IS NULL OR $4 = EXISTS (SELECT 1 FROM item WHERE product_id = p.id AND on_sale))
       ORDER BY id LIMIT $5`,
      [
        afterId ?? null,
        category ?? null,
        q === undefined ? null : beginningWith(q),
        onSale ?? null,
        limit + 1,
      ],
    );
  }

  /**
   * Locks a product until the transaction ends. One that does not exist, or was removed, is null; with `make` its row
   * is there and locked all the same, so that of two who create it one comes first.
   */
  async lock(tx: Tx, id: string, { make }: { make: boolean }): Promise<Product | null> {
    const [, [product], items] = await together([
      make ? tx.query(shell, [id]) : Promise.resolve(),
      rows<Omit<Product, 'items'> & { deleted: boolean }>(
        tx,
        `SELECT id, name, description, category, images, deleted_at IS NOT NULL AS deleted FROM product
         WHERE id = $1 FOR UPDATE`,
        [id],
      ),
      rows<ProductItem>(
        tx,
        `SELECT ${itemColumns} FROM item i WHERE product_id = $1 AND deleted_at IS NULL ORDER BY position, id`,
        [id],
      ),
    ]);
    if (!product || product.deleted) return null;
    const { name, description, category, images } = product;
    return { id, name, description, category, images, items };
  }

  /** Makes the locked product what is wanted. Returns the items that are new. */
  async write(tx: Tx, before: Product | null, { product, places }: WantedProduct): Promise<string[]> {
    const items = itemsToWrite(before, product);
    const itemIds = items.map(({ id }) => id);
    const [, written] = await together<unknown[]>([
      tx.query(
        `UPDATE product SET name = $2, description = $3, category = $4, images = $5, updated_at = now(),
           created_at = CASE WHEN deleted_at IS NULL THEN created_at ELSE now() END, deleted_at = NULL
         WHERE id = $1`,
        [product.id, product.name, product.description, product.category, product.images],
      ),
      rows<{ id: string }>(tx, writeItems, [JSON.stringify(items), product.id]),
      tx.query(removeOtherItems, [product.id, product.items.map(({ id }) => id)]),
      tx.query(`DELETE FROM item_price WHERE item_id = ANY($1)`, [itemIds]),
      tx.query(writePrices, [JSON.stringify(items)]),
    ]);
    const ours = new Set((written as { id: string }[]).map(({ id }) => id));
    const foreign = itemIds.find((id) => !ours.has(id));
    if (foreign !== undefined) throw catalogErrors.itemElsewhere(`${places.get(foreign) ?? '$'}.id`);
    const known = new Set(before?.items.map(({ id }) => id));
    return itemIds.filter((id) => !known.has(id));
  }

  /** Takes a product and its items away. Their stock stays: what is reserved is still sold or given back. */
  async remove(tx: Tx, id: string): Promise<void> {
    await together([
      tx.query('UPDATE product SET deleted_at = now(), updated_at = now() WHERE id = $1', [id]),
      tx.query(removeOtherItems, [id, []]),
    ]);
  }

  /** Products, and in a second query the items of all of them. */
  private async withItems(tx: Tx, sql: string, parameters: unknown[]): Promise<ProductRow[]> {
    const products = await rows<Omit<ProductRow, 'items'>>(tx, sql, parameters);
    if (products.length === 0) return [];
    const items = await rows<ProductRow['items'][number] & { productId: string }>(
      tx,
      `SELECT i.product_id AS "productId", ${itemColumns}, coalesce(s.tracked, false) AS tracked,
              coalesce(s.on_hand, 0)::int8 AS "onHand", coalesce(s.reserved, 0)::int8 AS reserved
       FROM item i LEFT JOIN inventory s ON s.item_id = i.id
       WHERE i.product_id = ANY($1) AND i.deleted_at IS NULL ORDER BY i.position, i.id`,
      [products.map(({ id }) => id)],
    );
    const byProduct = new Map(products.map(({ id }) => [id, [] as ProductRow['items']]));
    for (const { productId, ...item } of items) byProduct.get(productId)?.push(item);
    return products.map((product) => ({ ...product, items: byProduct.get(product.id) ?? [] }));
  }
}

const selectProducts = `SELECT p.id, p.name, p.description, p.category, p.images,
  p.created_at AS "createdAt", p.updated_at AS "updatedAt" FROM product p`;

const shell = `INSERT INTO product (id, name, description, category, images, created_at, updated_at, deleted_at)
  VALUES ($1, '', '', '', '{}', now(), now(), now()) ON CONFLICT DO NOTHING`;

/** In the order of their ids, so that two who write the same items wait for each other in one direction only. */
const writeItems = `
  INSERT INTO item (id, product_id, name, variant_options, delivery, max_per_order, on_sale, position)
  SELECT id, $2, name, "variantOptions", delivery, "maxPerOrder", "onSale", position
  FROM jsonb_to_recordset($1::jsonb) AS i (id text, name text, "variantOptions" jsonb, delivery text,
    "maxPerOrder" integer, "onSale" boolean, position integer)
  ORDER BY id
  ON CONFLICT (id) DO UPDATE SET product_id = excluded.product_id, name = excluded.name,
    variant_options = excluded.variant_options, delivery = excluded.delivery,
    max_per_order = excluded.max_per_order, on_sale = excluded.on_sale, position = excluded.position,
    deleted_at = NULL
  -- What another product sells is not taken from it; what it has given up may be had.
  WHERE item.product_id = excluded.product_id OR item.deleted_at IS NOT NULL
  RETURNING id`;

const writePrices = `
  INSERT INTO item_price (item_id, currency, amount)
  SELECT i.id, price.key, price.value::bigint
  FROM jsonb_to_recordset($1::jsonb) AS i (id text, prices jsonb), jsonb_each_text(i.prices) AS price`;

const removeOtherItems = `UPDATE item SET deleted_at = now(), on_sale = false
  WHERE product_id = $1 AND deleted_at IS NULL AND id <> ALL($2)`;

const beginningWith = (text: string): string => `${text.replace(/[\\%_]/g, '\\$&')}%`;
