import { Injectable } from '@nestjs/common';
import { pause, within } from '../common/pause.js';
import { Config } from '../config/config.js';
import { StoreService } from '../database/store.service.js';
import { SecretBox } from '../settings/secret-box.js';
import type { LeasedAttempt } from './attempt.store.js';
import type { PaymentAttempt } from './payment-attempt.entity.js';
import {
  type ChargeRequest,
  type Credential,
  type PaymentOutcome,
  type PaymentProvider,
  ProviderUnavailable,
} from './providers/payment-provider.js';
import { ProviderRegistry } from './providers/provider-registry.js';

const firstBackoffMs = 250;
const tries = 5;
/** A provider that refuses connections is down; the agent is told soon, the reconciler comes back later. */
const triesIfNeverSent = 3;

/** *Act*: what happens between our rows and the provider while we hold an attempt's lease. */
@Injectable()
export class ChargingService {
  constructor(
    private readonly providers: ProviderRegistry,
    private readonly secrets: SecretBox,
    private readonly store: StoreService,
    private readonly config: Config,
  ) {}

  /**
   * Finds out what becomes of an attempt whose lease we hold: sends it if it was never sent; else looks first,
   * and sends the identical request again only where and while the provider executes it once. Ends by the charge
   * deadline, which the lease outlives.
   */
  async act({ attempt, sentBefore, calledMsAgo }: LeasedAttempt): Promise<PaymentOutcome> {
    const { chargeDeadlineMs } = this.config.timings;
    const request = this.thaw(attempt);
    const provider = this.providers.get(attempt.provider);
    const until = performance.now() + chargeDeadlineMs;
    const work = this.work(attempt, provider, request, { sentBefore, calledMsAgo, until });
    return within(work, chargeDeadlineMs, unknown('deadline'));
  }

  private async work(
    attempt: PaymentAttempt,
    provider: PaymentProvider,
    request: ChargeRequest,
    { sentBefore, calledMsAgo, until }: { sentBefore: boolean; calledMsAgo: number; until: number },
  ): Promise<PaymentOutcome> {
    const { resendLimitMs, believeRefusalMs } = this.config.timings;
    const beside = await this.closeLinks(attempt);
    // Where it was sent before, what is paid beside it is sent back when it turns up.
    if (beside && !sentBefore) return beside;
    return sentBefore
      ? this.lookOrSend(provider, request, {
          until,
          mayResend: calledMsAgo < resendLimitMs && provider.isRepeatable(request),
          believeRefusal: calledMsAgo > believeRefusalMs,
        })
      : this.sendFirst(provider, request, until);
  }

  /** So that nobody pays beside the charge. Null if nobody can; else why nothing was sent. */
  private async closeLinks(attempt: PaymentAttempt): Promise<PaymentOutcome | null> {
    try {
      for (const { provider, reference } of attempt.request.links) {
        const link = await this.providers.get(provider).closeLink?.(reference);
        if (link === 'in_use') return { state: 'blocked', cause: `payment link ${reference} is in use` };
      }
      return null;
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      return { state: 'unknown', cause: error.message, maybeExecuted: false };
    }
  }

  private async sendFirst(
    provider: PaymentProvider,
    request: ChargeRequest,
    until: number,
  ): Promise<PaymentOutcome> {
    const hopeless = await provider.preflight?.(request);
    return hopeless ?? this.send(provider, request, { until, sentBefore: false, believeRefusal: false });
  }

  private async lookOrSend(
    provider: PaymentProvider,
    request: ChargeRequest,
    { until, mayResend, believeRefusal }: { until: number; mayResend: boolean; believeRefusal: boolean },
  ): Promise<PaymentOutcome> {
    const found = await provider.lookup(request);
    // Nothing that is said while our key is refused is about the charge.
    if (found.state === 'misconfigured') return unknown(found.cause);
    if (found.state !== 'not_found') return found;
    // Never closed as "not charged" because a list did not show it: only sending it again decides.
    return mayResend
      ? this.send(provider, request, {
          until,
          sentBefore: true,
          believeRefusal: believeRefusal && found.lookedEverywhere,
        })
      : unknown('cannot be sent again');
  }

  private async send(
    provider: PaymentProvider,
    request: ChargeRequest,
    { until, sentBefore, believeRefusal }: { until: number; sentBefore: boolean; believeRefusal: boolean },
  ): Promise<PaymentOutcome> {
    let everSent = sentBefore;
    let believe = believeRefusal;
    for (let n = 1; ; n++) {
      // After the deadline the lease may be another's.
      if (performance.now() >= until) return unknown('deadline');
      const answer = await provider.charge(request);
      // Refused before the provider looked at our key: that says nothing about a send before this one. A token it does
      // not know is its last word only long after the last send, and when a look-up everywhere found nothing.
      const unread =
        answer.state === 'misconfigured' ||
        answer.state === 'blocked' ||
        (answer.state === 'invalid' && !believe);
      const outcome = unread && everSent ? unknown(`${answer.state} after it was sent before`) : answer;
      if (outcome.state !== 'unknown') return outcome;
      everSent ||= outcome.maybeExecuted;
      if (outcome.maybeExecuted) {
        believe = false;
        const found = await provider.lookup(request);
        if (found.state !== 'not_found' && found.state !== 'unknown') return found;
      }
      const backoffMs = firstBackoffMs * 2 ** (n - 1) * (0.8 + 0.4 * Math.random());
      const mayRepeat = !everSent || provider.isRepeatable(request);
      if (
        !mayRepeat ||
        n === (everSent ? tries : triesIfNeverSent) ||
        performance.now() + backoffMs > until
      ) {
        return { ...outcome, maybeExecuted: everSent };
      }
      await pause(backoffMs);
    }
  }

  private thaw(attempt: PaymentAttempt): ChargeRequest {
    return {
      attemptId: attempt.id,
      key: attempt.providerKey,
      subjectId: attempt.subjectId,
      storeInstance: this.store.instanceId,
      amount: attempt.amount,
      currency: attempt.currency,
      capture: attempt.request.capture,
      description: attempt.request.description,
      credentialKind: attempt.request.credentialKind,
      prepared: attempt.request.prepared,
      credential: () => {
        if (attempt.credential === null)
          throw new Error(`payment attempt ${attempt.id} has no credential any more`);
        return JSON.parse(this.secrets.decrypt(attempt.credential, attempt.id)) as Credential;
      },
      reference: attempt.reference,
      createdAt: attempt.createdAt,
    };
  }
}

const unknown = (cause: string): Extract<PaymentOutcome, { state: 'unknown' }> => ({
  state: 'unknown',
  cause,
  maybeExecuted: true,
});
