import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '../database/database.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OperationStore } from '../payments/operation.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import { holdsMoney } from '../payments/payment.states.js';
import type { PaymentOperation } from '../payments/payment-operation.entity.js';
import type { PaymentProvider, ProviderRefund } from '../payments/providers/payment-provider.js';
import { OrderMoneyService } from './order-money.service.js';
import { OrdersService, type RenderOrder } from './orders.service.js';

/** Refunds as the provider shows them: ours, and those somebody made in its dashboard. */
@Injectable()
export class OrderRefundsService {
  constructor(
    private readonly db: Database,
    private readonly attempts: AttemptStore,
    private readonly operations: OperationStore,
    private readonly money: OrderMoneyService,
    private readonly orders: OrdersService,
  ) {}

  /** Throws `ProviderUnavailable`. */
  async sync(provider: PaymentProvider, { id }: PaymentAttempt): Promise<void> {
    const attempt = await this.attempts.find(id);
    // An authorization that goes back is no refund.
    if (!attempt?.reference || !holdsMoney(attempt.state) || attempt.state === 'authorized') return;
    const refunds = await provider.refundsOf(attempt.reference);
    const render = await this.orders.renderer();
    await this.db.transaction(async (tx) => {
      await this.attempts.lock(tx, id);
      const known = await this.operations.ofPayments([id], tx);
      for (const refund of refunds) await this.write(tx, attempt, known, refund, render);
    });
  }

  private async write(
    tx: Tx,
    { id, provider }: PaymentAttempt,
    known: PaymentOperation[],
    refund: ProviderRefund,
    render: RenderOrder,
  ): Promise<void> {
    const ours = known.find(
      (operation) =>
        operation.kind === 'refund' &&
        (operation.reference === refund.reference || operation.id === refund.operationId),
    );
    if (!ours) {
      const found = await this.operations.insertFound(tx, id, provider, refund);
      if (found) await this.money.refundMoved(tx, await this.operations.lock(tx, found), render);
    } else if (isNews(ours, refund)) {
      const operation = await this.operations.lock(tx, ours.id);
      await this.operations.move(tx, operation, refund.state, {
        reference: refund.reference,
        failure:
          refund.state === 'failed' ? 'the payment provider reports that the refund failed' : undefined,
      });
      await this.money.refundMoved(tx, operation, render);
    }
  }
}

/** A refund ends once; only a success can still come back. An older look that arrives later is told by this. */
function isNews({ state, reference }: PaymentOperation, refund: ProviderRefund): boolean {
  if (state === refund.state && reference === refund.reference) return false;
  if (state === 'succeeded') return refund.state === 'failed';
  return state !== 'failed' || reference === null;
}
