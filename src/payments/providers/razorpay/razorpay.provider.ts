import { Injectable } from '@nestjs/common';
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
  type PrepareRequest,
  type ProviderDispute,
  type ProviderEvent,
  type ProviderPayment,
  type ProviderRefund,
  ProviderUnavailable,
  type RawCredential,
  type Verification,
} from '../payment-provider.js';
import { RazorpayApi } from './razorpay.api.js';
import { charge, lookup } from './razorpay.charge.js';
import { connect } from './razorpay.client.js';
import { credentialOf } from './razorpay.credential.js';
import { ask } from './razorpay.failure.js';
import { offerOf, savedToken } from './razorpay.handler.js';
import { findPayment, listDisputes, listPayments, listRefunds, refundsOf } from './razorpay.lists.js';
import { disputeOf } from './razorpay.mapping.js';
import { capture, refund, release } from './razorpay.operations.js';
import { closeLink, prepare } from './razorpay.prepare.js';
import { RazorpaySettings } from './razorpay.settings.js';
import { verifyRazorpay } from './razorpay.verify.js';
import { readRazorpayWebhook } from './razorpay.webhook.js';

const notSet = 'payments.razorpay.keyId or keySecret is not set';

@Injectable()
export class RazorpayProvider implements PaymentProvider {
  static readonly settings = RazorpaySettings;
  readonly code = 'razorpay';
  /** The order is what Checkout and saved tokens are charged on; the link is for a buyer without an agent. */
  readonly prepares = ['order', 'link'] as const;
  private client: { keyId: string; keySecret: string; api: RazorpayApi } | undefined;

  constructor(
    private readonly settings: SettingsService,
    private readonly config: Config,
  ) {}

  async offer(total: Money, prepared: PreparedObject[]): Promise<HandlerOffer> {
    return offerOf(total, prepared, await this.settings.get(RazorpaySettings));
  }

  async prepare(request: PrepareRequest): Promise<PreparedObject> {
    return prepare(await this.open(), request);
  }

  async closeLink(reference: string): Promise<'closed' | 'in_use'> {
    return closeLink(await this.open(), reference);
  }

  async parseCredential(
    credential: RawCredential,
    { prepared }: { prepared: PreparedObject[] },
  ): Promise<Credential | CredentialProblem> {
    return credentialOf(credential, prepared, await this.settings.get(RazorpaySettings));
  }

  async charge(request: ChargeRequest): Promise<PaymentOutcome> {
    const api = await this.api();
    return api ? charge(api, request) : { state: 'misconfigured', cause: notSet };
  }

  /** A proof of payment names its payment, which is captured once. A saved token would be charged again. */
  isRepeatable({ credentialKind }: ChargeRequest): boolean {
    return credentialKind !== savedToken;
  }

  async lookup(
    request: ChargeRequest,
  ): Promise<PaymentOutcome | { state: 'not_found'; lookedEverywhere: boolean }> {
    const api = await this.api();
    return api ? lookup(api, request) : { state: 'unknown', cause: notSet, maybeExecuted: true };
  }

  async find(reference: string): Promise<ProviderPayment | null> {
    return findPayment(await this.open(), reference);
  }

  async *list(since: Date): AsyncIterable<ProviderPayment> {
    yield* listPayments(await this.open(), since);
  }

  async capture(request: OperationRequest): Promise<OperationOutcome> {
    return this.operate(capture, request);
  }

  async release(request: OperationRequest): Promise<OperationOutcome> {
    return this.operate(release, request);
  }

  async refund(request: OperationRequest): Promise<OperationOutcome> {
    return this.operate(refund, request);
  }

  async refundsOf(payment: string): Promise<ProviderRefund[]> {
    return refundsOf(await this.open(), payment);
  }

  async *listRefunds(since: Date): AsyncIterable<ProviderRefund> {
    yield* listRefunds(await this.open(), since);
  }

  async findDispute(reference: string): Promise<ProviderDispute | null> {
    const api = await this.open();
    const dispute = await ask(api.dispute(reference));
    return dispute && disputeOf(dispute);
  }

  async *listDisputes(since: Date): AsyncIterable<ProviderDispute> {
    yield* listDisputes(await this.open(), since);
  }

  async verify(): Promise<Verification> {
    const settings = await this.settings.get(RazorpaySettings);
    return verifyRazorpay(settings, this.config.sandbox, await this.api());
  }

  async readWebhook(
    raw: Buffer,
    headers: Record<string, string | string[] | undefined>,
  ): Promise<ProviderEvent | { refused: 'signature' | 'stale' | 'malformed' | 'not_configured' }> {
    const { webhookSecret, webhookSecretPrevious } = await this.settings.get(RazorpaySettings);
    return readRazorpayWebhook(raw, headers, [webhookSecret, webhookSecretPrevious]);
  }

  private async operate(
    send: (api: RazorpayApi, request: OperationRequest) => Promise<OperationOutcome>,
    request: OperationRequest,
  ): Promise<OperationOutcome> {
    const api = await this.api();
    return api ? send(api, request) : { state: 'misconfigured', cause: notSet };
  }

  private async open(): Promise<RazorpayApi> {
    const api = await this.api();
    if (!api) throw new ProviderUnavailable(notSet);
    return api;
  }

  private async api(): Promise<RazorpayApi | null> {
    const { keyId, keySecret } = await this.settings.get(RazorpaySettings);
    if (!keyId || !keySecret) return null;
    if (this.client?.keyId !== keyId || this.client.keySecret !== keySecret) {
      const { razorpay, timings } = this.config;
      const options = { apiBase: razorpay.apiBase, timeoutMs: timings.providerTimeoutMs };
      const connection = connect({ keyId, keySecret }, options);
      this.client = { keyId, keySecret, api: new RazorpayApi(connection) };
    }
    return this.client.api;
  }
}
