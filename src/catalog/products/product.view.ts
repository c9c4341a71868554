import { stockView } from '../inventory.view.js';
import type { ProductRow } from './product.store.js';

/** A product as the merchant sees it. May be sent back as it is: `stock` and the times are only shown. */
export const productView = (product: ProductRow): { id: string } & Record<string, unknown> => ({
  id: product.id,
  name: product.name,
  description: product.description,
  category: product.category,
  images: product.images,
  items: product.items.map((item) => ({
    id: item.id,
    name: item.name,
    prices: item.prices,
    variant_options: item.variantOptions,
    delivery: item.delivery,
    max_per_order: item.maxPerOrder,
    on_sale: item.onSale,
    stock: stockView(item),
  })),
  created_at: product.createdAt,
  updated_at: product.updatedAt,
});
