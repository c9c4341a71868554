import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../../src/config/config.js';
import * as psp from '../../src/payments/providers/payment-provider.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import {
  disputeOf,
  eventOf,
  outcomeOf,
  paymentOf,
  refundOf,
  type Thing,
  unknown,
} from './example-provider.mapping.js';
import { AcornSettings } from './example-provider.settings.js';

type Trouble = Extract<psp.OperationOutcome, { state: 'misconfigured' | 'unknown' }>;
type Answer = { body: Thing & { items?: Thing[] } } | { refused: string } | Trouble;

@Injectable()
export class AcornProvider implements psp.PaymentProvider {
  static readonly settings = AcornSettings;
  readonly code = 'acorn';

  constructor(
    private readonly settings: SettingsService,
    private readonly config: Config,
  ) {}

  async offer(): Promise<psp.HandlerOffer> {
    const { key } = await this.settings.get(AcornSettings);
    return key ? { handler } : { notConfigured: true };
  }

  async parseCredential({ token }: psp.RawCredential): Promise<psp.Credential | psp.CredentialProblem> {
    if (/^acorn_\w{1,99}$/.test(token)) return { kind: 'acorn', token };
    return { member: 'token', problem: 'it must be a token of Acorn' };
  }

  /** Acorn keeps our keys: the same charge may be sent until its answer arrives. */
  isRepeatable = () => true;

  async charge(request: psp.ChargeRequest): Promise<psp.PaymentOutcome> {
    const { amount, currency, attemptId, subjectId, storeInstance } = request;
    const labels = { attempt: attemptId, subject: subjectId, store: storeInstance };
    const payment = { amount, currency, labels, token: request.credential().token };
    const answer = await this.call('/payments', payment, request.key);
    if ('refused' in answer) return { state: 'invalid', message: 'Acorn does not know this token.' };
    return 'body' in answer ? outcomeOf(answer.body, request) : answer;
  }

  async lookup(request: psp.ChargeRequest): ReturnType<psp.PaymentProvider['lookup']> {
    const answer = await this.call(`/payments?attempt=${request.attemptId}`);
    if (!('body' in answer)) return unknown('the look-up failed');
    const [payment] = answer.body.items ?? [];
    return payment ? outcomeOf(payment, request) : { state: 'not_found', lookedEverywhere: true };
  }

  find = (id: string) => this.one(`/payments/${encodeURIComponent(id)}`, paymentOf);
  list = (since: Date) => this.all(`/payments?since=${since.toISOString()}`, paymentOf);
  refundsOf = async (id: string) => (await this.things(`/refunds?payment=${id}`)).map(refundOf);
  listRefunds = (since: Date) => this.all(`/refunds?since=${since.toISOString()}`, refundOf);
  findDispute = (id: string) => this.one(`/disputes/${encodeURIComponent(id)}`, disputeOf);
  listDisputes = (since: Date) => this.all(`/disputes?since=${since.toISOString()}`, disputeOf);

  /** No `capture` and no `release` beside it: Acorn only takes money at once. */
  async refund(request: psp.OperationRequest): Promise<psp.OperationOutcome> {
    const { id, payment, amount, currency, storeInstance } = request;
    const labels = { operation: id, store: storeInstance };
    const refund = { payment, amount, currency, labels };
    const answer = await this.call('/refunds', refund, `acp:${storeInstance}:${id}`);
    if ('refused' in answer) return { state: 'refused', cause: answer.refused };
    if (!('body' in answer)) return answer;
    if (answer.body.amount !== amount) return unknown('the answer is about another amount');
    return { state: answer.body.status === 'paid' ? 'succeeded' : 'pending', reference: answer.body.id };
  }

  /** For `POST /admin/payment-providers/acorn/verify`: one call that changes nothing. */
  async verify(): Promise<psp.Verification> {
    const { key } = await this.settings.get(AcornSettings);
    if (!key) return { ok: false, problems: ['payments.acorn.key is not set: Acorn is not offered.'] };
    const answer = await this.call('/payments?limit=1');
    if ('body' in answer) return { ok: true, problems: [] };
    const wrong = 'refused' in answer ? answer.refused : answer.cause;
    return { ok: false, problems: [`Acorn did not let us in: ${wrong}.`] };
  }

  async readWebhook(
    raw: Buffer,
    { 'acorn-signature': signature }: Record<string, string | string[] | undefined>,
  ): ReturnType<psp.PaymentProvider['readWebhook']> {
    const { webhookSecret, webhookSecretPrevious } = await this.settings.get(AcornSettings);
    const secrets = [webhookSecret, webhookSecretPrevious].filter((secret) => !!secret);
    if (secrets.length === 0) return { refused: 'not_configured' };
    const given = Buffer.from(typeof signature === 'string' ? signature : '', 'hex');
    const isRight = (secret = '') => {
      const expected = createHmac('sha256', secret).update(raw).digest();
      return expected.length === given.length && timingSafeEqual(expected, given);
    };
    return secrets.some(isRight) ? eventOf(raw) : { refused: 'signature' };
  }

  /** One request, never repeated here. Only an answer in Acorn's own words says that nothing was executed. */
  private async call(path: string, payload?: object, idempotencyKey?: string): Promise<Answer> {
    const { url, key } = await this.settings.get(AcornSettings);
    const headers = { Authorization: `Bearer ${key}`, 'Idempotency-Key': idempotencyKey ?? '' };
    const signal = AbortSignal.timeout(this.config.timings.providerTimeoutMs);
    const sent = payload ? { method: 'POST', body: JSON.stringify(payload) } : { method: 'GET' };
    try {
      const response = await fetch(url + path, { ...sent, headers, signal, redirect: 'error' });
      const body = (await response.json()) as Thing & { error: string };
      if (response.ok) return { body };
      if (response.status === 401) return { state: 'misconfigured', cause: body.error };
      if (response.status === 429) return unknown(body.error, false);
      return response.status < 500 ? { refused: body.error } : unknown(body.error);
    } catch (error) {
      const { code = 'no answer' } = ((error as Error).cause ?? {}) as { code?: string };
      return unknown(code, code !== 'ECONNREFUSED');
    }
  }

  private async one<T>(path: string, map: (body: Thing & { items?: Thing[] }) => T): Promise<T | null> {
    const answer = await this.call(path);
    if ('state' in answer) throw new psp.ProviderUnavailable(`Acorn: ${answer.cause}`);
    return 'body' in answer ? map(answer.body) : null;
  }

  private things = async (path: string) => (await this.one(path, ({ items }) => items)) ?? [];

  private async *all<T>(path: string, map: (thing: Thing) => T): AsyncIterable<T> {
    for (const thing of await this.things(path)) yield map(thing);
  }
}

const handler: psp.PaymentHandler = {
  id: 'acorn',
  name: 'example.acorn.token',
  displayName: 'Acorn',
  version: '2026-11-01',
  spec: 'https://acorn.example/acp',
  requiresDelegatePayment: true,
  requiresPciCompliance: false,
  psp: 'acorn',
  configSchema: 'https://acorn.example/acp/config.json',
  instrumentSchemas: ['https://acorn.example/acp/instrument.json'],
  config: { merchant_id: 'shop', psp: 'acorn' },
  accepts: [{ instrument: 'acorn', credentials: ['acorn'] }],
};
