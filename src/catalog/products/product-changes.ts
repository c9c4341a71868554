import { isISO4217CurrencyCode } from 'class-validator';
import { isDeepStrictEqual } from 'node:util';
import { apiErrors } from '../../common/api-error.js';
import { newId } from '../../common/id.js';
import { catalogErrors } from '../catalog.errors.js';
import type { StockWish } from '../inventory.service.js';
import type { CatalogItemChangesDto, CatalogItemDto, ProductChangesDto, ProductDto } from './product.dto.js';

/** A product as the merchant keeps it; stock is a thing of its own. */
export interface Product {
  id: string;
  name: string;
  description: string;
  category: string;
  images: string[];
  /** In the merchant's order. */
  items: ProductItem[];
}

export interface ProductItem {
  id: string;
  name: string;
  /** Minor units by lowercase ISO 4217 code. */
  prices: Record<string, number>;
  variantOptions: { name: string; value: string }[];
  delivery: 'shipping' | 'digital';
  maxPerOrder: number | null;
  onSale: boolean;
}

/** What a request makes of a product, and what it says of the stock of its items. */
export interface WantedProduct {
  product: Product;
  stock: StockWish[];
  /** Where in the request an item stands, for errors. */
  places: Map<string, string>;
}

/** The largest quantity of a cart's line times this is still an exact number. */
const maximumPrice = 9_000_000_000;

/** The whole product as a request describes it. What it leaves out has its default. */
export function wholeProduct(dto: ProductDto): WantedProduct {
  const items = dto.items.map((item, index) => {
    checkPrices(item.prices, `$.items[${index}].prices`);
    return itemOf(item, item.id ?? newId('itm'));
  });
  const product = {
    id: dto.id ?? newId('prd'),
    name: dto.name,
    description: dto.description ?? '',
    category: dto.category ?? '',
    images: dto.images ?? [],
    items,
  };
  return { product, ...placed(dto.items, items) };
}

/** Absent leaves a thing as it is, null clears it. Items are merged by id; a new one comes last. */
export function changedProduct(before: Product, dto: ProductChangesDto): WantedProduct {
  const known = new Map(before.items.map((item) => [item.id, item]));
  const named = (dto.items ?? []).map((item, index) => mergedItem(item, index, known));
  const { stock, places } = placed(dto.items ?? [], named);
  const byId = new Map(named.map((item) => [item.id, item]));
  const removed = new Set((dto.items ?? []).flatMap(({ id, remove }) => (remove && id ? [id] : [])));
  const items = [
    ...before.items.map((item) => byId.get(item.id) ?? item),
    ...named.filter(({ id }) => !known.has(id)),
  ].filter(({ id }) => !removed.has(id));
  if (items.length === 0) throw catalogErrors.noItem();
  const product = {
    id: before.id,
    name: dto.name ?? before.name,
    description: merged(dto.description, before.description, ''),
    category: merged(dto.category, before.category, ''),
    images: merged(dto.images, before.images, []),
    items,
  };
  return { product, stock: stock.filter(({ itemId }) => !removed.has(itemId)), places };
}

function mergedItem(dto: CatalogItemChangesDto, index: number, known: Map<string, ProductItem>): ProductItem {
  const at = `$.items[${index}]`;
  const before = known.get(dto.id ?? '');
  if (dto.remove && !before) throw catalogErrors.notItsItem(`${at}.id`);
  if (dto.prices) checkPrices(dto.prices, `${at}.prices`);
  if (before) {
    return {
      id: before.id,
      name: dto.name ?? before.name,
      prices: dto.prices ? { ...dto.prices } : before.prices,
      variantOptions: merged(
        dto.variant_options && dto.variant_options.map(optionOf),
        before.variantOptions,
        [],
      ),
      delivery: dto.delivery ?? before.delivery,
      maxPerOrder: merged(dto.max_per_order, before.maxPerOrder, null),
      onSale: dto.on_sale ?? before.onSale,
    };
  }
  if (dto.name === undefined) throw apiErrors.missing(`${at}.name`);
  if (dto.prices === undefined) throw apiErrors.missing(`${at}.prices`);
  return itemOf({ ...dto, name: dto.name, prices: dto.prices }, dto.id ?? newId('itm'));
}

const itemOf = (dto: CatalogItemDto, id: string): ProductItem => ({
  id,
  name: dto.name,
  prices: { ...dto.prices },
  variantOptions: dto.variant_options?.map(optionOf) ?? [],
  delivery: dto.delivery ?? 'shipping',
  maxPerOrder: dto.max_per_order ?? null,
  onSale: dto.on_sale ?? true,
});

const optionOf = ({ name, value }: { name: string; value: string }): { name: string; value: string } => ({
  name,
  value,
});

const merged = <T>(said: T | null | undefined, before: T, cleared: T): T =>
  said === undefined ? before : (said ?? cleared);

/** What the request says of stock, with the ids that its items have got. */
function placed(
  dtos: CatalogItemChangesDto[],
  items: ProductItem[],
): Pick<WantedProduct, 'stock' | 'places'> {
  const places = new Map<string, string>();
  const stock = items.flatMap(({ id }, index): StockWish[] => {
    const at = `$.items[${index}]`;
    if (places.has(id)) throw catalogErrors.idTwice(`${at}.id`);
    places.set(id, at);
    const said = dtos[index]?.inventory;
    return said ? [{ itemId: id, tracked: said.tracked, onHand: said.on_hand, at: `${at}.inventory` }] : [];
  });
  return { stock, places };
}

function checkPrices(prices: Record<string, number>, at: string): void {
  const entries = Object.entries(prices);
  if (entries.length === 0) throw catalogErrors.noPrice(at);
  for (const [currency, amount] of entries) {
    const place =
      at + (/^\w{1,20}$/.test(currency) ? `.${currency}` : `[${JSON.stringify(currency.slice(0, 20))}]`);
    const known = /^[a-z]{3}$/.test(currency) && isISO4217CurrencyCode(currency);
    if (!known) throw catalogErrors.unknownCurrency(place);
    const right = Number.isInteger(amount) && amount >= 0 && amount <= maximumPrice;
    if (!right) throw catalogErrors.wrongPrice(place, maximumPrice);
  }
}

/** The items that have to be written: new, changed or in another place. */
export const itemsToWrite = (
  before: Product | null,
  after: Product,
): (ProductItem & { position: number })[] =>
  after.items.flatMap((item, position) =>
    isDeepStrictEqual(before?.items[position], item) ? [] : [{ ...item, position }],
  );

/** What of a product has changed, both ways, for people to read. Null if nothing has. */
export function difference(
  before: Product | null,
  after: Product,
): { before?: object; after: object } | null {
  if (isDeepStrictEqual(before, after)) return null;
  const told = parts(after);
  if (!before) return { after: told };
  const had = parts(before);
  const names = [...new Set([...Object.keys(had), ...Object.keys(told)])];
  const changed = names.filter((name) => !isDeepStrictEqual(had[name], told[name]));
  const pick = (from: Record<string, unknown>): object =>
    Object.fromEntries(changed.map((name) => [name, from[name] ?? null]));
  return { before: pick(had), after: pick(told) };
}

/** Its members, each item under its own id. */
const parts = ({ items, ...product }: Product): Record<string, unknown> => ({
  ...product,
  items: items.map(({ id }) => id),
  ...Object.fromEntries(items.map(({ id, ...item }) => [`item ${id}`, item])),
});
