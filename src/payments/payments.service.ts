import { Injectable } from '@nestjs/common';
import { newId } from '../common/id.js';
import { pause, within } from '../common/pause.js';
import { Config } from '../config/config.js';
import type { Tx } from '../database/database.js';
import { StoreService } from '../database/store.service.js';
import { SecretBox } from '../settings/secret-box.js';
import { SettingsService } from '../settings/settings.service.js';
import { AttemptStore, type LeasedAttempt } from './attempt.store.js';
import type { FrozenRequest, PaymentAttempt } from './payment-attempt.entity.js';
import { PaymentsSettings } from './payments.settings.js';
import type {
  ChargeRequest,
  Credential,
  HandlerOffer,
  PaymentHandler,
  PaymentOutcome,
  PaymentProvider,
} from './providers/payment-provider.js';
import { ProviderRegistry } from './providers/provider-registry.js';

/** The parts of a charge that the buyer's side decides. */
export interface PaymentIntention {
  subjectId: string;
  n: number;
  claimId: string;
  amount: number;
  currency: string;
  provider: string;
  credential: Credential;
  request: FrozenRequest;
  /** If nothing was sent by then, nothing will be. */
  expiresAt: Date;
}

const firstBackoffMs = 250;
const tries = 5;
/** A provider that refuses connections is down; the agent is told soon, the reconciler comes back later. */
const triesIfNeverSent = 3;

@Injectable()
export class PaymentsService {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly providers: ProviderRegistry,
    private readonly settings: SettingsService,
    private readonly secrets: SecretBox,
    private readonly store: StoreService,
    private readonly config: Config,
  ) {}

  /** The ways to pay a total, in the merchant's order. Without any, `belowMinimum` says if the total is too small. */
  async offers(total: {
    amount: number;
    currency: string;
  }): Promise<{ handlers: PaymentHandler[]; belowMinimum?: number }> {
    const { providersByCurrency } = await this.settings.get(PaymentsSettings);
    const providers = (providersByCurrency[total.currency] ?? []).flatMap(
      (code) => this.providers.find(code) ?? [],
    );
    const offers: HandlerOffer[] = await Promise.all(providers.map((provider) => provider.offer(total)));
    return {
      handlers: offers.flatMap((offer) => ('handler' in offer ? [offer.handler] : [])),
      belowMinimum: offers
        .flatMap((offer) => ('belowMinimum' in offer ? [offer.belowMinimum] : []))
        .sort((a, b) => a - b)[0],
    };
  }

  async parseCredential(
    provider: string,
    credential: { type: string; token: string },
  ): Promise<Credential | { problem: string }> {
    return this.providers.get(provider).parseCredential(credential);
  }

  /** Freezes what will be sent, in the caller's transaction. Nothing is sent yet. */
  async begin(tx: Tx, intention: PaymentIntention): Promise<string> {
    const id = newId('pay');
    await this.attempts.insert(tx, {
      ...intention,
      id,
      providerKey: `acp:${this.store.instanceId}:${intention.subjectId}:${intention.n}`,
      credential: this.secrets.encrypt(intention.credential.token, id),
    });
    return id;
  }

  /**
   * Finds out what becomes of an attempt whose lease we hold: sends it if it was never sent; else looks first,
   * and sends the identical request again only while the provider still knows its key. Ends by the charge
   * deadline, which the lease outlives.
   */
  async act({ attempt, sentBefore, calledMsAgo }: LeasedAttempt): Promise<PaymentOutcome> {
    const { chargeDeadlineMs, resendLimitMs, believeRefusalMs } = this.config.timings;
    const request = this.thaw(attempt);
    const provider = this.providers.get(attempt.provider);
    const until = performance.now() + chargeDeadlineMs;
    const work = sentBefore
      ? this.lookOrSend(provider, request, {
          until,
          mayResend: calledMsAgo < resendLimitMs,
          believeRefusal: calledMsAgo > believeRefusalMs,
        })
      : this.send(provider, request, { until, sentBefore: false, believeRefusal: false });
    return within(work, chargeDeadlineMs, unknown('deadline'));
  }

  private async lookOrSend(
    provider: PaymentProvider,
    request: ChargeRequest,
    { until, mayResend, believeRefusal }: { until: number; mayResend: boolean; believeRefusal: boolean },
  ): Promise<PaymentOutcome> {
    const found = await provider.lookup(request);
    if (found.state !== 'not_found') return found;
    // Never closed as "not charged" because a list did not show it: only sending it again decides.
    return mayResend
      ? this.send(provider, request, {
          until,
          sentBefore: true,
          believeRefusal: believeRefusal && found.lookedEverywhere,
        })
      : unknown('too old to be sent again');
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
      const unread = answer.state === 'misconfigured' || (answer.state === 'invalid' && !believe);
      const outcome = unread && everSent ? unknown(`${answer.state} after it was sent before`) : answer;
      if (outcome.state !== 'unknown') return outcome;
      everSent ||= outcome.maybeExecuted;
      if (outcome.maybeExecuted) {
        believe = false;
        const found = await provider.lookup(request);
        if (found.state !== 'not_found' && found.state !== 'unknown') return found;
      }
      const backoffMs = firstBackoffMs * 2 ** (n - 1) * (0.8 + 0.4 * Math.random());
      if (n === (everSent ? tries : triesIfNeverSent) || performance.now() + backoffMs > until) {
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
      credential: () => {
        if (attempt.credential === null)
          throw new Error(`payment attempt ${attempt.id} has no credential any more`);
        return {
          kind: attempt.request.credentialKind,
          token: this.secrets.decrypt(attempt.credential, attempt.id),
        };
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
