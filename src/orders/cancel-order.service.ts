import { Injectable } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { Database, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { AuditService } from '../settings/audit.service.js';
import { MerchantRequestsService } from './merchant-requests.service.js';
import { OrderChangesService } from './order-changes.service.js';
import { orderErrors } from './orders.errors.js';
import { OrdersOverviewService } from './orders-overview.service.js';
import { OrdersService, type RenderOrder } from './orders.service.js';

@Injectable()
export class CancelOrderService {
  constructor(
    private readonly db: Database,
    private readonly requests: MerchantRequestsService,
    private readonly attempts: AttemptStore,
    private readonly orders: OrdersService,
    private readonly overview: OrdersOverviewService,
    private readonly changes: OrderChangesService,
    private readonly inventory: InventoryStore,
    private readonly audit: AuditService,
  ) {}

  /** Lets an uncaptured payment go; the stock is back once the provider has confirmed that. */
  async cancel(orderId: string, reason: string, actor: string, claim: Claim): Promise<void> {
    const render = await this.orders.renderer();
    const operationId =
      (await this.requests.begun(claim)) ??
      (await this.db.transaction((tx) => this.intendCancel(tx, { orderId, reason, actor }, claim, render)));
    if (operationId) await this.requests.run(operationId);
    const view = await this.overview.find(orderId);
    await this.db.transaction((tx) => claim.finish(tx, { status: 200, body: view }));
  }

  /** Null if there is nothing to be let go: the order cost nothing. */
  private async intendCancel(
    tx: Tx,
    { orderId, reason, actor }: { orderId: string; reason: string; actor: string },
    claim: Claim,
    render: RenderOrder,
  ): Promise<string | null> {
    const { order, attempt } = await this.requests.lockBoth(tx, orderId);
    // An earlier run of the same request has canceled it.
    if (order.merchantStatus === 'canceled' && claim.resumed) return null;
    if (order.merchantStatus === 'canceled') throw orderErrors.alreadyCanceled();
    if (attempt && attempt.state !== 'authorized') throw orderErrors.paid();
    const lines = await this.orders.linesOf(tx, orderId);
    await this.changes.apply(tx, order, { merchantStatus: 'canceled', removeLines: true }, render);
    await this.audit.append(tx, { actor, action: 'order.canceled', subject: orderId, after: { reason } });
    if (!attempt) {
      await this.inventory.restock(
        tx,
        lines.map(({ itemId, ordered }) => ({ itemId, quantity: ordered })),
      );
      await claim.fence(tx);
      return null;
    }
    await this.attempts.transition(tx, attempt, 'canceling', { by: actor });
    return this.requests.insert(tx, 'release', attempt, claim, { amount: attempt.amount, reason });
  }
}
