import { Injectable } from '@nestjs/common';
import Stripe from 'stripe';
import { Config } from '../../../config/config.js';
import { SettingsService } from '../../../settings/settings.service.js';
import type {
  ChargeRequest,
  Credential,
  HandlerOffer,
  PaymentOutcome,
  PaymentProvider,
} from '../payment-provider.js';
import { oneTryHttpClient } from './one-try.js';
import { outcomeOfError, outcomeOfIntent } from './stripe.mapping.js';
import { StripeSettings } from './stripe.settings.js';

/** Shared payment tokens are in preview: https://docs.stripe.com/agentic-commerce/concepts/shared-payment-tokens */
const previewVersion = '2026-04-22.preview';

/** https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const minimumAmounts: Record<string, number | undefined> = {
  usd: 50,
  eur: 50,
  gbp: 30,
  cad: 50,
  aud: 50,
  inr: 50,
};

/** Clocks differ; a list of recent payments begins this much before the attempt. */
const clockSkewSeconds = 300;
const listPages = 20;

type PaymentMethodParams = Pick<Stripe.PaymentIntentCreateParams, 'payment_method' | 'payment_method_data'>;

@Injectable()
export class StripeProvider implements PaymentProvider {
  readonly code = 'stripe';
  private client: { secretKey: string; stripe: Stripe } | undefined;

  constructor(
    private readonly settings: SettingsService,
    private readonly config: Config,
  ) {}

  async offer({ amount, currency }: { amount: number; currency: string }): Promise<HandlerOffer> {
    const minimum = minimumAmounts[currency] ?? 0;
    if (amount < minimum) return { belowMinimum: minimum };
    const { merchantId, secretKey, acquirer } = await this.settings.get(StripeSettings);
    if (!secretKey || !merchantId) return { notConfigured: true };
    return {
      handler: {
        id: 'card_tokenized',
        name: 'dev.acp.tokenized.card',
        displayName: 'Card',
        version: '2026-01-22',
        spec: 'https://acp.dev/handlers/tokenized.card',
        requiresDelegatePayment: true,
        requiresPciCompliance: false,
        psp: 'stripe',
        configSchema: 'https://acp.dev/schemas/handlers/tokenized.card/config.json',
        instrumentSchemas: ['https://acp.dev/schemas/handlers/tokenized.card/instrument.json'],
        config: {
          merchant_id: merchantId,
          psp: 'stripe',
          accepted_brands: ['visa', 'mastercard', 'amex', 'discover', 'diners', 'jcb', 'unionpay'],
          accepted_funding_types: ['credit', 'debit', 'prepaid'],
          supports_3ds: acquirer !== undefined,
          ...(acquirer && { '3ds_versions': ['2.2'] }),
          environment: isTestKey(secretKey) ? 'sandbox' : 'production',
        },
        accepts: [{ instrument: 'card', credentials: ['spt', 'agentic_token'] }],
      },
    };
  }

  async parseCredential({
    token,
  }: {
    type: string;
    token: string;
  }): Promise<Credential | { problem: string }> {
    const { secretKey = '' } = await this.settings.get(StripeSettings);
    const testToken = /^(tok|pm_card)_/.exec(token)?.[1];
    if (testToken && !isTestKey(secretKey)) return { problem: 'test tokens are not accepted in live mode' };
    if (!/^[\x21-\x7e]{1,255}$/.test(token))
      return { problem: 'it must be 1 to 255 visible ASCII characters' };
    return { kind: testToken ?? 'shared_payment_token', token };
  }

  async charge(request: ChargeRequest): Promise<PaymentOutcome> {
    const { secretKey, acquirer } = await this.settings.get(StripeSettings);
    if (!secretKey) return { state: 'misconfigured', cause: 'payments.stripe.secretKey is not set' };
    try {
      const intent = await this.connect(secretKey).paymentIntents.create(
        {
          amount: request.amount,
          currency: request.currency,
          confirm: true,
          capture_method: request.capture,
          description: request.description,
          ...paymentMethodOf(request.credential()),
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
          // A need for 3-D Secure ends this payment for good, so that nothing stays payable behind our back.
          error_on_requires_action: true,
          metadata: {
            checkout_session_id: request.subjectId,
            attempt_id: request.attemptId,
            store_instance: request.storeInstance,
          },
          expand: ['latest_charge'],
        },
        { idempotencyKey: request.key, apiVersion: previewVersion },
      );
      return outcomeOfIntent(intent, request, acquirer);
    } catch (error) {
      return outcomeOfError(error, acquirer);
    }
  }

  async lookup(
    request: ChargeRequest,
  ): Promise<PaymentOutcome | { state: 'not_found'; lookedEverywhere: boolean }> {
    const { secretKey, acquirer } = await this.settings.get(StripeSettings);
    if (!secretKey)
      return { state: 'unknown', cause: 'payments.stripe.secretKey is not set', maybeExecuted: true };
    try {
      const intent = await this.findIntent(this.connect(secretKey), request);
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

  /** By listing and not by searching: Stripe's search index lags by minutes, its lists do not. */
  private async findIntent(
    stripe: Stripe,
    request: ChargeRequest,
  ): Promise<Stripe.PaymentIntent | 'nowhere' | 'too many to look through'> {
    const expand = { expand: ['latest_charge'] };
    if (request.reference) return stripe.paymentIntents.retrieve(request.reference, expand);
    const since = Math.floor(request.createdAt.getTime() / 1000) - clockSkewSeconds;
    let page = await stripe.paymentIntents.list({ created: { gte: since }, limit: 100 });
    for (let pages = 1; ; pages++) {
      const found = page.data.find(({ metadata }) => metadata.attempt_id === request.attemptId);
      if (found) return stripe.paymentIntents.retrieve(found.id, expand);
      const last = page.data.at(-1);
      if (!page.has_more || !last) return 'nowhere';
      if (pages === listPages) return 'too many to look through';
      page = await stripe.paymentIntents.list({
        created: { gte: since },
        limit: 100,
        starting_after: last.id,
      });
    }
  }

  /** Never retries by itself: the one who holds the attempt's lease decides, within one deadline. */
  private connect(secretKey: string): Stripe {
    if (this.client?.secretKey !== secretKey) {
      const base = this.config.stripe.apiBase ? new URL(this.config.stripe.apiBase) : undefined;
      const stripe = new Stripe(secretKey, {
        maxNetworkRetries: 0,
        httpClient: oneTryHttpClient(),
        timeout: this.config.timings.providerTimeoutMs,
        telemetry: false,
        ...(base && {
          host: base.hostname,
          port: base.port || (base.protocol === 'https:' ? 443 : 80),
          protocol: base.protocol === 'https:' ? 'https' : 'http',
        }),
      });
      this.client = { secretKey, stripe };
    }
    return this.client.stripe;
  }
}

const isTestKey = (secretKey: string): boolean => /^(sk|rk)_test_/.test(secretKey);

/** The released types know neither shared payment tokens nor card tokens here; the API does. */
function paymentMethodOf({ kind, token }: Credential): PaymentMethodParams {
  switch (kind) {
    case 'pm_card':
      return { payment_method: token };
    case 'tok':
      return { payment_method_data: { type: 'card', card: { token } } as never };
    default:
      return { payment_method_data: { shared_payment_granted_token: token } as never };
  }
}
