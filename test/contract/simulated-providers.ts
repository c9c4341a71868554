import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { type Config, loadConfig, sandboxSecrets } from '../../src/config/config.js';
import type { PaymentProvider, PreparedObject } from '../../src/payments/providers/payment-provider.js';
import { RazorpayProvider } from '../../src/payments/providers/razorpay/razorpay.provider.js';
import { StripeProvider } from '../../src/payments/providers/stripe/stripe.provider.js';
import { type PspSimulator, startPspSimulator } from '../../src/sandbox/psp/simulator.js';
import type { SettingsNamespace } from '../../src/settings/namespace.js';
import type { SettingsService } from '../../src/settings/settings.service.js';
import { freePort } from '../support/ports.js';
import { WebhookReceiver } from '../support/receiver.js';
import { SimulatorClient } from '../support/simulator.js';
import type {
  Delivery,
  Fault,
  MakeCredential,
  ProviderHarness,
  Signing,
} from './payment-provider.harness.js';

/** Both providers with their unmodified packages, against the simulator. */

/** Long enough for a busy machine; tests of lost answers wait for it. */
const providerTimeoutMs = 1_500;
const previousSecret = 'whsec_before';

const actions: Record<Fault, { action: string; status?: number }> = {
  lost_timeout: { action: 'execute_then_hang' },
  lost_reset: { action: 'execute_then_reset' },
  lost_error: { action: 'execute_then_500' },
  lost_page: { action: 'execute_then_html_502' },
  wrong_amount: { action: 'wrong_amount_in_response' },
  rate_limit: { action: 'status', status: 429 },
  wrong_key: { action: 'status', status: 401 },
};

/** Defaults and environment as in the program, with a previous webhook secret set by the merchant. */
function settingsOf(config: Config): SettingsService {
  const get = <T extends object>(namespace: SettingsNamespace<T>): Promise<T> =>
    Promise.resolve({
      ...namespace.defaults(config),
      ...namespace.fromEnvironment?.(config),
      webhookSecretPrevious: previousSecret,
    });
  return { get } as unknown as SettingsService;
}

type Code = 'stripe' | 'razorpay';
type ProviderClass = new (settings: SettingsService, config: Config) => PaymentProvider;

/** A simulator, its webhooks, and a provider that talks to it. */
export class Simulated {
  simulator: PspSimulator;
  client: SimulatorClient;
  private receiver: WebhookReceiver;
  private dataDir: string;
  private deadPort: number;

  constructor(
    private readonly code: Code,
    private readonly make: ProviderClass,
    private readonly secret: string,
    private readonly requests: { charge: string; refund: string },
  ) {}

  async start(): Promise<PaymentProvider> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'storekeeper-contract-'));
    this.simulator = await startPspSimulator({ port: 0, dataDir: this.dataDir });
    this.deadPort = await freePort();
    this.client = new SimulatorClient(this.simulator.url);
    this.receiver = await WebhookReceiver.start();
    const { url } = this.receiver;
    await this.client.registerWebhook({ provider: this.code, url, secrets: [this.secret] });
    return this.provider(this.simulator.url);
  }

  async stop(): Promise<void> {
    await this.receiver.close();
    await this.simulator.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  unreachable(): PaymentProvider {
    return this.provider(`http://127.0.0.1:${this.deadPort}`);
  }

  provider(base: string): PaymentProvider {
    const env = { STRIPE_API_BASE: base, RAZORPAY_API_BASE: base, DATABASE_URL: 'postgres://x' };
    const config = loadConfig({ ...env, SANDBOX_TIMINGS: JSON.stringify({ providerTimeoutMs }) });
    return new this.make(settingsOf(config), config);
  }

  async ledger(subjectId: string): Promise<{ type: 'capture' | 'refund'; amount: number }[]> {
    const entries = await this.client.ledger(subjectId);
    return entries.flatMap(({ type, amount }) => (type === 'dispute' ? [] : [{ type, amount }]));
  }

  async inject(where: 'charge' | 'refund', fault: Fault): Promise<void> {
    await this.injectAt(this.requests[where], fault);
  }

  async injectAt(path: string, fault: Fault): Promise<void> {
    await this.client.inject({ match: { provider: this.code, method: 'POST', path }, ...actions[fault] });
  }

  /** Those whose body names the payment. */
  async delivered(payment: string): Promise<Delivery[]> {
    const about = this.receiver.received.filter(({ body }) => body.includes(payment));
    return about.map(({ body, headers }) => ({ raw: Buffer.from(body), headers }));
  }

  async redeliver(payment: string): Promise<void> {
    const events = await this.client.events({ provider: this.code });
    await this.client.replay(events.filter(({ subject }) => subject === payment).map(({ id }) => id));
  }

  secretOf({ secret }: Signing): string {
    return { current: this.secret, previous: previousSecret, foreign: 'whsec_foreign' }[secret];
  }

  /** What every harness here has. */
  common(): Pick<
    ProviderHarness,
    'start' | 'stop' | 'ledger' | 'inject' | 'clearFaults' | 'unreachable' | 'openDispute'
  > {
    return {
      start: () => this.start(),
      stop: () => this.stop(),
      ledger: (subjectId) => this.ledger(subjectId),
      inject: (where, fault) => this.inject(where, fault),
      clearFaults: () => this.client.clearFaults(),
      unreachable: () => this.unreachable(),
      openDispute: async (payment) => {
        await this.client.dispute({ payment });
      },
    };
  }
}

export function stripeHarness(): ProviderHarness {
  const world = new Simulated('stripe', StripeProvider, sandboxSecrets.stripeWebhookSecret, {
    charge: '^/v1/payment_intents$',
    refund: '^/v1/refunds$',
  });
  const token =
    (card: string, limits: object = {}): MakeCredential =>
    async ({ amount, currency }) => ({
      type: 'spt',
      token: await mintToken(world.simulator.url, card, { currency, max_amount: amount, ...limits }),
    });
  const literal =
    (token: string): MakeCredential =>
    async () => ({ type: 'spt', token });
  return {
    ...world.common(),
    total: { amount: 4999, currency: 'usd' },
    repeatable: true,
    credentials: {
      succeeds: token('pm_card_visa'),
      declined: {
        generic: token('pm_card_chargeDeclined'),
        insufficient_funds: token('pm_card_chargeDeclinedInsufficientFunds'),
        expired: token('pm_card_chargeDeclinedExpiredCard'),
        incorrect_cvc: token('pm_card_chargeDeclinedIncorrectCvc'),
        fraud: token('pm_card_radarBlock'),
        limit_exceeded: token('pm_card_visa', { max_amount: 100 }),
        currency_mismatch: token('pm_card_visa', { currency: 'eur' }),
      },
      unknown: literal('spt_0000000000'),
      malformed: { token: literal('spt with spaces') },
      authentication: token('pm_card_threeDSecure2Required'),
      pending: token('pm_card_simProcessing'),
      slowRefund: token('pm_card_pendingRefund'),
    },
    bankAgrees: async (payment) => {
      await world.client.post(`/_sim/payment_intents/${payment}/succeed`, {});
    },
    webhooks: {
      delivered: (payment) => world.delivered(payment),
      redeliver: (payment) => world.redeliver(payment),
      signsTime: true,
      sign: (raw, signing) => {
        const t = Math.floor((signing.at?.getTime() ?? Date.now()) / 1000);
        const signature = hmac(world.secretOf(signing), Buffer.concat([Buffer.from(`${t}.`), raw]));
        return { 'stripe-signature': `t=${t},v1=${signature}` };
      },
      renamed: (raw) =>
        Buffer.from(raw.toString().replace(/"type": "[a-z_]+\.[a-z_.]+"/, '"type": "new.thing"')),
    },
  };
}

/** As the buyer's agent does at Stripe. https://docs.stripe.com/agentic-commerce/testing */
export async function mintToken(url: string, card: string, limits: Record<string, unknown>): Promise<string> {
  const response = await fetch(`${url}/v1/test_helpers/shared_payment/granted_tokens`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${sandboxSecrets.stripeSecretKey}`,
      'Stripe-Version': '2026-04-22.preview',
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams([
      ['payment_method', card],
      ...Object.entries(limits).map(([name, value]): [string, string] => [
        `usage_limits[${name}]`,
        String(value),
      ]),
    ]),
  });
  return ((await response.json()) as { id: string }).id;
}

export function razorpayHarness(kind: 'razorpay_payment' | 'razorpay_token'): ProviderHarness {
  const proofs = kind === 'razorpay_payment';
  const world = new Simulated('razorpay', RazorpayProvider, sandboxSecrets.razorpayWebhookSecret, {
    charge: proofs ? '/capture$' : '/create/recurring$',
    refund: '/refund$',
  });
  return {
    ...world.common(),
    // Charging a token answers with ids only; amounts come with the capture after it.
    inject: (where, fault) =>
      fault === 'wrong_amount' && where === 'charge'
        ? world.injectAt('/capture$', fault)
        : world.inject(where, fault),
    total: { amount: 49_900, currency: 'inr' },
    repeatable: proofs,
    credentials: proofs ? proofCredentials(world) : tokenCredentials(),
    bankAgrees: async (payment) => {
      await world.client.post(`/_sim/razorpay/payments/${payment}/authorize`, {});
    },
    payLink: async ({ reference }) => {
      const paid = await world.client.post(`/_sim/razorpay/links/${reference}/pay`, {}).catch(() => null);
      return paid !== null;
    },
    webhooks: {
      delivered: (payment) => world.delivered(payment),
      redeliver: (payment) => world.redeliver(payment),
      signsTime: false,
      sign: (raw, signing, original) => ({
        'x-razorpay-signature': hmac(world.secretOf(signing), raw),
        'x-razorpay-event-id': original.headers['x-razorpay-event-id'],
      }),
      renamed: (raw) => Buffer.from(raw.toString().replace(/"event":"[a-z_.]+"/, '"event":"new.thing"')),
    },
  };
}

type Credentials = ProviderHarness['credentials'];

/** The buyer pays on Checkout first, and the agent hands over what Checkout says. */
function proofCredentials(world: Simulated): Credentials {
  const checkout =
    (buyer: object = {}, over: Record<string, string> = {}): MakeCredential =>
    async (_total, prepared) => {
      const body = { order_id: orderIn(prepared), ...buyer };
      const paid = (await world.client.post('/_sim/razorpay/checkout', body)) as Record<string, string>;
      return {
        type: 'razorpay_payment',
        token: paid.razorpay_payment_id ?? '',
        order_id: paid.razorpay_order_id,
        signature: paid.razorpay_signature ?? sign(paid),
        ...over,
      };
    };
  const failing = (card: string): MakeCredential => checkout({ method: 'card', card });
  return {
    succeeds: checkout(),
    declined: {
      insufficient_funds: failing('4100280000080001'),
      authentication_failed: failing('4100280000000009'),
      generic: checkout({ vpa: 'failure@razorpay' }),
    },
    malformed: {
      token: checkout({}, { token: 'pay/../1' }),
      order_id: checkout({}, { order_id: 'order_ofSomebodyElse' }),
      signature: checkout({}, { signature: '0'.repeat(64) }),
    },
    pending: checkout({ outcome: 'pending' }),
    late: checkout({ outcome: 'late_authorized' }),
    slowRefund: checkout({ vpa: 'pendingrefund@razorpay' }),
  };
}

function tokenCredentials(): Credentials {
  const token =
    (name: string, over: Record<string, string> = {}): MakeCredential =>
    async () => ({ type: 'razorpay_token', token: name, customer_id: 'cust_Contract', ...over });
  return {
    succeeds: token('token_simSuccess'),
    declined: {
      insufficient_funds: token('token_simInsufficientFunds'),
      generic: token('token_simDeclined'),
      credential_expired: token('token_simExpired'),
      limit_exceeded: token('token_simLimited'),
    },
    unknown: token('token_nobodyKnows'),
    malformed: {
      type: token('token_simSuccess', { type: 'card' }),
      token: token('tok/../1'),
      customer_id: token('token_simSuccess', { customer_id: 'cust_/../1' }),
    },
    pending: token('token_simPending'),
    late: token('token_simLateAuth'),
    slowRefund: token('token_simPendingRefund'),
  };
}

const orderIn = (prepared: PreparedObject[]): string =>
  prepared.find(({ kind }) => kind === 'order')?.reference ?? '';

/** Checkout signs nothing that failed; an agent that wants to try it all the same needs the key. */
const sign = (paid: Record<string, string>): string =>
  hmac(
    sandboxSecrets.razorpayKeySecret,
    Buffer.from(`${paid.razorpay_order_id}|${paid.razorpay_payment_id}`),
  );

const hmac = (secret: string, signed: Buffer): string =>
  createHmac('sha256', secret).update(signed).digest('hex');
