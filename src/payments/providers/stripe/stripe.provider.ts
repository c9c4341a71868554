import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { Config } from '../../../config/config.js';
import { SettingsService } from '../../../settings/settings.service.js';
import {
  type ChargeRequest,
  type Credential,
  type CredentialProblem,
  type HandlerOffer,
  type Money,
  type OperationOutcome,
  type OperationRequest,
  type PaymentOutcome,
  type PaymentProvider,
  type PreparedObject,
  type ProviderDispute,
  type ProviderEvent,
  type ProviderPayment,
  type ProviderRefund,
  ProviderUnavailable,
  type RawCredential,
  type Verification,
} from '../payment-provider.js';
import { charge, findIntent } from './stripe.charge.js';
import { ask, everyOne, stripeClient } from './stripe.client.js';
import { credentialOf, sharedPaymentToken } from './stripe.credential.js';
import { offerOf } from './stripe.handler.js';
import { outcomeOfError, outcomeOfIntent } from './stripe.mapping.js';
import { capture, refund, release } from './stripe.operations.js';
import { preflightToken } from './stripe.preflight.js';
import { disputeOf, paymentOf, refundOf } from './stripe.records.js';
import { StripeSettings } from './stripe.settings.js';
import { verifyStripe } from './stripe.verify.js';
import { readStripeWebhook } from './stripe.webhook.js';

const notSet = 'payments.stripe.secretKey is not set';

@Injectable()
export class StripeProvider implements PaymentProvider {
  static readonly settings = StripeSettings;
  readonly code = 'stripe';
  private client: { secretKey: string; stripe: Stripe } | undefined;

  constructor(
    private readonly settings: SettingsService,
    private readonly config: Config,
  ) {}

  async offer(total: Money, _prepared: PreparedObject[]): Promise<HandlerOffer> {
    return offerOf(total, await this.settings.get(StripeSettings));
  }

  async parseCredential({ token }: RawCredential): Promise<Credential | CredentialProblem> {
    const { secretKey = '' } = await this.settings.get(StripeSettings);
    return credentialOf(token, secretKey);
  }

  async preflight(request: ChargeRequest): Promise<PaymentOutcome | null> {
    if (request.credentialKind !== sharedPaymentToken) return null;
    const { secretKey } = await this.settings.get(StripeSettings);
    return secretKey ? preflightToken(this.connect(secretKey), request.credential().token, request) : null;
  }

  async charge(request: ChargeRequest): Promise<PaymentOutcome> {
    const { secretKey, acquirer } = await this.settings.get(StripeSettings);
    if (!secretKey) return { state: 'misconfigured', cause: notSet };
    try {
      return outcomeOfIntent(await charge(this.connect(secretKey), request), request, acquirer);
    } catch (error) {
      return outcomeOfError(error, acquirer);
    }
  }

  /** Always: Stripe keeps our key and answers a second send with the first one's result. */
  isRepeatable(_request: ChargeRequest): boolean {
    return true;
  }

  async lookup(
    request: ChargeRequest,
  ): Promise<PaymentOutcome | { state: 'not_found'; lookedEverywhere: boolean }> {
    const { secretKey, acquirer } = await this.settings.get(StripeSettings);
    if (!secretKey) return { state: 'unknown', cause: notSet, maybeExecuted: true };
    try {
      const intent = await findIntent(this.connect(secretKey), request);
      if (typeof intent === 'object') return outcomeOfIntent(intent, request, acquirer);
      return { state: 'not_found', lookedEverywhere: intent === 'nowhere' };
    } catch (error) {
      const outcome = outcomeOfError(error, acquirer);
      // A lookup that failed says nothing about the charge.
      return {
        state: 'unknown',
        cause: 'cause' in outcome ? outcome.cause : 'lookup failed',
        maybeExecuted: true,
      };
    }
  }

  async find(reference: string): Promise<ProviderPayment | null> {
    const { stripe, acquirer } = await this.open();
    const intent = await ask(stripe.paymentIntents.retrieve(reference, { expand: ['latest_charge'] }));
    return intent && paymentOf(intent, acquirer);
  }

  async *list(since: Date): AsyncIterable<ProviderPayment> {
    const { stripe, acquirer } = await this.open();
    const intents = everyOne((params) => stripe.paymentIntents.list(params), createdSince(since));
    for await (const intent of intents) yield paymentOf(intent, acquirer);
  }

  async capture(request: OperationRequest): Promise<OperationOutcome> {
    return this.operate((stripe) => capture(stripe, request));
  }

  async release(request: OperationRequest): Promise<OperationOutcome> {
    return this.operate((stripe) => release(stripe, request));
  }

  async refund(request: OperationRequest): Promise<OperationOutcome> {
    return this.operate((stripe) => refund(stripe, request));
  }

  async refundsOf(payment: string): Promise<ProviderRefund[]> {
    const { stripe } = await this.open();
    const refunds: ProviderRefund[] = [];
    const all = everyOne((params) => stripe.refunds.list(params), { payment_intent: payment });
    for await (const refund of known(all, refundOf)) refunds.push(refund);
    return refunds;
  }

  async *listRefunds(since: Date): AsyncIterable<ProviderRefund> {
    const { stripe } = await this.open();
    yield* known(
      everyOne((params) => stripe.refunds.list(params), createdSince(since)),
      refundOf,
    );
  }

  async findDispute(reference: string): Promise<ProviderDispute | null> {
    const { stripe } = await this.open();
    const dispute = await ask(stripe.disputes.retrieve(reference));
    return dispute && disputeOf(dispute);
  }

  async *listDisputes(since: Date): AsyncIterable<ProviderDispute> {
    const { stripe } = await this.open();
    yield* known(
      everyOne((params) => stripe.disputes.list(params), createdSince(since)),
      disputeOf,
    );
  }

  async verify(): Promise<Verification> {
    const settings = await this.settings.get(StripeSettings);
    return verifyStripe(settings, this.config.sandbox, (secretKey) => this.connect(secretKey));
  }

  async readWebhook(
    raw: Buffer,
    headers: Record<string, string | string[] | undefined>,
  ): Promise<ProviderEvent | { refused: 'signature' | 'stale' | 'malformed' | 'not_configured' }> {
    const { webhookSecret, webhookSecretPrevious } = await this.settings.get(StripeSettings);
    const secrets = [webhookSecret, webhookSecretPrevious];
    return readStripeWebhook(raw, headers['stripe-signature'], secrets, Date.now());
  }

  private async operate(send: (stripe: Stripe) => Promise<OperationOutcome>): Promise<OperationOutcome> {
    const { secretKey } = await this.settings.get(StripeSettings);
    return secretKey ? send(this.connect(secretKey)) : { state: 'misconfigured', cause: notSet };
  }

  private async open(): Promise<{ stripe: Stripe; acquirer: StripeSettings['acquirer'] }> {
    const { secretKey, acquirer } = await this.settings.get(StripeSettings);
    if (!secretKey) throw new ProviderUnavailable(notSet);
    return { stripe: this.connect(secretKey), acquirer };
  }

  /** One client for as long as the key stays the same: it holds the connections. */
  private connect(secretKey: string): Stripe {
    if (this.client?.secretKey !== secretKey)
      this.client = { secretKey, stripe: stripeClient(secretKey, this.config) };
    return this.client.stripe;
  }
}

const createdSince = (since: Date): { created: { gte: number } } => ({
  created: { gte: Math.floor(since.getTime() / 1000) },
});

/** Leaves out what is none of ours. */
async function* known<T, R>(things: AsyncIterable<T>, map: (thing: T) => R | null): AsyncIterable<R> {
  for await (const thing of things) {
    const mapped = map(thing);
    if (mapped) yield mapped;
  }
}
