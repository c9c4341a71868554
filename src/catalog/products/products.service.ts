import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database, type Tx } from '../../database/database.js';
import type { Claim, Reply } from '../../idempotency/claim.js';
import { catalogErrors } from '../catalog.errors.js';
import { InventoryService } from '../inventory.service.js';
import type { Cause } from '../inventory.store.js';
import {
  changedProduct,
  difference,
  type Product,
  type WantedProduct,
  wholeProduct,
} from './product-changes.js';
import type { ProductChangesDto, ProductDto } from './product.dto.js';
import { type ProductFilter, type ProductRow, ProductStore } from './product.store.js';

export type Written = 'created' | 'updated' | 'unchanged';
type RenderProduct = (product: ProductRow) => Reply;

/** What the merchant does to the catalogue. Open carts see it when they are priced next; orders keep their copies. */
@Injectable()
export class ProductsService {
  constructor(
    private readonly db: Database,
    private readonly products: ProductStore,
    private readonly inventory: InventoryService,
    private readonly audit: AuditService,
  ) {}

  async find(id: string): Promise<ProductRow> {
    const product = await this.products.find(id);
    if (!product) throw catalogErrors.productNotFound();
    return product;
  }

  list(filter: ProductFilter, limit: number, afterId: string | undefined): Promise<ProductRow[]> {
    return this.products.list(filter, limit, afterId);
  }

  /** An id that was removed may be used again. */
  async create(dto: ProductDto, actor: string, claim: Claim, reply: RenderProduct): Promise<void> {
    const wanted = wholeProduct(dto);
    await this.db.transaction(async (tx) => {
      const before = await this.products.lock(tx, wanted.product.id, { make: true });
      if (before) throw catalogErrors.productExists();
      await this.write(tx, before, wanted, { reason: 'adjustment', actor });
      await this.finish(tx, wanted.product.id, claim, reply);
    });
  }

  async change(
    id: string,
    dto: ProductChangesDto,
    actor: string,
    claim: Claim,
    reply: RenderProduct,
  ): Promise<void> {
    await this.db.transaction(async (tx) => {
      const before = await this.products.lock(tx, id, { make: false });
      if (!before) throw catalogErrors.productNotFound();
      await this.write(tx, before, changedProduct(before, dto), { reason: 'adjustment', actor });
      await this.finish(tx, id, claim, reply);
    });
  }

  async remove(id: string, actor: string, claim: Claim, reply: Reply): Promise<void> {
    await this.db.transaction(async (tx) => {
      const before = await this.products.lock(tx, id, { make: false });
      if (!before) throw catalogErrors.productNotFound();
      await this.products.remove(tx, id);
      await this.audit.append(tx, { actor, action: 'product.removed', subject: id, before });
      await claim.finish(tx, reply);
    });
  }

  /** In the caller's transaction: makes the product what is wanted, whether or not it exists. */
  async put(tx: Tx, wanted: WantedProduct, cause: Cause): Promise<Written> {
    const before = await this.products.lock(tx, wanted.product.id, { make: true });
    return this.write(tx, before, wanted, cause);
  }

  /** In lock order: the product, then stock; what is unchanged is not written. */
  private async write(tx: Tx, before: Product | null, wanted: WantedProduct, cause: Cause): Promise<Written> {
    const { product } = wanted;
    const changed = difference(before, product);
    const newItemIds = changed ? await this.products.write(tx, before, wanted) : [];
    const stock = await this.inventory.apply(tx, newItemIds, wanted.stock, cause);
    if (!changed && stock.length === 0) return 'unchanged';
    const stockOf = (when: 'before' | 'after'): object =>
      Object.fromEntries(stock.map((one) => [`stock ${one.itemId}`, one[when]]));
    await this.audit.append(tx, {
      actor: cause.actor,
      action: before ? 'product.updated' : 'product.created',
      subject: product.id,
      ...(before && { before: { ...changed?.before, ...stockOf('before') } }),
      after: { ...changed?.after, ...stockOf('after') },
    });
    return before ? 'updated' : 'created';
  }

  private async finish(tx: Tx, id: string, claim: Claim, reply: RenderProduct): Promise<void> {
    const product = await this.products.find(id, tx);
    if (!product) throw new Error(`product ${id} is gone`);
    await claim.finish(tx, reply(product));
  }
}
