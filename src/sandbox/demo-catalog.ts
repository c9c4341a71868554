import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, together, type Tx } from '../database/database.js';

interface DemoItem {
  id: string;
  productId: string;
  name: string;
  usd: number;
  inr: number;
  /** Null: stock is not tracked. */
  onHand: number | null;
  size?: string;
  maxPerOrder?: number;
}

const products = [
  {
    id: 'prod_trail_shoe',
    name: 'Trail Shoe',
    category: 'shoes',
    description: 'Light shoe with a grippy sole for rough paths.',
  },
  {
    id: 'prod_merino_tee',
    name: 'Merino Tee',
    category: 'clothing',
    description: 'Soft T-shirt of fine merino wool.',
  },
  {
    id: 'prod_enamel_mug',
    name: 'Enamel Mug',
    category: 'camping',
    description: 'Unbreakable mug for the campfire.',
  },
  {
    id: 'prod_lantern',
    name: 'Storm Lantern',
    category: 'camping',
    description: 'Lantern that burns on in any wind.',
  },
  { id: 'prod_scarf', name: 'Wool Scarf', category: 'clothing', description: 'Warm scarf of lambswool.' },
  {
    id: 'prod_field_guide',
    name: 'Field Guide',
    category: 'books',
    description: 'Birds, trees and tracks, as a PDF.',
  },
];

const items: DemoItem[] = [
  {
    id: 'item_trail_shoe_9',
    productId: 'prod_trail_shoe',
    name: 'Trail Shoe, size 9',
    usd: 12900,
    inr: 1079900,
    onHand: 25,
    size: '9',
  },
  {
    id: 'item_trail_shoe_10',
    productId: 'prod_trail_shoe',
    name: 'Trail Shoe, size 10',
    usd: 12900,
    inr: 1079900,
    onHand: 3,
    size: '10',
  },
  {
    id: 'item_merino_tee',
    productId: 'prod_merino_tee',
    name: 'Merino Tee',
    usd: 4500,
    inr: 379900,
    onHand: 1_000_000,
  },
  {
    id: 'item_enamel_mug',
    productId: 'prod_enamel_mug',
    name: 'Enamel Mug',
    usd: 1800,
    inr: 149900,
    onHand: 1_000_000,
    maxPerOrder: 10,
  },
  {
    id: 'item_last_lantern',
    productId: 'prod_lantern',
    name: 'Storm Lantern',
    usd: 8900,
    inr: 749900,
    onHand: 1,
  },
  {
    id: 'item_sold_out_scarf',
    productId: 'prod_scarf',
    name: 'Wool Scarf',
    usd: 3200,
    inr: 269900,
    onHand: 0,
  },
  {
    id: 'item_field_guide',
    productId: 'prod_field_guide',
    name: 'Field Guide (PDF)',
    usd: 900,
    inr: 79900,
    onHand: null,
  },
];

/** The demo shop. What is there already is left alone: stock that was sold stays sold over a restart. */
@Injectable()
export class DemoCatalog implements OnApplicationBootstrap {
  constructor(private readonly db: Database) {}

  async onApplicationBootstrap(): Promise<void> {
    const [known] = await this.db.query('SELECT 1 FROM product LIMIT 1');
    if (known) return;
    await this.db.transaction(async (tx) => {
      await together([
        ...products.map((product) => insertProduct(tx, product)),
        ...items.flatMap((item) => insertItem(tx, item)),
      ]);
    });
  }
}

const insertProduct = (
  tx: Tx,
  { id, name, category, description }: (typeof products)[number],
): Promise<unknown> =>
  tx.query(
    `INSERT INTO product (id, name, description, category, images, created_at, updated_at)
     VALUES ($1, $2, $3, $4, '{}', now(), now()) ON CONFLICT DO NOTHING`,
    [id, name, description, category],
  );

function insertItem(tx: Tx, item: DemoItem): Promise<unknown>[] {
  const options = item.size ? [{ name: 'Size', value: item.size }] : [];
  return [
    tx.query(
      `INSERT INTO item (id, product_id, name, variant_options, delivery, max_per_order, on_sale, position)
       VALUES ($1, $2, $3, $4, $5, $6, true, $7) ON CONFLICT DO NOTHING`,
      [
        item.id,
        item.productId,
        item.name,
        JSON.stringify(options),
        item.onHand === null ? 'digital' : 'shipping',
        item.maxPerOrder ?? null,
        items.indexOf(item),
      ],
    ),
    tx.query(
      `INSERT INTO item_price (item_id, currency, amount) VALUES ($1, 'usd', $2), ($1, 'inr', $3) ON CONFLICT DO NOTHING`,
      [item.id, item.usd, item.inr],
    ),
    tx.query(
      `WITH counted AS (
         INSERT INTO inventory (item_id, tracked, on_hand, reserved) VALUES ($1, $2, $3, 0)
         ON CONFLICT DO NOTHING RETURNING item_id, on_hand)
       INSERT INTO inventory_movement (item_id, change, on_hand, reason, actor, at)
       SELECT item_id, on_hand, on_hand, 'opening', 'sandbox', now() FROM counted`,
      [item.id, item.onHand !== null, item.onHand ?? 0],
    ),
  ];
}
