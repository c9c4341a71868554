import { Injectable } from '@nestjs/common';
import { within } from '../common/pause.js';
import { Config } from '../config/config.js';
import type { Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OperationStore, refundedOf } from '../payments/operation.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import {
  type OperationKind,
  openOperationStates,
  type PaymentOperation,
} from '../payments/payment-operation.entity.js';
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
  ): Promise<PaymentOperation> {
    const wanted = { kind, claimId: claim.id, amount, reason, requestedBy: 'admin' };
    const id = await this.operations.insert(tx, { ...wanted, ...paymentOf(attempt) });
    if (id === null) throw orderErrors.alreadyEnding();
    await claim.fence(tx);
    return this.operations.lock(tx, id);
  }

  /** The order of an authorized payment is on its way. False if the payment is taken, or is about to be. */
  async intendCapture(tx: Tx, attempt: PaymentAttempt): Promise<boolean> {
    if (attempt.state !== 'authorized') return false;
    const wanted = { kind: 'capture', claimId: null, amount: attempt.amount, reason: 'dispatched' } as const;
    const id = await this.operations.insert(tx, {
      ...wanted,
      ...paymentOf(attempt),
      requestedBy: 'fulfillment',
    });
    return id !== null;
  }

  /** What of a locked payment that was taken has not gone back and is not about to. */
  async remainingOf(tx: Tx, { id, amount }: PaymentAttempt): Promise<number> {
    const operations = await this.operations.ofPayments([id], tx);
    return amount - refundedOf(operations, [...openOperationStates, 'succeeded']);
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

const paymentOf = ({ id, provider, reference, currency }: PaymentAttempt) => ({
  paymentId: id,
  provider,
  paymentReference: reference ?? '',
  currency,
});
