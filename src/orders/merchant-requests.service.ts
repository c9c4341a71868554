import { Injectable } from '@nestjs/common';
import { brokenUniqueness } from '../common/database-errors.js';
import { within } from '../common/pause.js';
import { Config } from '../config/config.js';
import type { Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OperationStore } from '../payments/operation.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import type { OperationKind, PaymentOperation } from '../payments/payment-operation.entity.js';
import { MoneyOperationsService } from './money-operations.service.js';
import { OrderChangesService } from './order-changes.service.js';
import type { Order } from './order.entity.js';
import { orderErrors } from './orders.errors.js';
import { OrdersService } from './orders.service.js';

/**
 * What the merchant's requests about money have in common: intend, act, settle. What is wanted is committed first,
 * so that a crash in between leaves something to be finished and never something to be repeated.
 */
@Injectable()
export class MerchantRequestsService {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly operations: OperationStore,
    private readonly running: MoneyOperationsService,
    private readonly orders: OrdersService,
    private readonly changes: OrderChangesService,
    private readonly config: Config,
  ) {}

  /** What an earlier run of the same request has committed already. */
  async begun(claim: Claim): Promise<string | undefined> {
    return claim.resumed ? (await this.operations.findByClaim(claim.id))?.id : undefined;
  }

  /** Commits what is wanted, with the request that wants it, in the caller's transaction. */
  async insert(
    tx: Tx,
    kind: OperationKind,
    attempt: PaymentAttempt,
    claim: Claim,
    { amount, reason }: { amount: number; reason: string },
  ): Promise<string> {
    const id = await this.operations
      .insert(tx, {
        kind,
        paymentId: attempt.id,
        provider: attempt.provider,
        paymentReference: attempt.reference ?? '',
        claimId: claim.id,
        amount,
        currency: attempt.currency,
        reason,
        requestedBy: 'admin',
      })
      .catch((error: unknown) => {
        throw brokenUniqueness(error) === 'payment_operation_one_ending_key'
          ? orderErrors.alreadyEnding()
          : error;
      });
    await claim.fence(tx);
    return id;
  }

  /** The request waits for so long; what takes longer goes on and is finished by the sweep if need be. */
  async run(operationId: string): Promise<PaymentOperation> {
    await within(
      this.running.advance(operationId, 'admin'),
      this.config.timings.completeAnswerMs,
      'late' as const,
    );
    const operation = await this.operations.find(operationId);
    if (!operation) throw new Error(`operation ${operationId} is gone`);
    return operation;
  }

  /** In lock order: the payment, then the order. */
  async lockBoth(tx: Tx, orderId: string): Promise<{ order: Order; attempt: PaymentAttempt | null }> {
    const paymentId = await this.orders.paymentIdOf(tx, orderId);
    if (paymentId === undefined) throw orderErrors.notFound();
    const attempt = paymentId === null ? null : await this.attempts.lock(tx, paymentId);
    const order = await this.changes.lock(tx, orderId);
    if (!order) throw orderErrors.notFound();
    return { order, attempt };
  }
}
