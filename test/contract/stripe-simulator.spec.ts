import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PspSimulator, startPspSimulator } from '../../src/sandbox/psp/simulator.js';

const PREVIEW = '2026-04-22.preview';
type MethodData = Stripe.PaymentIntentCreateParams.PaymentMethodData;
interface Token {
  id: string;
  deactivated_reason: string | null;
  usage_details: { amount_captured: { value: number } };
  payment_method_details: { card: { last4: string } };
}

let folder: string;
let dataDir: string;
let simulator: PspSimulator;
let stripe: Stripe;
let keyCount = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'psp-sim-'));
  dataDir = join(folder, 'data');
  simulator = await startPspSimulator({ port: 0, dataDir });
  stripe = connect();
});

afterEach(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

function connect(options: Partial<Stripe.StripeConfig> = {}, key = 'sk_test_sandbox'): Stripe {
  const { port } = simulator;
  return new Stripe(key, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    ...options,
  });
}

const newKey = () => `key-${(keyCount += 1)}`;
const reference = (attempt: string) => ({ attempt_id: attempt, checkout_session_id: `cs_${attempt}` });
const token = (name: string) => ({ type: 'card', card: { token: name } }) as unknown as MethodData;
const shared = (id: string) => ({ shared_payment_granted_token: id }) as unknown as MethodData;

function pay(params: Partial<Stripe.PaymentIntentCreateParams>, options: Stripe.RequestOptions = {}) {
  const defaults = { amount: 1999, currency: 'usd', confirm: true, metadata: reference('a1') };
  return stripe.paymentIntents.create({ ...defaults, ...params }, { idempotencyKey: newKey(), ...options });
}

function payShared(id: string, params: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  return pay({ payment_method_data: shared(id), ...params }, { apiVersion: PREVIEW });
}

async function mint(usage: object = {}, payment_method = 'pm_card_visa'): Promise<Token> {
  const usage_limits = { currency: 'usd', max_amount: 5000, ...usage };
  const path = '/v1/test_helpers/shared_payment/granted_tokens';
  const minted = await stripe.rawRequest(
    'POST',
    path,
    { payment_method, usage_limits },
    { apiVersion: PREVIEW },
  );
  return minted as object as Token;
}

async function readToken(id: string): Promise<Token> {
  const path = `/v1/shared_payment/granted_tokens/${id}`;
  return stripe.rawRequest('GET', path, undefined, { apiVersion: PREVIEW });
}

async function refusal(attempt: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error(`Expected a Stripe error, got ${String(error)}`);
}

async function sim<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${simulator.url}/_sim${path}`, {
    method,
    body: body && JSON.stringify(body),
  } as RequestInit);
  return (await response.json()) as T;
}

async function ledger(query = ''): Promise<Record<string, unknown>[]> {
  return (await sim<{ entries: Record<string, unknown>[] }>('GET', `/ledger${query}`)).entries;
}

const fault = (action: string, more: object = {}, match: object = {}) =>
  sim('POST', '/faults', {
    match: { provider: 'stripe', method: 'POST', path: '^/v1/payment_intents$', ...match },
    action,
    ...more,
  });

async function restart(): Promise<void> {
  await simulator.close();
  simulator = await startPspSimulator({ port: 0, dataDir });
  stripe = connect();
}

describe('charging', () => {
  it('captures at once and records the movement under the names the metadata gives', async () => {
    const intent = await pay({ payment_method: 'pm_card_visa', expand: ['latest_charge', 'payment_method'] });
    expect(intent).toMatchObject({ status: 'succeeded', amount_received: 1999, metadata: reference('a1') });
    expect(intent.latest_charge).toMatchObject({ object: 'charge', captured: true, amount_captured: 1999 });
    expect(intent.payment_method).toMatchObject({ card: { brand: 'visa', last4: '4242' } });
    expect(await ledger()).toEqual([
      {
        provider: 'stripe',
        payment: intent.id,
        reference: 'a1',
        session_id: 'cs_a1',
        type: 'capture',
        amount: 1999,
        currency: 'usd',
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      },
    ]);
    expect(await ledger('?reference=other')).toEqual([]);
  });

  it('takes a literal test token any number of times', async () => {
    for (let time = 0; time < 3; time += 1) {
      expect(await pay({ payment_method_data: token('tok_visa') })).toMatchObject({ status: 'succeeded' });
    }
    expect(await ledger()).toHaveLength(3);
  });

  it.each(['tok_mastercard', 'tok_amex', 'tok_visa_debit', 'tok_createDispute', 'tok_threeDSecureOptional'])(
    'takes %s',
    async (name) => {
      expect(await pay({ payment_method_data: token(name) })).toMatchObject({ status: 'succeeded' });
    },
  );

  it('charges a stored payment method made from a token', async () => {
    const method = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_amex' } });
    expect(await stripe.paymentMethods.retrieve(method.id)).toMatchObject({ card: { brand: 'amex' } });
    expect(await pay({ payment_method: method.id })).toMatchObject({
      status: 'succeeded',
      payment_method: method.id,
    });
  });

  it('updates, confirms and reads an intent created without confirmation', async () => {
    const created = await pay({ confirm: false });
    expect(created.status).toBe('requires_payment_method');
    await stripe.paymentIntents.update(created.id, {
      amount: 2500,
      metadata: { checkout_session_id: '', note: 'x' },
    });
    const confirmed = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' });
    expect(confirmed).toMatchObject({
      status: 'succeeded',
      amount: 2500,
      metadata: { attempt_id: 'a1', note: 'x' },
    });
    expect(confirmed.metadata).not.toHaveProperty('checkout_session_id');
    expect(await stripe.paymentIntents.retrieve(created.id)).toMatchObject({ status: 'succeeded' });
    const charge = (await stripe.charges.list({ payment_intent: created.id })).data[0];
    expect(await stripe.charges.retrieve(charge?.id ?? '')).toMatchObject({
      amount: 2500,
      payment_intent: created.id,
    });
    const late = await refusal(stripe.paymentIntents.update(created.id, { amount: 1 }));
    expect(late.code).toBe('payment_intent_unexpected_state');
  });

  it('adds the ledger up to the balance', async () => {
    const intent = await pay({ payment_method: 'pm_card_visa' });
    await stripe.refunds.create({ payment_intent: intent.id, amount: 999 });
    expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 1000, currency: 'usd' }]);
  });
});

describe('declines', () => {
  it.each([
    ['visa_chargeDeclined', 'card_declined', 'generic_decline', 'try_again_later', undefined],
    ['chargeDeclined', 'card_declined', 'generic_decline', 'try_again_later', undefined],
    [
      'visa_chargeDeclinedInsufficientFunds',
      'card_declined',
      'insufficient_funds',
      'try_again_later',
      undefined,
    ],
    ['visa_chargeDeclinedLostCard', 'card_declined', 'lost_card', 'do_not_try_again', undefined],
    ['visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card', 'do_not_try_again', undefined],
    ['chargeDeclinedExpiredCard', 'expired_card', 'expired_card', 'confirm_card_data', 'exp_month'],
    ['chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc', 'confirm_card_data', 'cvc'],
    ['chargeDeclinedProcessingError', 'processing_error', 'processing_error', 'try_again_later', undefined],
    [
      'visa_chargeDeclinedVelocityLimitExceeded',
      'card_declined',
      'card_velocity_exceeded',
      undefined,
      undefined,
    ],
    ['chargeDeclinedFraudulent', 'card_declined', 'fraudulent', undefined, undefined],
    ['radarBlock', 'card_declined', 'fraudulent', undefined, undefined],
    ['riskLevelHighest', 'card_declined', 'fraudulent', undefined, undefined],
    ['chargeCustomerFail', 'card_declined', 'generic_decline', undefined, undefined],
    ['cvcCheckFail', 'incorrect_cvc', 'incorrect_cvc', 'confirm_card_data', 'cvc'],
    ['avsZipFail', 'incorrect_zip', 'incorrect_zip', undefined, 'address_zip'],
  ])('%s is %s', async (name, code, decline_code, advice_code, param) => {
    for (const instrument of [
      { payment_method: `pm_card_${name}` },
      { payment_method_data: token(`tok_${name}`) },
    ]) {
      const error = await refusal(pay(instrument));
      expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
      expect(error).toMatchObject({
        statusCode: 402,
        rawType: 'card_error',
        code,
        decline_code,
        advice_code,
        param,
      });
      const intent = error.payment_intent;
      expect(intent).toMatchObject({
        status: 'requires_payment_method',
        latest_charge: error.charge,
        payment_method: null,
      });
      expect(intent?.last_payment_error).toMatchObject({ code, decline_code, charge: error.charge });
      const charge = await stripe.charges.retrieve(error.charge ?? '');
      expect(charge).toMatchObject({ status: 'failed', failure_code: code });
    }
    expect(await ledger()).toEqual([]);
  });

  it('are blocked rather than refused by the issuer when a Radar rule decides', async () => {
    const error = await refusal(pay({ payment_method: 'pm_card_radarBlock' }));
    expect((await stripe.charges.retrieve(error.charge ?? '')).outcome?.type).toBe('blocked');
  });
});

describe('3-D Secure', () => {
  const proof = {
    card: {
      three_d_secure: {
        cryptogram: 'AAAA',
        electronic_commerce_indicator: '05',
        transaction_id: 'ds',
        version: '2.2.0',
      },
    },
  } as const;
  const challenged = 'pm_card_threeDSecure2Required';
  const neverRedirect = { enabled: true, allow_redirects: 'never' } as const;

  it('leaves nothing payable when the challenge is an error', async () => {
    const error = await refusal(pay({ payment_method: challenged, error_on_requires_action: true }));
    expect(error).toMatchObject({
      statusCode: 402,
      code: 'authentication_required',
      decline_code: 'authentication_not_handled',
    });
    const intent = await stripe.paymentIntents.retrieve(error.payment_intent?.id ?? '');
    expect(intent).toMatchObject({
      status: 'requires_payment_method',
      payment_method: null,
      latest_charge: null,
    });
    expect((await refusal(stripe.paymentIntents.confirm(intent.id))).code).toBe(
      'payment_intent_unexpected_state',
    );
    expect(await ledger()).toEqual([]);
  });

  it('asks for an action otherwise, without a redirect where nobody can follow one', async () => {
    for (const stay of [{ automatic_payment_methods: neverRedirect }, { use_stripe_sdk: true }]) {
      const intent = await pay({ payment_method: challenged, ...stay });
      expect(intent).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
    }
    expect(await ledger()).toEqual([]);
  });

  it('sends the buyer to the page of a bank, and from there back to the shop', async () => {
    const return_url = 'https://shop.example/return?order=1';
    const intent = await pay({ payment_method: challenged, return_url });
    const url = `${simulator.url}/_sim/3ds/${intent.id}`;
    expect(intent.next_action).toEqual({ type: 'redirect_to_url', redirect_to_url: { return_url, url } });
    const page = await fetch(url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const text = await page.text();
    expect(text).toMatch(
      /<html lang="en">.*<title>.*\$19\.99.*<button name="outcome" value="authenticated">/s,
    );
    const answer = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ outcome: 'authenticated' }),
      redirect: 'manual',
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(
      `${return_url}&payment_intent=${intent.id}&payment_intent_client_secret=${intent.client_secret}&redirect_status=succeeded`,
    );
    const done = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
    expect(done).toMatchObject({
      status: 'succeeded',
      next_action: null,
      latest_charge: { payment_method_details: { card: { three_d_secure: { result: 'authenticated' } } } },
    });
    expect(await ledger()).toMatchObject([{ type: 'capture', amount: 1999, reference: 'a1' }]);
    expect(await (await fetch(url)).text()).toMatch(/This payment is succeeded/);
  });

  it('ends unpaid when the buyer refuses or the card does, and can be tried again', async () => {
    const challenge = (id: string, outcome: string) => sim('POST', `/3ds/${id}`, { outcome });
    const intent = await pay({ payment_method: challenged });
    const status = 'requires_payment_method';
    expect(await challenge(intent.id, 'failed')).toEqual({ id: intent.id, status });
    const refused = await stripe.paymentIntents.retrieve(intent.id);
    expect(refused.last_payment_error?.code).toBe('payment_intent_authentication_failure');
    expect(await challenge(intent.id, 'authenticated')).toHaveProperty('error');
    await stripe.paymentIntents.confirm(intent.id, { payment_method: challenged });
    expect(await challenge(intent.id, 'authenticated')).toMatchObject({ status: 'succeeded' });

    const payment_method = 'pm_card_threeDSecureRequiredChargeDeclined';
    const poor = await pay({ payment_method });
    expect(await challenge(poor.id, 'authenticated')).toMatchObject({ status });
    const declined = await stripe.paymentIntents.retrieve(poor.id);
    expect(declined.last_payment_error?.decline_code).toBe('generic_decline');
    expect(await ledger()).toHaveLength(1);
    expect(await challenge('pi_none', 'failed')).toHaveProperty('error');
    expect(await sim('POST', `/3ds/${poor.id}`, { outcome: 'maybe' })).toHaveProperty('error');
  });

  it('does not complete a payment by a token that is used up meanwhile', async () => {
    const { id } = await mint({ max_amount: 2000 }, challenged);
    const [first, second] = [await payShared(id), await payShared(id)];
    expect(await sim('POST', `/3ds/${first.id}`, { outcome: 'authenticated' })).toMatchObject({
      status: 'succeeded',
    });
    expect(await sim('POST', `/3ds/${second.id}`, { outcome: 'authenticated' })).toMatchObject({
      error: expect.stringMatching(/remaining amount/) as string,
    });
    expect(await ledger()).toHaveLength(1);
  });

  it('refuses a card that wants authentication while the buyer is away', async () => {
    const error = await refusal(pay({ payment_method: 'pm_card_authenticationRequired', off_session: true }));
    expect(error).toMatchObject({ code: 'authentication_required', decline_code: 'authentication_required' });
  });

  it('charges the same instrument with the cryptogram of an authentication done elsewhere', async () => {
    const params = {
      payment_method_data: token('tok_threeDSecure2Required'),
      error_on_requires_action: true,
    };
    await refusal(pay(params));
    const intent = await pay({ ...params, payment_method_options: proof, expand: ['latest_charge'] });
    expect(intent).toMatchObject({
      status: 'succeeded',
      latest_charge: { payment_method_details: { card: { three_d_secure: { result: 'authenticated' } } } },
    });
    expect(await ledger()).toHaveLength(1);
  });

  it('may still be declined after the authentication', async () => {
    const payment_method = 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds';
    const error = await refusal(pay({ payment_method, payment_method_options: proof }));
    expect(error.decline_code).toBe('insufficient_funds');
  });

  it('wants the whole proof', async () => {
    const card = { three_d_secure: { cryptogram: 'AAAA', version: '2.2.0' } };
    const error = await refusal(
      pay({ payment_method: challenged, payment_method_options: { card } as typeof proof }),
    );
    expect(error.param).toBe('payment_method_options[card][three_d_secure][transaction_id]');
  });
});

describe('a payment that takes its time', () => {
  const slow = { payment_method: 'pm_card_simProcessing' };

  it.each([
    ['automatic', 'succeeded', 1],
    ['manual', 'requires_capture', 0],
  ] as const)('is processing until it succeeds (%s)', async (capture_method, status, movements) => {
    const intent = await pay({ ...slow, capture_method, expand: ['latest_charge'] });
    expect(intent).toMatchObject({ status: 'processing', latest_charge: { status: 'pending', paid: false } });
    expect(await ledger()).toEqual([]);
    const early = await refusal(stripe.paymentIntents.cancel(intent.id));
    expect(early.code).toBe('payment_intent_unexpected_state');
    expect(await sim('POST', `/payment_intents/${intent.id}/succeed`)).toEqual({ id: intent.id, status });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ status });
    expect(await ledger()).toHaveLength(movements);
    expect(await sim('POST', `/payment_intents/${intent.id}/fail`)).toHaveProperty('error');
  });

  it('gives back what it held of a shared token when it fails', async () => {
    const { id } = await mint({ max_amount: 2000 }, 'pm_card_simProcessing');
    const intent = await payShared(id, { amount: 2000 });
    expect((await refusal(payShared(id, { amount: 50 }))).message).toMatch(/remaining amount/);
    await sim('POST', `/payment_intents/${intent.id}/fail`);
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'card_declined' },
    });
    expect(await payShared(id, { amount: 2000 })).toMatchObject({ status: 'processing' });
    expect(await ledger()).toEqual([]);
  });
});

describe('disputes', () => {
  const dispute = (body: object) => sim<{ id: string; status: string }>('POST', '/disputes', body);
  const sums = async () => (await ledger()).map((entry) => [entry.type, entry.amount]);
  const types = async (prefix = 'charge.dispute.') => {
    const { data } = await stripe.events.list({ type: `${prefix}*`, limit: 100 });
    return data.map(({ type }) => type.slice(prefix.length)).reverse();
  };

  it('take the money at once and bring it back when they are won', async () => {
    const { id: payment, latest_charge } = await pay({ payment_method: 'pm_card_visa' });
    const { id } = await dispute({ payment, reason: 'product_not_received' });
    expect(await stripe.disputes.retrieve(id, { expand: ['payment_intent'] })).toMatchObject({
      object: 'dispute',
      status: 'needs_response',
      reason: 'product_not_received',
      amount: 1999,
      charge: latest_charge,
      payment_intent: { id: payment, object: 'payment_intent' },
      is_charge_refundable: false,
      evidence_details: { has_evidence: false, submission_count: 0 },
    });
    expect((await stripe.charges.retrieve(latest_charge as string)).disputed).toBe(true);
    expect(await refusal(stripe.refunds.create({ payment_intent: payment }))).toMatchObject({
      statusCode: 400,
      code: 'charge_disputed',
    });
    expect(await sim('POST', `/disputes/${id}/close`, { outcome: 'won' })).toMatchObject({ status: 'won' });
    expect(await sums()).toEqual([
      ['capture', 1999],
      ['dispute', 1999],
      ['dispute', -1999],
    ]);
    expect(await types()).toEqual(['created', 'funds_withdrawn', 'closed', 'funds_reinstated']);
    expect(await sim('POST', `/disputes/${id}/close`, { outcome: 'lost' })).toHaveProperty('error');
    await stripe.refunds.create({ payment_intent: payment });
  });

  it.each([
    ['won', 'won', ['created', 'funds_withdrawn', 'closed', 'funds_reinstated'], 0],
    ['lost', 'lost', ['created', 'funds_withdrawn', 'closed'], 500],
    ['under_review', 'under_review', ['created', 'funds_withdrawn', 'updated'], 500],
    ['needs_response', 'needs_response', ['created', 'funds_withdrawn'], 500],
    ['warning_closed', 'warning_closed', ['created', 'closed'], 0],
    [undefined, 'needs_response', ['created', 'funds_withdrawn'], 500],
  ])('end as %s', async (outcome, status, events, taken) => {
    const { latest_charge } = await pay({ payment_method: 'pm_card_visa' });
    const { id } = await dispute({ payment: latest_charge, outcome, amount: 500 });
    expect((await stripe.disputes.retrieve(id)).status).toBe(status);
    expect(await types()).toEqual(events);
    const lost = (await ledger()).filter((entry) => entry.type === 'dispute');
    expect(lost.reduce((sum, entry) => sum + (entry.amount as number), 0)).toBe(taken);
  });

  it.each([
    ['winning_evidence', undefined, 'won'],
    ['losing_evidence', undefined, 'lost'],
    ['a long story', true, 'under_review'],
    ['winning_evidence', false, 'needs_response'],
  ])('are decided by the evidence %j, submit %j: %s', async (uncategorized_text, submit, status) => {
    const { id: payment } = await pay({ payment_method: 'pm_card_visa' });
    const { id } = await dispute({ payment });
    const evidence = { uncategorized_text };
    const updated = await stripe.disputes.update(id, {
      evidence,
      ...(submit === undefined ? {} : { submit }),
    });
    expect(updated).toMatchObject({ status, evidence, evidence_details: { has_evidence: true } });
    expect(updated.evidence_details.submission_count).toBe(submit === false ? 0 : 1);
    if (submit === false)
      expect(await stripe.disputes.update(id, { submit: true })).toMatchObject({ status: 'won' });
  });

  it('are lost when the shop accepts them, and over then', async () => {
    const { id: payment } = await pay({ payment_method: 'pm_card_visa' });
    const { id } = await dispute({ payment });
    expect(await stripe.disputes.close(id)).toMatchObject({ status: 'lost' });
    expect((await refusal(stripe.disputes.close(id))).message).toMatch(/already closed/);
    expect(await stripe.disputes.update(id, { metadata: { note: 'x' } })).toMatchObject({
      metadata: { note: 'x' },
    });
    expect((await stripe.disputes.list({ payment_intent: payment })).data).toHaveLength(1);
    expect((await stripe.disputes.list({ charge: 'ch_other' })).data).toEqual([]);
  });

  it.each([
    ['createDispute', 'needs_response', 'fraudulent', true],
    ['createDisputeProductNotReceived', 'needs_response', 'product_not_received', true],
    ['createDisputeInquiry', 'warning_needs_response', 'fraudulent', false],
  ])('follow the card %s', async (name, status, reason, withdrawn) => {
    const { id } = await pay({ payment_method: `pm_card_${name}` });
    const [found] = (await stripe.disputes.list({ payment_intent: id })).data;
    expect(found).toMatchObject({ status, reason });
    expect(await sums()).toEqual(
      withdrawn
        ? [
            ['capture', 1999],
            ['dispute', 1999],
          ]
        : [['capture', 1999]],
    );
    const [charged] = (await stripe.events.list({ type: 'charge.succeeded' })).data;
    expect(charged?.data.object).toMatchObject({ disputed: false });
    const refund = stripe.refunds.create({ payment_intent: id });
    if (withdrawn) await refusal(refund);
    else await refund;
  });

  it('may announce themselves', async () => {
    const intent = await pay({ payment_method: 'pm_card_createIssuerFraudRecord' });
    const warning = { charge: intent.latest_charge, payment_intent: intent.id };
    const [listed] = (await stripe.radar.earlyFraudWarnings.list({ payment_intent: intent.id })).data;
    expect(listed).toMatchObject(warning);
    expect(await stripe.radar.earlyFraudWarnings.retrieve(listed?.id ?? '')).toMatchObject(warning);
    expect(await types('radar.')).toEqual(['early_fraud_warning.created']);
    expect(await stripe.disputes.list()).toMatchObject({ data: [] });
  });

  it('are about captured payments, once at a time, and for no more than was paid', async () => {
    const held = await pay({ payment_method: 'pm_card_visa', capture_method: 'manual' });
    const paid = await pay({ payment_method: 'pm_card_visa' });
    expect(await dispute({ payment: held.id })).toHaveProperty('error');
    expect(await dispute({ payment: 'pi_none' })).toHaveProperty('error');
    expect(await dispute({ payment: paid.id, amount: 2000 })).toHaveProperty('error');
    expect(await dispute({ payment: paid.id, outcome: 'maybe' })).toHaveProperty('error');
    const { id } = await dispute({ payment: paid.id });
    expect(await dispute({ payment: paid.id })).toHaveProperty('error');
    expect(await sim('POST', `/disputes/${id}/close`, { outcome: 'warning_closed' })).toHaveProperty('error');
    expect((await stripe.disputes.list()).data).toHaveLength(1);
  });
});

describe('events', () => {
  const newestLast = async (params: Stripe.EventListParams = {}) =>
    (await stripe.events.list({ limit: 100, ...params })).data.reverse();
  const types = async () => (await newestLast()).map(({ type }) => type);

  it.each<[string, () => Promise<unknown>, string[]]>([
    [
      'a payment',
      () => pay({ payment_method: 'pm_card_visa' }),
      ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded', 'charge.updated'],
    ],
    [
      'a decline',
      () => refusal(pay({ payment_method: 'pm_card_chargeDeclined' })),
      ['payment_intent.created', 'charge.failed', 'payment_intent.payment_failed'],
    ],
    [
      'an authorization that is captured',
      async () => {
        const { id } = await pay({ payment_method: 'pm_card_visa', capture_method: 'manual' });
        await stripe.paymentIntents.capture(id);
      },
      [
        'payment_intent.created',
        'charge.succeeded',
        'payment_intent.amount_capturable_updated',
        'charge.captured',
        'payment_intent.succeeded',
      ],
    ],
    [
      'an authorization that is canceled',
      async () => {
        const { id } = await pay({ payment_method: 'pm_card_visa', capture_method: 'manual' });
        await stripe.paymentIntents.cancel(id);
      },
      [
        'payment_intent.created',
        'charge.succeeded',
        'payment_intent.amount_capturable_updated',
        'payment_intent.canceled',
      ],
    ],
    [
      'a challenge that is met',
      async () => {
        const { id } = await pay({
          payment_method: 'pm_card_threeDSecure2Required',
          capture_method: 'automatic',
        });
        await sim('POST', `/3ds/${id}`, { outcome: 'authenticated' });
      },
      [
        'payment_intent.created',
        'payment_intent.requires_action',
        'charge.succeeded',
        'payment_intent.succeeded',
      ],
    ],
    [
      'a payment that takes its time and fails',
      async () => {
        const { id } = await pay({ payment_method: 'pm_card_simProcessing' });
        await sim('POST', `/payment_intents/${id}/fail`);
      },
      [
        'payment_intent.created',
        'charge.pending',
        'payment_intent.processing',
        'charge.failed',
        'payment_intent.payment_failed',
      ],
    ],
    [
      'a shared token that is used up, and one that is revoked',
      async () => {
        await payShared((await mint({ max_amount: 1999 })).id, { capture_method: 'automatic' });
        const { id } = await mint();
        const path = `/v1/test_helpers/shared_payment/granted_tokens/${id}/revoke`;
        await stripe.rawRequest('POST', path, {}, { apiVersion: PREVIEW });
      },
      [
        'payment_intent.created',
        'charge.succeeded',
        'payment_intent.succeeded',
        'shared_payment.granted_token.used',
        'shared_payment.granted_token.deactivated',
        'shared_payment.granted_token.deactivated',
      ],
    ],
    [
      'a refund that the bank sends back',
      async () => {
        const { id } = await pay({ payment_method: 'pm_card_visa', capture_method: 'automatic' });
        const refund = await stripe.refunds.create({ payment_intent: id });
        await sim('POST', `/refunds/${refund.id}/fail`);
      },
      [
        'payment_intent.created',
        'charge.succeeded',
        'payment_intent.succeeded',
        'refund.created',
        'charge.refunded',
        'refund.updated',
        'refund.failed',
      ],
    ],
    [
      'nothing that happened',
      async () => {
        await refusal(pay({ amount: 1 }));
        await refusal(payShared((await mint({ max_amount: 1 })).id));
        await stripe.balance.retrieve();
      },
      [],
    ],
  ])('tell of %s', async (_, happens, expected) => {
    await happens();
    expect(await types()).toEqual(expected);
  });

  it('show the object as it was, and what it was before', async () => {
    const intent = await pay({ payment_method: 'pm_card_visa' });
    await stripe.refunds.create({ payment_intent: intent.id, amount: 500 });
    await stripe.refunds.create({ payment_intent: intent.id });
    const refunded = await newestLast({ type: 'charge.refunded' });
    expect(refunded.map(({ data }) => data)).toMatchObject([
      {
        object: { amount_refunded: 500, refunded: false, payment_intent: intent.id },
        previous_attributes: { amount_refunded: 0 },
      },
      {
        object: { amount_refunded: 1999, refunded: true },
        previous_attributes: { amount_refunded: 500, refunded: false },
      },
    ]);
    const [declined] = await (async () => {
      await refusal(pay({ payment_method: 'pm_card_chargeDeclined' }));
      return newestLast({ type: 'payment_intent.payment_failed' });
    })();
    expect(declined?.data.object).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'card_declined' },
    });
  });

  it('are recorded once for a request that is repeated under its key', async () => {
    const idempotencyKey = 'acp:cs_1:1';
    const paid = await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    const events = await newestLast();
    expect(events).toHaveLength(4);
    const request = { id: paid.lastResponse.requestId, idempotency_key: idempotencyKey };
    expect(events.map((event) => event.request)).toEqual([request, request, request, request]);
    await fault('execute_then_500');
    await refusal(pay({ payment_method: 'pm_card_visa' }));
    expect(await newestLast()).toHaveLength(8);
  });

  it('are listed by type and time, and read one by one', async () => {
    await pay({ payment_method: 'pm_card_visa' });
    await sim('POST', '/clock', { advance_seconds: 100 });
    await pay({ confirm: false });
    const created = await newestLast({ types: ['payment_intent.created'] });
    expect(created).toHaveLength(2);
    const [first, second] = created;
    expect(await newestLast({ created: { gte: second?.created ?? 0 } })).toEqual([second]);
    expect(await newestLast({ type: 'charge.*' })).toHaveLength(2);
    expect(await newestLast({ types: ['charge.failed', 'charge.captured'] })).toEqual([]);
    const page = await stripe.events.list({ limit: 2, starting_after: second?.id });
    expect(page.data.map(({ type }) => type)).toEqual(['charge.updated', 'payment_intent.succeeded']);
    expect(page.has_more).toBe(true);
    expect(await stripe.events.retrieve(first?.id ?? '')).toEqual(
      expect.objectContaining({ id: first?.id, object: 'event', data: first?.data }),
    );
    expect((await refusal(stripe.events.retrieve('evt_none'))).statusCode).toBe(404);
    expect((await refusal(stripe.events.list({ tipe: 'x' } as object))).code).toBe('parameter_unknown');
  });

  it('are there after a restart, with those to come after them', async () => {
    await pay({ payment_method: 'pm_card_visa' });
    const before = await newestLast();
    await restart();
    expect(await newestLast()).toEqual(before);
    await pay({ confirm: false });
    expect((await newestLast()).slice(0, -1)).toEqual(before);
  });
});

describe('customers', () => {
  it('are created, updated, read and listed', async () => {
    const ann = await stripe.customers.create({
      email: 'ann@example.com',
      name: 'Ann',
      metadata: { a: '1' },
    });
    const bob = await stripe.customers.create({ email: 'bob@example.com' });
    await stripe.customers.update(ann.id, { phone: '+1', name: '', metadata: { b: '2' } });
    expect(await stripe.customers.retrieve(ann.id)).toMatchObject({
      object: 'customer',
      email: 'ann@example.com',
      name: null,
      phone: '+1',
      metadata: { a: '1', b: '2' },
    });
    expect((await stripe.customers.list()).data.map(({ id }) => id)).toEqual([bob.id, ann.id]);
    expect((await stripe.customers.list({ email: 'ann@example.com' })).data).toHaveLength(1);
    expect((await refusal(stripe.customers.retrieve('cus_none'))).statusCode).toBe(404);
  });

  it('are whom payments are for', async () => {
    const { id } = await stripe.customers.create({ name: 'Ann' });
    const intent = await pay({
      payment_method: 'pm_card_visa',
      customer: id,
      expand: ['customer', 'latest_charge'],
    });
    expect(intent).toMatchObject({ customer: { id, name: 'Ann' }, latest_charge: { customer: id } });
    await pay({ payment_method: 'pm_card_visa' });
    const theirs = await stripe.paymentIntents.list({ customer: id });
    expect(theirs.data.map((one) => [one.id, one.customer])).toEqual([[intent.id, id]]);
    const error = await refusal(pay({ customer: 'cus_none' }));
    expect(error).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
  });
});

describe('search', () => {
  const search = async (query: string) =>
    (await stripe.paymentIntents.search({ query })).data.map(({ id }) => id);

  it('finds intents by their metadata, status, amount and currency', async () => {
    const first = await pay({ payment_method: 'pm_card_visa', metadata: { attempt_id: 'a 1' } });
    const second = await pay({ confirm: false, amount: 5000, metadata: reference('a2') });
    expect(await search(`metadata['attempt_id']:'a 1'`)).toEqual([first.id]);
    expect(await search(`metadata["attempt_id"]:"a2" AND status:"requires_payment_method"`)).toEqual([
      second.id,
    ]);
    expect(await search(`metadata['attempt_id']:'a2' AND status:'succeeded'`)).toEqual([]);
    expect(await search(`status:'succeeded' OR amount>=5000`)).toEqual([second.id, first.id]);
    expect(await search(`-status:'succeeded' AND currency:'usd'`)).toEqual([second.id]);
    expect(await search(`amount<5000 AND created>${first.created - 1}`)).toEqual([first.id]);
    const page = await stripe.paymentIntents.search({ query: `currency:'usd'`, limit: 1 });
    expect(page).toMatchObject({ object: 'search_result', has_more: true, data: [{ id: second.id }] });
    const next = await stripe.paymentIntents.search({
      query: `currency:'usd'`,
      limit: 1,
      page: page.next_page ?? '',
    });
    expect(next).toMatchObject({ has_more: false, next_page: null, data: [{ id: first.id }] });
  });

  it.each([`status`, `status:'a' AND x`, `colour:'red'`, `status:'a' AND amount>1 OR amount<2`])(
    'refuses the query %s',
    async (query) => {
      expect((await refusal(stripe.paymentIntents.search({ query }))).param).toBe('query');
    },
  );

  it('lags behind on request', async () => {
    await pay({ payment_method: 'pm_card_visa' });
    await fault('search_lag', {}, { method: 'GET', path: '/search$' });
    expect(await search(`currency:'usd'`)).toEqual([]);
    expect(await search(`currency:'usd'`)).toHaveLength(1);
  });
});

describe('shared payment tokens', () => {
  it('are charged up to the sum of their limit and then consumed', async () => {
    const { id } = await mint({}, 'pm_card_mastercard');
    expect(await payShared(id, { amount: 2000 })).toMatchObject({ status: 'succeeded' });
    expect(await readToken(id)).toMatchObject({
      deactivated_reason: null,
      usage_details: { amount_captured: { value: 2000 } },
      payment_method_details: { card: { last4: '4444' } },
    });
    const over = await refusal(payShared(id, { amount: 3001 }));
    expect(over).toMatchObject({ statusCode: 400, rawType: 'invalid_request_error', code: undefined });
    expect(over.message).toMatch(/remaining amount capturable/);
    await payShared(id, { amount: 3000 });
    expect((await readToken(id)).deactivated_reason).toBe('consumed');
    expect((await refusal(payShared(id))).message).toMatch(/deactivated state/);
  });

  it('are accepted in their older place', async () => {
    const { id } = await mint();
    const legacy = { shared_payment_granted_token: id } as object;
    expect(await pay(legacy, { apiVersion: PREVIEW })).toMatchObject({ status: 'succeeded' });
  });

  it('are of no use once revoked', async () => {
    const { id } = await mint();
    const path = `/v1/test_helpers/shared_payment/granted_tokens/${id}/revoke`;
    await stripe.rawRequest('POST', path, {}, { apiVersion: PREVIEW });
    expect((await readToken(id)).deactivated_reason).toBe('revoked');
    expect((await refusal(payShared(id))).message).toMatch(/deactivated state/);
  });

  it('expire by the clock of the simulator', async () => {
    const { id } = await mint({ expires_at: Math.floor(Date.now() / 1000) + 3600 });
    await sim('POST', '/clock', { advance_seconds: 3601 });
    expect((await refusal(payShared(id))).message).toMatch(/deactivated state/);
    expect((await readToken(id)).deactivated_reason).toBe('expired');
  });

  it('are not spent by a decline', async () => {
    const { id } = await mint({}, 'pm_card_visa_chargeDeclined');
    expect(await refusal(payShared(id))).toMatchObject({ statusCode: 402, code: 'card_declined' });
    expect(await readToken(id)).toMatchObject({
      deactivated_reason: null,
      usage_details: { amount_captured: { value: 0 } },
    });
  });

  it('hold an authorization against their limit and release it on cancel', async () => {
    const { id } = await mint({ max_amount: 2000 });
    const held = await payShared(id, { amount: 2000, capture_method: 'manual' });
    expect((await refusal(payShared(id, { amount: 50 }))).message).toMatch(/remaining amount/);
    await stripe.paymentIntents.cancel(held.id);
    expect(await payShared(id, { amount: 2000 })).toMatchObject({ status: 'succeeded' });
  });

  it('are refused in another currency, under an unknown id, and as a payment method', async () => {
    const { id } = await mint();
    expect((await refusal(payShared(id, { currency: 'eur' }))).statusCode).toBe(400);
    expect((await refusal(payShared('spt_none'))).code).toBe('resource_missing');
    expect((await refusal(pay({ payment_method: id }))).message).toMatch(/No such PaymentMethod/);
  });

  it('need a preview version', async () => {
    const { id } = await mint();
    const error = await refusal(pay({ payment_method_data: shared(id) }));
    expect(error).toMatchObject({
      code: 'parameter_unknown',
      param: 'payment_method_data[shared_payment_granted_token]',
    });
    const path = `/v1/shared_payment/granted_tokens/${id}`;
    expect((await refusal(stripe.rawRequest('GET', path))).statusCode).toBe(404);
    const old = { apiVersion: '2026-03-25.preview' };
    expect((await refusal(stripe.rawRequest('GET', path, undefined, old))).statusCode).toBe(404);
  });
});

describe('capture, cancel and refund', () => {
  it('captures part of an authorization once', async () => {
    const intent = await pay({ payment_method: 'pm_card_visa', capture_method: 'manual' });
    expect(intent).toMatchObject({ status: 'requires_capture', amount_capturable: 1999, amount_received: 0 });
    expect(await ledger()).toEqual([]);
    const greedy = await refusal(stripe.paymentIntents.capture(intent.id, { amount_to_capture: 2000 }));
    expect(greedy.param).toBe('amount_to_capture');
    const captured = await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1500 });
    expect(captured).toMatchObject({ status: 'succeeded', amount_received: 1500, amount_capturable: 0 });
    expect(await ledger()).toMatchObject([{ type: 'capture', amount: 1500 }]);
    const again = await refusal(stripe.paymentIntents.capture(intent.id));
    expect(again).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    expect(again.message).toMatch(/already been captured/);
    const late = await refusal(stripe.paymentIntents.cancel(intent.id));
    expect(late.code).toBe('payment_intent_unexpected_state');
  });

  it('cancels an authorization without moving money', async () => {
    const intent = await pay({ payment_method: 'pm_card_visa', capture_method: 'manual' });
    const canceled = await stripe.paymentIntents.cancel(intent.id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
    expect((await refusal(stripe.paymentIntents.capture(intent.id))).code).toBe(
      'payment_intent_unexpected_state',
    );
    expect(await ledger()).toEqual([]);
  });

  it('refunds in parts and never more than was captured', async () => {
    const payment_intent = (await pay({ payment_method: 'pm_card_visa' })).id;
    const first = await stripe.refunds.create({ payment_intent, amount: 999, metadata: { refund_id: 'r1' } });
    expect(first).toMatchObject({ status: 'succeeded', amount: 999, metadata: { refund_id: 'r1' } });
    const over = await refusal(stripe.refunds.create({ payment_intent, amount: 1001 }));
    expect(over).toMatchObject({ statusCode: 400, param: 'amount', code: undefined });
    const rest = await stripe.refunds.create({ payment_intent });
    expect(rest.amount).toBe(1000);
    expect((await refusal(stripe.refunds.create({ payment_intent }))).code).toBe('charge_already_refunded');
    const listed = await stripe.refunds.list({ payment_intent });
    expect(listed.data.map((refund) => refund.id)).toEqual([rest.id, first.id]);
    expect(await stripe.refunds.retrieve(first.id)).toMatchObject({ payment_intent });
    const charge = await stripe.charges.retrieve(rest.charge as string);
    expect(charge).toMatchObject({ amount_refunded: 1999, refunded: true });
    expect((await ledger()).map((entry) => [entry.type, entry.amount])).toEqual([
      ['capture', 1999],
      ['refund', 999],
      ['refund', 1000],
    ]);
  });

  it('does not refund what was not captured', async () => {
    const held = await pay({ payment_method: 'pm_card_visa', capture_method: 'manual' });
    const error = await refusal(stripe.refunds.create({ payment_intent: held.id }));
    expect(error).toMatchObject({ statusCode: 400, code: undefined });
    const open = await pay({ confirm: false });
    expect((await refusal(stripe.refunds.create({ payment_intent: open.id }))).message).toMatch(
      /successful charge/,
    );
  });

  it('keeps a pending refund pending until the bank decides, and takes back one that fails', async () => {
    const charge = (await pay({ payment_method: 'pm_card_pendingRefund' })).latest_charge as string;
    const refund = await stripe.refunds.create({ charge });
    expect((await stripe.refunds.retrieve(refund.id)).status).toBe('pending');
    expect(await ledger()).toHaveLength(1);
    await sim('POST', `/refunds/${refund.id}/succeed`);
    expect((await stripe.refunds.retrieve(refund.id)).status).toBe('succeeded');
    await sim('POST', `/refunds/${refund.id}/fail`);
    expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ status: 'failed' });
    expect((await ledger()).map((entry) => entry.amount)).toEqual([1999, 1999, -1999]);
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(await sim('POST', `/refunds/${refund.id}/succeed`)).toHaveProperty('error');
  });
});

describe('validation', () => {
  it.each([
    [{ amount: 49, payment_method: 'pm_card_visa' }, 'amount_too_small', 'amount'],
    [{ payment_method: 'pm_card_unheardOf' }, 'resource_missing', 'payment_method'],
    [{ payment_method: 'pm_card_visa_mastercard' }, 'resource_missing', 'payment_method'],
    [{ payment_method_data: token('tok_nope') }, 'resource_missing', 'card[token]'],
    [{ amuont: 1 }, 'parameter_unknown', 'amuont'],
    [
      { payment_method_options: { card: { threeds: 1 } } },
      'parameter_unknown',
      'payment_method_options[card][threeds]',
    ],
    [{ amount: 'ten' }, 'parameter_invalid_integer', 'amount'],
    [{ currency: undefined }, 'parameter_missing', 'currency'],
  ])('refuses %j', async (params, code, param) => {
    const error = await refusal(pay(params as object));
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject({ statusCode: 400, code, param });
  });

  it('answers 404 for what it does not have', async () => {
    expect(await refusal(stripe.paymentIntents.retrieve('pi_none'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
    const error = await refusal(stripe.coupons.create({}));
    expect(error.message).toMatch(/^Unrecognized request URL \(POST: \/v1\/coupons\)/);
    expect(error.statusCode).toBe(404);
  });

  it.each([
    ['sk_live_real', /refuses live-mode keys/],
    ['rk_live_real', /refuses live-mode keys/],
    ['rzp_live_real', /refuses live-mode keys/],
    ['nonsense', /Invalid API Key/],
  ])('refuses the key %s', async (key, message) => {
    const error = await refusal(connect({}, key).balance.retrieve());
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(error.message).toMatch(message);
  });

  it('accepts a test key as the Basic user name', async () => {
    const authorization = `Basic ${Buffer.from('rk_test_x:').toString('base64')}`;
    expect((await fetch(`${simulator.url}/v1/balance`, { headers: { authorization } })).status).toBe(200);
    expect((await fetch(`${simulator.url}/v1/balance`)).status).toBe(401);
  });
});

describe('lists', () => {
  it('pages newest first', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await pay({ confirm: false })).id);
    const first = await stripe.paymentIntents.list({ limit: 2 });
    expect([first.data.map((one) => one.id), first.has_more]).toEqual([ids.slice(0, 2), true]);
    const last = await stripe.paymentIntents.list({ limit: 3, starting_after: ids[1] });
    expect([last.data.map((one) => one.id), last.has_more]).toEqual([ids.slice(2), false]);
    const back = await stripe.paymentIntents.list({ limit: 2, ending_before: ids[3] });
    expect([back.data.map((one) => one.id), back.has_more]).toEqual([ids.slice(1, 3), true]);
    const everything = await stripe.paymentIntents.list({ limit: 2 }).autoPagingToArray({ limit: 100 });
    expect(everything.map((one) => one.id)).toEqual(ids);
  });

  it('finds an attempt by creation time and metadata', async () => {
    await pay({ confirm: false });
    await sim('POST', '/clock', { advance_seconds: 100 });
    const later = await pay({ payment_method: 'pm_card_visa', metadata: reference('a2') });
    const found = await stripe.paymentIntents.list({
      created: { gte: later.created },
      expand: ['data.latest_charge'],
    });
    expect(found.data).toMatchObject([
      { id: later.id, metadata: reference('a2'), latest_charge: { object: 'charge' } },
    ]);
    const earlier = await stripe.paymentIntents.list({ created: { lt: later.created } });
    expect(earlier.data).toHaveLength(1);
    expect((await stripe.paymentIntents.list({ created: { gt: later.created } })).data).toEqual([]);
    expect((await stripe.paymentIntents.list({ created: { lte: later.created } })).data).toHaveLength(2);
    expect((await stripe.paymentIntents.list({ created: { lte: later.created - 1 } })).data).toHaveLength(1);
    expect((await stripe.paymentIntents.list({ created: later.created })).data).toHaveLength(1);
  });
});

describe('idempotency', () => {
  const idempotencyKey = 'acp:cs_1:1';

  it('replays a success with the request it came from', async () => {
    const first = await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    const again = await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'original-request': first.lastResponse.requestId,
      'idempotency-key': idempotencyKey,
    });
    expect(again.lastResponse.requestId).not.toBe(first.lastResponse.requestId);
    expect(first.lastResponse.headers['stripe-version']).toBe('2026-10-28.endive');
    expect(await ledger()).toHaveLength(1);
  });

  it('replays a decline', async () => {
    const payment_method = 'pm_card_chargeDeclined';
    const first = await refusal(pay({ payment_method }, { idempotencyKey }));
    const again = await refusal(pay({ payment_method }, { idempotencyKey }));
    expect(again.charge).toBe(first.charge);
    expect(again.headers).toHaveProperty('idempotent-replayed', 'true');
  });

  it('refuses a key with other parameters or on another endpoint, whatever their order', async () => {
    await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    const changed = await refusal(pay({ payment_method: 'pm_card_visa', amount: 2000 }, { idempotencyKey }));
    expect(changed).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(changed).toMatchObject({ statusCode: 400, rawType: 'idempotency_error', code: undefined });
    const open = await pay({ confirm: false });
    await stripe.paymentIntents.cancel(open.id, {}, { idempotencyKey: 'cancel' });
    const elsewhere = stripe.paymentIntents.capture(open.id, {}, { idempotencyKey: 'cancel' });
    expect(await refusal(elsewhere)).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    const reordered = {
      payment_method: 'pm_card_visa',
      metadata: reference('a1'),
      confirm: true,
      currency: 'usd',
      amount: 1999,
    };
    const replayed = await stripe.paymentIntents.create(reordered, { idempotencyKey });
    expect(replayed.lastResponse.headers).toHaveProperty('idempotent-replayed');
  });

  it('answers 409 while the first request is running', async () => {
    await fault('delay', { ms: 300 });
    const running = pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    // The delayed request has arrived as soon as no fault is left to take.
    await expect.poll(() => sim('GET', '/faults')).toEqual({ faults: [] });
    const error = await refusal(pay({ payment_method: 'pm_card_visa' }, { idempotencyKey }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeAPIError);
    expect(error).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    const intent = await running;
    expect((await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey })).id).toBe(intent.id);
    expect(await ledger()).toHaveLength(1);
  });

  it('does not store what failed validation', async () => {
    await refusal(pay({ amount: 1, payment_method: 'pm_card_visa' }, { idempotencyKey }));
    expect(await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey })).toMatchObject({
      status: 'succeeded',
    });
  });

  it('forgets a key after a day', async () => {
    const first = await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    await sim('POST', '/clock', { advance_seconds: 24 * 3600 - 1 });
    expect((await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey })).id).toBe(first.id);
    await sim('POST', '/clock', { advance_seconds: 1 });
    expect((await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey })).id).not.toBe(first.id);
    await restart();
    expect(await ledger()).toHaveLength(2);
  });
});

describe('faults', () => {
  const idempotencyKey = 'acp:cs_1:1';
  const attempt = (options: Stripe.RequestOptions = {}) =>
    pay({ payment_method: 'pm_card_visa' }, { idempotencyKey, ...options });

  // The SDK itself tries a second time after a closed connection, hence two.
  it.each(['refuse', 'reset'])('%s: connection error, nothing happened', async (action) => {
    await fault(action, {}, { times: 2 });
    expect(await refusal(attempt())).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(await ledger()).toEqual([]);
    expect(await attempt()).toMatchObject({ status: 'succeeded' });
  });

  it.each([
    [
      { status: 429 },
      Stripe.errors.StripeRateLimitError,
      'rate_limit',
      { 'stripe-rate-limited-reason': 'endpoint-rate' },
    ],
    [
      { status: 429, code: 'lock_timeout' },
      Stripe.errors.StripeRateLimitError,
      'lock_timeout',
      { 'stripe-should-retry': 'true' },
    ],
    [{ status: 500 }, Stripe.errors.StripeAPIError, undefined, {}],
    [{ status: 503 }, Stripe.errors.StripeAPIError, undefined, {}],
    [{ status: 401 }, Stripe.errors.StripeAuthenticationError, undefined, {}],
    [{ status: 403 }, Stripe.errors.StripePermissionError, undefined, {}],
  ])('status %j: nothing happened and nothing is stored', async (status, type, code, headers) => {
    await fault('status', status);
    const error = await refusal(attempt());
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ statusCode: status.status, code });
    expect(error.headers).toMatchObject(headers);
    expect(await ledger()).toEqual([]);
    expect((await attempt()).lastResponse.headers).not.toHaveProperty('idempotent-replayed');
  });

  it('status 502: a page instead of JSON', async () => {
    await fault('status', { status: 502 });
    const error = await refusal(attempt());
    expect(error).toBeInstanceOf(Stripe.errors.StripeAPIError);
    expect(error.statusCode).toBeUndefined();
    expect(await ledger()).toEqual([]);
  });

  it('409_in_flight: a conflict for as long as it says', async () => {
    await fault('409_in_flight', { ms: 200 });
    const start = Date.now();
    const error = await refusal(attempt());
    expect(error).toBeInstanceOf(Stripe.errors.StripeAPIError);
    expect(error).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    let intent: Stripe.PaymentIntent | null = null;
    while (!intent) intent = await attempt().catch(() => null);
    expect(Date.now() - start).toBeGreaterThanOrEqual(200);
  });

  it('delay: a timeout for a request that is carried out all the same', async () => {
    await fault('delay', { ms: 150 });
    const error = await refusal(attempt({ timeout: 50 }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(error.detail).toMatchObject({ code: 'ETIMEDOUT' });
    await expect.poll(() => ledger()).toHaveLength(1);
    expect((await attempt()).lastResponse.headers).toHaveProperty('idempotent-replayed');
  });

  it.each([
    ['execute_then_hang', 1, Stripe.errors.StripeConnectionError],
    ['execute_then_reset', 2, Stripe.errors.StripeConnectionError],
    ['execute_then_truncate_body', 1, Stripe.errors.StripeConnectionError],
    ['execute_then_html_502', 1, Stripe.errors.StripeAPIError],
    ['bad_json', 1, Stripe.errors.StripeAPIError],
  ])('%s: charged once, and the key tells', async (action, times, type) => {
    await fault(action, {}, { times });
    const error = await refusal(attempt({ timeout: 200 }));
    expect(error).toBeInstanceOf(type);
    expect(error.statusCode).toBeUndefined();
    expect(await ledger()).toHaveLength(1);
    const replay = await attempt();
    expect(replay.status).toBe('succeeded');
    expect(replay.lastResponse.headers).toHaveProperty('idempotent-replayed');
    expect(await ledger()).toHaveLength(1);
  });

  it('execute_then_500: charged, and the key answers 500 from then on', async () => {
    await fault('execute_then_500');
    for (const replayed of [undefined, 'true']) {
      const error = await refusal(attempt());
      expect(error).toBeInstanceOf(Stripe.errors.StripeAPIError);
      expect(error).toMatchObject({ statusCode: 500, rawType: 'api_error' });
      expect(error.headers?.['idempotent-replayed']).toBe(replayed);
    }
    const [entry, ...others] = await ledger();
    expect(others).toEqual([]);
    const [intent] = (await stripe.paymentIntents.list()).data;
    expect(intent).toMatchObject({ id: entry?.payment, status: 'succeeded', metadata: { attempt_id: 'a1' } });
  });

  it('stale_list: the list does not know yet', async () => {
    await attempt();
    await fault('stale_list', { ms: 60_000 }, { method: 'GET' });
    expect((await stripe.paymentIntents.list()).data).toEqual([]);
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  it('wrong_amount_in_response: the answer lies and the books do not', async () => {
    await fault('wrong_amount_in_response');
    expect(await attempt()).toMatchObject({ amount: 2000, amount_received: 2000 });
    expect(await attempt()).toMatchObject({ amount: 1999, amount_received: 1999 });
    expect(await ledger()).toMatchObject([{ amount: 1999 }]);
  });

  it('strike from the nth match on, as often as asked, and can be called off', async () => {
    await fault('status', { status: 503 }, { nth: 2, times: 2 });
    const statuses: (number | undefined)[] = [];
    for (let n = 0; n < 4; n += 1) {
      statuses.push(
        await pay({ confirm: false }).then(
          () => 200,
          (error: Stripe.errors.StripeError) => error.statusCode,
        ),
      );
    }
    expect(statuses).toEqual([200, 503, 503, 200]);
    await fault('status', { status: 503 });
    expect(await sim('DELETE', '/faults')).toEqual({ cleared: 1 });
    expect(await attempt()).toMatchObject({ status: 'succeeded' });
  });

  it.each([
    [{ action: 'explode' }, /action must be one of/],
    [{ action: 'status' }, /needs a status/],
    [{ action: 'delay', times: 2 }, /times is not one of/],
    [{ action: 'delay', match: { path: '(' } }, /regular expression/],
    [{ action: 'delay', ms: -1 }, /ms must be/],
  ])('refuse %j', async (body, message) => {
    const response = await fetch(`${simulator.url}/_sim/faults`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toMatch(message);
  });
});

describe('the journal', () => {
  const idempotencyKey = 'acp:cs_1:1';
  const journal = (dir: string) => join(dir, 'psp-sim', 'journal.jsonl');

  /** What a SIGKILL leaves: the files as they are now, and no owner. */
  function crashCopy(): string {
    const copy = mkdtempSync(join(folder, 'copy-'));
    cpSync(dataDir, copy, { recursive: true });
    rmSync(join(copy, 'psp-sim', 'lock'));
    return copy;
  }

  async function continueFrom(dir: string): Promise<void> {
    await simulator.close();
    dataDir = dir;
    simulator = await startPspSimulator({ port: 0, dataDir });
    stripe = connect();
  }

  it('brings everything back after a kill', async () => {
    const { id } = simulator;
    const paid = await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    const declined = await refusal(
      pay({ payment_method: 'pm_card_chargeDeclined' }, { idempotencyKey: 'd' }),
    );
    const spt = await mint();
    await payShared(spt.id, { amount: 1000 });
    const refund = await stripe.refunds.create({ payment_intent: paid.id, amount: 500 });
    await sim('POST', '/clock', { advance_seconds: 3600 });
    const webhook = {
      provider: 'stripe',
      url: 'http://127.0.0.1:3000/webhooks/stripe',
      secrets: ['whsec_sandbox'],
    };
    await sim('POST', '/webhooks', webhook);
    await sim('POST', '/webhooks', webhook);
    const before = await ledger();

    await continueFrom(crashCopy());

    expect(simulator.id).toBe(id);
    expect(await ledger()).toEqual(before);
    const { now, id: shownId } = await sim<{ id: string; now: string }>('GET', '');
    expect(shownId).toBe(id);
    expect(Date.parse(now)).toBeGreaterThan(Date.now() + 3_500_000);
    const replay = await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    expect(replay.id).toBe(paid.id);
    expect(replay.lastResponse.headers).toHaveProperty('original-request', paid.lastResponse.requestId);
    const again = await refusal(pay({ payment_method: 'pm_card_chargeDeclined' }, { idempotencyKey: 'd' }));
    expect(again.charge).toBe(declined.charge);
    expect((await readToken(spt.id)).usage_details.amount_captured.value).toBe(1000);
    expect((await stripe.refunds.retrieve(refund.id)).amount).toBe(500);
    expect((await sim<{ webhooks: unknown[] }>('GET', '/webhooks')).webhooks).toMatchObject([webhook]);
    expect((await pay({ confirm: false })).id > paid.id).toBe(true);
  });

  it('holds a charge with its ledger entry and its stored answer, or none of them, wherever it is cut', async () => {
    await mint();
    await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey });
    await simulator.close();
    const bytes = readFileSync(journal(dataDir));
    const lastLine = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    for (const length of [lastLine, lastLine + 1, bytes.length - 2, bytes.length - 1, bytes.length]) {
      writeFileSync(journal(dataDir), bytes.subarray(0, length));
      simulator = await startPspSimulator({ port: 0, dataDir });
      stripe = connect();
      const whole = length === bytes.length;
      const intents = (await stripe.paymentIntents.list()).data;
      expect([intents.length, (await ledger()).length]).toEqual(whole ? [1, 1] : [0, 0]);
      const { headers } = (await pay({ payment_method: 'pm_card_visa' }, { idempotencyKey })).lastResponse;
      expect('idempotent-replayed' in headers).toBe(whole);
      await restart();
      expect(await ledger()).toHaveLength(1);
      await simulator.close();
    }
    simulator = await startPspSimulator({ port: 0, dataDir });
  });

  it('says so when it is damaged in the middle', async () => {
    const copy = crashCopy();
    appendFileSync(journal(copy), '{"n":\n{}\n');
    await expect(startPspSimulator({ port: 0, dataDir: copy })).rejects.toThrow(/damaged at line 2/);
  });

  it('has one writer', async () => {
    await expect(startPspSimulator({ port: 0, dataDir })).rejects.toThrow(`in use by process ${process.pid}`);
    await pay({ payment_method: 'pm_card_visa' });
    await restart();
    expect(await ledger()).toHaveLength(1);
  });

  it.each([
    ['a process that is gone', () => ({ pid: spawnSync(process.execPath, ['-e', '']).pid, started: '1' })],
    ['a process whose pid another one has now', () => ({ pid: process.pid, started: '1' })],
    ['a crash in the middle of writing it', () => 'torn'],
  ])('takes over the lock of %s', async (_, owner) => {
    const dir = join(folder, 'other');
    mkdirSync(join(dir, 'psp-sim'), { recursive: true });
    writeFileSync(join(dir, 'psp-sim', 'lock'), JSON.stringify(owner()));
    await continueFrom(dir);
    expect(await ledger()).toEqual([]);
  });
});

describe('starting', () => {
  it('names the port when it is taken, and leaves the journal free', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const dir = join(folder, 'other');
    const start = () => startPspSimulator({ port, dataDir: dir });
    await expect(start()).rejects.toThrow(`Port ${port} is taken; set SANDBOX_PSP_PORT`);
    await new Promise((resolve) => blocker.close(resolve));
    await (await start()).close();
  });
});
