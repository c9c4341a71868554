import { readFileSync } from 'node:fs';
import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.js';
import type { SettingsService } from '../../src/settings/settings.service.js';
import { freePort } from '../support/ports.js';
import { acornSecrets, FakeAcorn, sign } from './example-provider.fake.js';
import { AcornProvider } from './example-provider.js';
import type { MakeCredential } from './payment-provider.harness.js';
import { paymentProviderContract } from './payment-provider.suite.js';

const acorn = new FakeAcorn();
let deadPort = 0;

function provider(url: string): AcornProvider {
  const { current: webhookSecret, previous: webhookSecretPrevious } = acornSecrets;
  const settings = { url, key: 'acorn_key', webhookSecret, webhookSecretPrevious };
  const service = { get: () => Promise.resolve(settings) } as unknown as SettingsService;
  return new AcornProvider(service, { timings: { providerTimeoutMs: 500 } } as Config);
}

const token =
  (name: string): MakeCredential =>
  async () => ({ type: 'acorn', token: name });

paymentProviderContract('the example', {
  total: { amount: 1200, currency: 'usd' },
  repeatable: true,
  without: ['capture', 'release'],
  async start() {
    deadPort = await freePort();
    return provider(await acorn.start());
  },
  stop: () => acorn.stop(),
  async ledger(subjectId) {
    const payments = acorn.payments.filter(({ labels }) => labels.subject === subjectId);
    const ids = payments.map(({ id }) => id);
    const refunds = acorn.refunds.filter(({ payment }) => ids.includes(payment));
    return [
      ...payments
        .filter(({ status }) => status === 'paid')
        .map(({ amount }) => ({ type: 'capture' as const, amount })),
      ...refunds.map(({ amount }) => ({ type: 'refund' as const, amount })),
    ];
  },
  credentials: {
    succeeds: token('acorn_paid'),
    declined: {
      insufficient_funds: token('acorn_no_funds'),
      expired: token('acorn_expired'),
      generic: token('acorn_declined'),
    },
    unknown: token('acorn_of_nobody'),
    malformed: { token: token('oak_1') },
  },
  async inject(where, fault) {
    acorn.inject(where === 'charge' ? '/payments' : '/refunds', fault);
  },
  async clearFaults() {
    acorn.clearFaults();
  },
  unreachable: () => provider(`http://127.0.0.1:${deadPort}`),
  async openDispute(payment) {
    acorn.dispute(payment);
  },
  webhooks: {
    delivered: async (payment) => acorn.deliveries.filter(({ raw }) => raw.includes(payment)),
    async redeliver(payment) {
      acorn.deliveries.push(...acorn.deliveries.filter(({ raw }) => raw.includes(payment)));
    },
    signsTime: false,
    sign: (raw, { secret }) => sign(raw, acornSecrets[secret]),
    renamed: (raw) => Buffer.from(raw.toString().replace(/"type":"[a-z.]+"/, '"type":"squirrel.seen"')),
  },
});

describe('the guide to adding a payment provider', () => {
  const guide = readFileSync('docs/add-a-payment-provider.md', 'utf8');

  it.each(['example-provider.settings.ts', 'example-provider.mapping.ts', 'example-provider.ts'])(
    'shows %s as it is',
    (name) => {
      const code = readFileSync(`test/contract/${name}`, 'utf8');
      expect(code.split('\n').length).toBeLessThan(150);
      expect(guide).toContain(`\`\`\`ts\n${code}\`\`\``);
    },
  );
});
