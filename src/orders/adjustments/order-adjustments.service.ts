import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { InventoryStore } from '../../catalog/inventory.store.js';
import { newId } from '../../common/id.js';
import { Database } from '../../database/database.js';
import type { Claim } from '../../idempotency/claim.js';
import { asked, standing } from '../order.audit.js';
import { OrderChangesService } from '../order-changes.service.js';
import { asStock } from '../order-lines.js';
import { orderErrors } from '../orders.errors.js';
import { OrdersService } from '../orders.service.js';
import type { AdjustmentDto } from './adjustment.dto.js';
import { adjust } from './adjustment.rules.js';

/** What a merchant has agreed with the buyer, or taken back. It moves pieces and stock, never money. */
@Injectable()
export class OrderAdjustmentsService {
  constructor(
    private readonly db: Database,
    private readonly orders: OrdersService,
    private readonly changes: OrderChangesService,
    private readonly inventory: InventoryStore,
    private readonly audit: AuditService,
  ) {}

  async add(orderId: string, wanted: AdjustmentDto, actor: string, claim: Claim): Promise<void> {
    const render = await this.orders.renderer();
    const adjustmentId = newId('adj');
    await this.db.transaction(async (tx) => {
      const order = await this.changes.lock(tx, orderId);
      if (!order) throw orderErrors.notFound();
      const before = standing(order);
      let back: ReturnType<typeof asStock> = [];
      const view = await this.changes.apply(
        tx,
        order,
        (life) => {
          const { adjustment, restock } = adjust(life, adjustmentId, wanted);
          back = asStock(restock, life.lines);
          return { adjustments: [adjustment] };
        },
        render,
      );
      if (back.length > 0) await this.inventory.restock(tx, back, { reference: orderId, actor });
      await this.audit.append(tx, {
        actor,
        action: 'order.adjusted',
        subject: orderId,
        before,
        after: { ...standing(order), adjustment: adjustmentId, ...asked(wanted) },
      });
      const body = view.adjustments.find(({ id }) => id === adjustmentId);
      await claim.finish(tx, { status: 201, body });
    });
  }
}
