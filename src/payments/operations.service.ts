import { Injectable } from '@nestjs/common';
import { within } from '../common/pause.js';
import { Config } from '../config/config.js';
import { StoreService } from '../database/store.service.js';
import type { LeasedOperation } from './operation.store.js';
import {
  type OperationOutcome,
  type OperationRequest,
  type PaymentProvider,
  type ProviderRefund,
  ProviderUnavailable,
} from './providers/payment-provider.js';
import { ProviderRegistry } from './providers/provider-registry.js';

/** *Act* for refunds, captures and releases: what happens at the provider while we hold an operation's lease. */
@Injectable()
export class OperationsService {
  constructor(
    private readonly providers: ProviderRegistry,
    private readonly store: StoreService,
    private readonly config: Config,
  ) {}

  /** A capture or a release asked for twice happens once by its nature; a refund is looked for before it is repeated. */
  async act({ operation, sentBefore, calledMsAgo }: LeasedOperation): Promise<OperationOutcome> {
    const provider = this.providers.get(operation.provider);
    const request: OperationRequest = {
      id: operation.id,
      payment: operation.paymentReference,
      amount: operation.amount,
      currency: operation.currency,
      storeInstance: this.store.instanceId,
      reason: operation.reason,
    };
    const mayResend = calledMsAgo < this.config.timings.resendLimitMs;
    const work =
      operation.kind === 'refund'
        ? this.refund(provider, request, {
            // Looking costs a read; an earlier try is never taken on its own word for not having been sent.
            lookFirst: operation.tries > 1,
            sentBefore,
            // One made in the provider's dashboard is only asked after.
            mayResend: mayResend && operation.requestedBy !== 'provider',
            reference: operation.reference,
          })
        : end(provider, operation.kind, request);
    const outcome = await within(work, this.config.timings.chargeDeadlineMs, unknown('deadline'));
    // That this try was not sent says nothing about the one before.
    const unsent =
      outcome.state === 'misconfigured' || (outcome.state === 'unknown' && !outcome.maybeExecuted);
    return sentBefore && unsent ? unknown(outcome.cause) : outcome;
  }

  private async refund(
    provider: PaymentProvider,
    request: OperationRequest,
    {
      lookFirst,
      sentBefore,
      mayResend,
      reference,
    }: { lookFirst: boolean; sentBefore: boolean; mayResend: boolean; reference: string | null },
  ): Promise<OperationOutcome> {
    if (lookFirst || sentBefore || !mayResend) {
      const found = await lookFor(provider, request, reference);
      if (found) return found;
      if (!mayResend) return unknown('not to be sent again');
    }
    const outcome = await provider.refund(request);
    if (outcome.state !== 'refused' || !sentBefore) return outcome;
    // What an earlier send may have done is not undone by a refusal of this one.
    return (await lookFor(provider, request, reference)) ?? outcome;
  }
}

async function end(
  provider: PaymentProvider,
  kind: 'capture' | 'release',
  request: OperationRequest,
): Promise<OperationOutcome> {
  const answer = await provider[kind]?.(request);
  return answer ?? { state: 'refused', cause: `${provider.code} cannot ${kind} a payment` };
}

async function lookFor(
  provider: PaymentProvider,
  { id, payment }: OperationRequest,
  reference: string | null,
): Promise<OperationOutcome | undefined> {
  let refunds: ProviderRefund[];
  try {
    refunds = await provider.refundsOf(payment);
  } catch (error) {
    if (error instanceof ProviderUnavailable) return unknown(error.message);
    throw error;
  }
  const found = refunds.find((refund) => refund.operationId === id || refund.reference === reference);
  return found && outcomeOfRefund(found);
}

export function outcomeOfRefund({ state, reference }: ProviderRefund): OperationOutcome {
  return state === 'failed'
    ? { state: 'refused', cause: 'the payment provider reports that the refund failed' }
    : { state, reference };
}

const unknown = (cause: string): OperationOutcome => ({ state: 'unknown', cause, maybeExecuted: true });
