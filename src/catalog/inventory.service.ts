import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Database, together, type Tx } from '../database/database.js';
import type { Claim, Reply } from '../idempotency/claim.js';
import { catalogErrors } from './catalog.errors.js';
import { maximumOnHand } from './inventory.dto.js';
import type { InventoryMovement } from './inventory-movement.entity.js';
import { type Cause, InventoryStore, type Stock } from './inventory.store.js';

/** What is to become of an item's stock. Absent members stay as they are; `delta` is counted from what is there. */
export interface StockWish {
  itemId: string;
  tracked?: boolean;
  onHand?: number;
  delta?: number;
  /** Where in the request it stands, for errors. */
  at: string;
}

/** Stock as the merchant sees and sets it. */
@Injectable()
export class InventoryService {
  constructor(
    private readonly db: Database,
    private readonly inventory: InventoryStore,
    private readonly audit: AuditService,
  ) {}

  async find(itemId: string): Promise<Stock> {
    const stock = await this.inventory.find(itemId);
    if (!stock) throw catalogErrors.itemNotFound();
    return stock;
  }

  async movements(itemId: string, limit: number, before: number | null): Promise<InventoryMovement[]> {
    const [movements] = await Promise.all([
      this.inventory.movements(itemId, limit, before),
      this.find(itemId),
    ]);
    return movements;
  }

  async change(
    wish: StockWish,
    { actor, note }: { actor: string; note: string | null },
    claim: Claim,
    reply: (stock: Stock) => Reply,
  ): Promise<void> {
    if (wish.onHand !== undefined && wish.delta !== undefined) throw catalogErrors.bothAmounts();
    await this.db.transaction(async (tx) => {
      const taken = await this.inventory.take(tx, [wish.itemId]);
      const before = taken.get(wish.itemId);
      if (!before) throw catalogErrors.itemNotFound();
      const after = wished(before, wish);
      if (differs(before, after)) {
        await together([
          this.inventory.set(tx, [after], { reason: 'adjustment', actor, note }),
          this.audit.append(tx, {
            actor,
            action: 'inventory.changed',
            subject: wish.itemId,
            before: told(before),
            after: told(after),
          }),
        ]);
      }
      await claim.finish(tx, reply(after));
    });
  }

  /**
   * In the caller's transaction: gives the items a stock that have none, and makes the wishes true, of known items all.
   * Returns what has changed, for the audit log.
   */
  async apply(
    tx: Tx,
    newItemIds: string[],
    wishes: StockWish[],
    cause: Cause,
  ): Promise<{ itemId: string; before: object; after: object }[]> {
    const itemIds = [...new Set([...newItemIds, ...wishes.map(({ itemId }) => itemId)])];
    if (itemIds.length === 0) return [];
    const taken = await this.inventory.take(tx, itemIds);
    const changes = wishes.flatMap((wish) => {
      const before = taken.get(wish.itemId);
      if (!before) throw new Error(`item ${wish.itemId} has no stock to change`);
      const after = wished(before, wish);
      return differs(before, after) ? [{ before, after }] : [];
    });
    if (changes.length > 0) {
      await this.inventory.set(
        tx,
        changes.map(({ after }) => after),
        cause,
      );
    }
    return changes.map(({ before, after }) => ({
      itemId: after.itemId,
      before: told(before),
      after: told(after),
    }));
  }
}

/** What is on hand covers what is reserved, counted or not: the holds of checkouts under way are still sold from it. */
function wished(before: Stock, { tracked, onHand, delta, at }: StockWish): Stock {
  const place = delta === undefined ? `${at}.on_hand` : `${at}.delta`;
  const after = {
    ...before,
    tracked: tracked ?? before.tracked,
    onHand: onHand ?? before.onHand + (delta ?? 0),
  };
  if (after.onHand > maximumOnHand) throw catalogErrors.tooMuchOnHand(place, maximumOnHand);
  if (after.onHand < before.reserved) throw catalogErrors.belowReserved(place, before.reserved);
  return after;
}

const differs = (before: Stock, after: Stock): boolean =>
  before.tracked !== after.tracked || before.onHand !== after.onHand;

const told = ({ tracked, onHand }: Stock): object => ({ tracked, on_hand: onHand });
