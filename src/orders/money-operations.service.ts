import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Database, type Tx } from '../database/database.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { type LeasedOperation, OperationStore, refundedOf } from '../payments/operation.store.js';
import { OperationsService } from '../payments/operations.service.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import {
  openOperationStates,
  type OperationState,
  type PaymentOperation,
} from '../payments/payment-operation.entity.js';
import type { OperationOutcome } from '../payments/providers/payment-provider.js';
import { OnJob } from '../queue/on-job.decorator.js';
import { OrderMoneyService } from './order-money.service.js';
import { OrdersService, type RenderOrder } from './orders.service.js';

const batch = 100;

/** Takes a refund, a capture or a release from wherever it stands to wherever it can get: act, then one settle. */
@Injectable()
export class MoneyOperationsService {
  private readonly logger = new Logger(MoneyOperationsService.name);

  constructor(
    private readonly db: Database,
    private readonly operations: OperationStore,
    private readonly acting: OperationsService,
    private readonly attempts: AttemptStore,
    private readonly money: OrderMoneyService,
    private readonly orders: OrdersService,
    private readonly config: Config,
  ) {}

  /** The state it has reached; `busy` if another call holds its lease. */
  async advance(id: string, by: string): Promise<OperationState | 'busy'> {
    const leased = await this.operations.lease(id);
    if (!leased) return 'busy';
    const outcome = await this.acting.act(leased);
    const state = await this.settle(leased, outcome, by);
    const { operation } = leased;
    const level = outcome.state === 'misconfigured' || outcome.state === 'refused' ? 'error' : 'log';
    this.logger[level]({
      event: `payment.${operation.kind}`,
      operationId: id,
      paymentId: operation.paymentId,
      provider: operation.provider,
      by,
      outcome: outcome.state,
      ...('cause' in outcome && { cause: outcome.cause }),
      state,
    });
    return state;
  }

  /** Ends what a process left behind, repeats what had no answer, and asks after what was only accepted. */
  @OnJob('payments.operations')
  async sweep(): Promise<void> {
    const until = performance.now() + this.config.timings.operationsEveryMs;
    const seen: string[] = [];
    while (performance.now() < until) {
      const due = await this.operations.due(batch, seen);
      if (due.length === 0) break;
      seen.push(...due);
      for (const id of due) {
        try {
          await this.advance(id, 'reconciler');
        } catch (error) {
          this.logger.error({ event: 'payment.operation_failed', operationId: id, error });
        }
      }
    }
    for (const operationId of await this.operations.flagUndecided()) {
      this.logger.error({
        event: 'payment.operation_undecided',
        operationId,
        hint: 'compare it with the provider by hand',
      });
    }
  }

  private async settle(
    { operation: { id, paymentId, leaseToken } }: LeasedOperation,
    outcome: OperationOutcome,
    by: string,
  ): Promise<OperationState> {
    const render = await this.orders.renderer();
    return this.db.transaction(async (tx) => {
      const attempt = paymentId === null ? null : await this.attempts.lock(tx, paymentId);
      const operation = await this.operations.lock(tx, id);
      const over = operation.state === 'succeeded' || operation.state === 'failed';
      const proven = 'reference' in outcome && outcome.reference !== undefined;
      if (over || (!proven && operation.leaseToken !== leaseToken)) return operation.state;
      return this.write(tx, operation, attempt, outcome, { by, render });
    });
  }

  private async write(
    tx: Tx,
    operation: PaymentOperation,
    attempt: PaymentAttempt | null,
    outcome: OperationOutcome,
    { by, render }: { by: string; render: RenderOrder },
  ): Promise<OperationState> {
    switch (outcome.state) {
      case 'misconfigured':
      case 'unknown': {
        const neverSent = outcome.state === 'misconfigured' || !outcome.maybeExecuted;
        const to = operation.state === 'pending' ? 'pending' : 'unknown';
        await this.operations.move(tx, operation, to, { failure: outcome.cause, neverSent });
        break;
      }
      case 'refused':
        await this.refused(tx, operation, attempt, outcome.cause);
        break;
      default:
        await this.operations.move(tx, operation, outcome.state, { reference: outcome.reference });
    }
    if (operation.kind === 'refund') await this.money.refundMoved(tx, operation, render);
    if (operation.kind === 'capture' && operation.state === 'succeeded' && attempt?.state === 'authorized')
      await this.money.captured(tx, attempt, by, render);
    if (operation.requestedBy === 'fulfillment' && operation.state === 'failed' && attempt)
      await this.money.captureRefused(tx, attempt, render);
    if (operation.kind === 'release' && operation.state === 'succeeded' && attempt && mayBeReleased(attempt))
      await this.money.released(tx, attempt, by, render);
    return operation.state;
  }

  /**
   * The merchant is told and decides. Money that nobody ordered for has to go back all the same: it is tried again,
   * without what has gone back in the meantime, and a person is called.
   */
  private async refused(
    tx: Tx,
    operation: PaymentOperation,
    attempt: PaymentAttempt | null,
    failure: string,
  ): Promise<void> {
    const wanted = operation.requestedBy === 'admin' || operation.requestedBy === 'provider';
    if (wanted || operation.kind !== 'refund') {
      await this.operations.move(tx, operation, 'failed', { failure });
      return;
    }
    const others = (attempt ? await this.operations.ofPayments([attempt.id], tx) : []).filter(
      ({ id }) => id !== operation.id,
    );
    const gone = refundedOf(others, [...openOperationStates, 'succeeded']);
    const left = attempt ? attempt.amount - gone : operation.amount;
    if (left >= operation.amount) {
      await this.operations.move(tx, operation, 'unknown', { failure, neverSent: true, needsPerson: true });
      return;
    }
    await this.operations.move(tx, operation, 'failed', { failure });
    if (left > 0) await this.operations.insert(tx, { ...operation, claimId: null, amount: left });
  }
}

const mayBeReleased = ({ state }: PaymentAttempt): boolean =>
  state === 'authorized' || state === 'canceling' || state === 'surplus';
