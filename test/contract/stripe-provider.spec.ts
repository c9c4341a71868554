import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sandboxSecrets } from '../../src/config/config.js';
import type {
  ChargeRequest,
  Credential,
  PaymentOutcome,
  PaymentProvider,
} from '../../src/payments/providers/payment-provider.js';
import { StripeProvider } from '../../src/payments/providers/stripe/stripe.provider.js';
import { mintToken, Simulated } from './simulated-providers.js';

const world = new Simulated('stripe', StripeProvider, sandboxSecrets.stripeWebhookSecret, {
  charge: '^/v1/payment_intents$',
  refund: '^/v1/refunds$',
});
let provider: PaymentProvider;
let n = 0;

beforeAll(async () => {
  provider = await world.start();
});
afterEach(() => world.client.clearFaults());
afterAll(() => world.stop());

const request = (credential: Credential, over: Partial<ChargeRequest> = {}): ChargeRequest => ({
  attemptId: `pay_${(n += 1)}`,
  key: `acp:store:${n}`,
  subjectId: `cs_${n}`,
  storeInstance: 'store',
  amount: 5000,
  currency: 'usd',
  capture: 'automatic',
  description: 'A purchase',
  credentialKind: credential.kind,
  credential: () => credential,
  prepared: [],
  reference: null,
  createdAt: new Date(),
  ...over,
});
const shared = async (limits: object = {}): Promise<Credential> => ({
  kind: 'shared_payment_token',
  token: await mintToken(world.simulator.url, 'pm_card_visa', {
    currency: 'usd',
    max_amount: 5000,
    ...limits,
  }),
});
const preflight = (credential: Credential) => provider.preflight!(request(credential));
const declined = (reason: string) => ({ state: 'declined', failure: { reason, retry: 'other_instrument' } });

describe('before a shared payment token is charged', () => {
  it('nothing is said against one that covers the total, and nothing moves', async () => {
    const credential = await shared();
    expect(await preflight(credential)).toBeNull();
    expect(await provider.charge(request(credential))).toMatchObject({ state: 'captured' });
  });

  it('one that is spent, revoked, or expired is told from the others', async () => {
    const spent = await shared();
    await provider.charge(request(spent));
    expect(await preflight(spent)).toMatchObject(declined('credential_consumed'));

    const revoked = await shared();
    const path = `/v1/test_helpers/shared_payment/granted_tokens/${revoked.token}/revoke`;
    const headers = {
      Authorization: `Bearer ${sandboxSecrets.stripeSecretKey}`,
      'Stripe-Version': '2026-04-22.preview',
    };
    await fetch(`${world.simulator.url}${path}`, { method: 'POST', headers });
    expect(await preflight(revoked)).toMatchObject(declined('credential_revoked'));

    const expired = await shared({ expires_at: Math.floor(Date.now() / 1000) + 3600 });
    await world.client.advanceClock(3601);
    expect(await preflight(expired)).toMatchObject(declined('credential_expired'));
  });

  it('one that was spent in part covers what is left', async () => {
    const credential = await shared();
    await provider.charge(request(credential, { amount: 2000 }));
    expect(await preflight(credential)).toMatchObject(declined('limit_exceeded'));
    expect(await provider.preflight!(request(credential, { amount: 3000 }))).toBeNull();
  });

  it('one that nobody knows is invalid', async () => {
    expect(await preflight({ kind: 'shared_payment_token', token: 'spt_nobody' })).toMatchObject({
      state: 'invalid',
    });
  });

  it('one that would be another address is not asked about', async () => {
    await world.client.inject({ match: { method: 'GET' }, action: 'reset' });
    expect(await preflight({ kind: 'shared_payment_token', token: '../payment_intents' })).toBeNull();
    expect(await world.client.get('/_sim/faults')).toMatchObject({ faults: [{}] });
  });

  it.each([
    'execute_then_hang',
    'execute_then_500',
    'execute_then_html_502',
    'execute_then_reset',
    'bad_json',
  ])('the charge decides if the question fails: %s', async (action) => {
    const credential = await shared({ max_amount: 100 });
    await world.client.inject({ match: { method: 'GET', path: 'granted_tokens' }, action });
    expect(await preflight(credential)).toBeNull();
    expect(await provider.charge(request(credential))).toMatchObject(declined('limit_exceeded'));
  });

  it('test tokens are not asked about', async () => {
    await world.client.inject({ match: { method: 'GET', times: 1 }, action: 'reset' });
    expect(await preflight({ kind: 'tok', token: 'tok_visa' })).toBeNull();
    expect(await world.client.get('/_sim/faults')).toMatchObject({ faults: [{}] });
  });
});

describe('a key of Stripe', () => {
  it('is used with the same parameters however often it is sent, with 3-D Secure too', async () => {
    const authentication = {
      cryptogram: 'AAIBBYNoEQAAAAAAg4PyBhdAEQs=',
      electronicCommerceIndicator: '05',
      transactionId: 't',
      version: '2.2.0',
    };
    const charge = request({ kind: 'tok', token: 'tok_threeDSecure2Required', authentication });
    const first = await provider.charge(charge);
    expect(first).toMatchObject({ state: 'captured' });
    expect(await provider.charge(charge)).toEqual(first);
    // Other parameters under the same key: what the first ones did is not known here.
    expect(await provider.charge({ ...charge, amount: 6000 })).toMatchObject({
      state: 'unknown',
      maybeExecuted: true,
    });
  });
});

describe('lists of Stripe', () => {
  it('are read to their end', async () => {
    const since = new Date(Date.now() - 2000);
    const paid: PaymentOutcome[] = [];
    for (let count = 0; count <= 100; count += 1)
      paid.push(await provider.charge(request({ kind: 'tok', token: 'tok_visa' })));
    const listed = new Set<string>();
    for await (const { reference } of provider.list(since)) listed.add(reference);
    for (const outcome of paid) expect(listed).toContain('reference' in outcome && outcome.reference);
  });
});
