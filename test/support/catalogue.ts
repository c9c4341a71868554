import type { Shop } from './shop.js';
import { merchant, type MerchantAnswer } from './merchant.js';

/** An item of its own id, with its prices and ten in stock. */
export const item = (id: string, more: object = {}) => ({
  id: `item_${id}`,
  name: `Item ${id}`,
  prices: { usd: 1500, inr: 125000 },
  variant_options: [{ name: 'Size', value: id }],
  inventory: { on_hand: 10 },
  ...more,
});

/** A product of its own id, with two items. */
export const product = (id: string, more: object = {}) => ({
  id: `prod_${id}`,
  name: `Product ${id}`,
  description: 'Of good use.',
  category: 'tests',
  images: ['https://shop.example/a.jpg'],
  items: [item(`${id}_s`), item(`${id}_m`)],
  ...more,
});

/** What the merchant does to the catalogue of a shop. */
export class Catalogue {
  constructor(private readonly shop: Shop) {}

  create(body: object, key?: string): Promise<MerchantAnswer> {
    return merchant(this.shop, '/admin/products', { body, key });
  }

  change(id: string, body: object, key?: string): Promise<MerchantAnswer> {
    return merchant(this.shop, `/admin/products/${id}`, { method: 'PATCH', body, key });
  }

  remove(id: string, key?: string): Promise<MerchantAnswer> {
    return merchant(this.shop, `/admin/products/${id}`, { method: 'DELETE', key });
  }

  find(id: string): Promise<MerchantAnswer> {
    return merchant(this.shop, `/admin/products/${id}`);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async get(id: string): Promise<any> {
    return (await this.find(id)).body;
  }

  /** Of an item. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async stock(itemId: string): Promise<any> {
    return (await merchant(this.shop, `/admin/items/${itemId}/inventory`)).body;
  }
}
