import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../common/paging.js';
import { paymentView } from '../orders/order.admin.view.js';
import { OrderDisputesService } from '../orders/order-disputes.service.js';
import { orderErrors } from '../orders/orders.errors.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OperationStore } from '../payments/operation.store.js';
import { isOpen } from '../payments/payment.states.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import type { PaymentOperation } from '../payments/payment-operation.entity.js';
import { ProviderUnavailable } from '../payments/providers/payment-provider.js';
import { ProviderRegistry } from '../payments/providers/provider-registry.js';
import { apiErrors } from '../common/api-error.js';
import { PaymentFactsService } from './payment-facts.service.js';
import { SettlementService } from './settlement.service.js';

export type PaymentDetails = ReturnType<typeof summary> & {
  history: object;
  operations: object[];
  disputes: object[];
};

/** Every attempt to take money, with what became of it, for the merchant. */
@Injectable()
export class PaymentOverviewService {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly operations: OperationStore,
    private readonly disputes: OrderDisputesService,
    private readonly facts: PaymentFactsService,
    private readonly settlement: SettlementService,
    private readonly providers: ProviderRegistry,
  ) {}

  async list(page: PageRequest): Promise<{ id: string; view: object }[]> {
    const attempts = await this.attempts.list(page);
    const operations = await this.operations.ofPayments(attempts.map(({ id }) => id));
    return attempts.map((attempt) => ({
      id: attempt.id,
      view: summary(
        attempt,
        operations.filter(({ paymentId }) => paymentId === attempt.id),
      ),
    }));
  }

  async find(id: string): Promise<PaymentDetails> {
    const attempt = await this.attempts.find(id);
    if (!attempt) throw orderErrors.paymentNotFound();
    const [operations, disputes] = await Promise.all([
      this.operations.ofPayments([id]),
      this.disputes.ofPayments([id]),
    ]);
    return {
      ...summary(attempt, operations),
      history: attempt.history,
      operations: operations.map(operationView),
      disputes: disputes.map(({ id: disputeId, reason, status }) => ({ id: disputeId, reason, status })),
    };
  }

  /** Compares one payment with the provider at once, and writes what is true. */
  async reconcile(id: string): Promise<PaymentDetails> {
    const attempt = await this.attempts.find(id);
    if (!attempt) throw orderErrors.paymentNotFound();
    try {
      if (isOpen(attempt.state)) await this.settlement.advance(id, 'admin');
      const { reference, provider } = (await this.attempts.find(id)) ?? attempt;
      if (reference !== null && this.providers.find(provider))
        await this.facts.sync(provider, { part: 'refunds', payment: reference }, 'admin');
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      throw apiErrors.unavailable('The payment provider does not answer. Try again.', 5);
    }
    return this.find(id);
  }
}

function summary(attempt: PaymentAttempt, operations: PaymentOperation[]) {
  return {
    ...paymentView(attempt, operations),
    checkout_session_id: attempt.subjectId,
    attempt: attempt.n,
    instrument: attempt.instrument,
    failure: attempt.failure,
    needs_attention: attempt.flaggedAt !== null,
    created_at: attempt.createdAt,
    updated_at: attempt.updatedAt,
  };
}

const operationView = (operation: PaymentOperation): object => ({
  id: operation.id,
  kind: operation.kind,
  state: operation.state,
  amount: operation.amount,
  currency: operation.currency,
  reference: operation.reference,
  reason: operation.reason,
  requested_by: operation.requestedBy,
  failure: operation.failure,
  created_at: operation.createdAt,
});
