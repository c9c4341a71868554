import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sandboxSecrets } from '../../src/config/config.js';
import type {
  ChargeRequest,
  Credential,
  PaymentProvider,
  PreparedObject,
} from '../../src/payments/providers/payment-provider.js';
import { RazorpayProvider } from '../../src/payments/providers/razorpay/razorpay.provider.js';
import { Simulated } from './simulated-providers.js';

const world = new Simulated('razorpay', RazorpayProvider, sandboxSecrets.razorpayWebhookSecret, {
  charge: '/capture$',
  refund: '/refund$',
});
const total = { amount: 49_900, currency: 'inr' };
let provider: PaymentProvider;
let n = 0;

beforeAll(async () => {
  provider = await world.start();
});
afterEach(() => world.client.clearFaults());
afterAll(() => world.stop());

const preparing = (kind: PreparedObject['kind'], subjectId: string, id = `pop_${(n += 1)}`) => ({
  ...total,
  id,
  kind,
  subjectId,
  storeInstance: 'store',
  description: 'A purchase',
  expiresAt: new Date(Date.now() + 60_000),
});

/** A session with an order, and a link if one is asked for. */
async function session(
  ...kinds: PreparedObject['kind'][]
): Promise<(credential: Credential) => ChargeRequest> {
  const subjectId = `cs_${(n += 1)}`;
  const prepared: PreparedObject[] = [];
  for (const kind of ['order' as const, ...kinds])
    prepared.push(await provider.prepare!(preparing(kind, subjectId)));
  return (credential) => ({
    ...total,
    attemptId: `pay_${(n += 1)}`,
    key: `acp:store:${n}`,
    subjectId,
    storeInstance: 'store',
    capture: 'automatic',
    description: 'A purchase',
    credentialKind: credential.kind,
    credential: () => credential,
    prepared,
    reference: credential.reference ?? null,
    createdAt: new Date(),
  });
}
const saved = (token: string): Credential => ({ kind: 'razorpay_token', token: `cust_1/${token}` });
const success = saved('token_simSuccess');

async function checkout({ prepared }: ChargeRequest, buyer: object = {}): Promise<Credential> {
  const paid = await world.client.post('/_sim/razorpay/checkout', {
    order_id: prepared[0]!.reference,
    ...buyer,
  });
  const token = (paid as { razorpay_payment_id: string }).razorpay_payment_id;
  return { kind: 'razorpay_payment', token, reference: token };
}
const captured = async ({ subjectId }: ChargeRequest): Promise<number> =>
  (await world.ledger(subjectId)).filter(({ type }) => type === 'capture').length;

describe('a proof of payment', () => {
  it('of another order, or of another amount, is invalid and stays uncaptured', async () => {
    const one = (await session())(success);
    const proof = await checkout(one);
    const other = (await session())(proof);
    expect(await provider.charge(other)).toMatchObject({ state: 'invalid' });
    const dearer = { ...one, credentialKind: proof.kind, credential: () => proof, amount: 50_000 };
    expect(await provider.charge(dearer)).toMatchObject({ state: 'invalid' });
    expect(await captured(one)).toBe(0);
  });

  it('that was captured already, in the dashboard, is paid', async () => {
    const make = await session();
    const proof = await checkout(make(success), { outcome: 'captured' });
    expect(await provider.charge(make(proof))).toMatchObject({ state: 'captured', reference: proof.token });
  });

  it('is declined once the money went back', async () => {
    const make = await session();
    const request = make(await checkout(make(success)));
    await provider.charge(request);
    const { token } = request.credential();
    const refund = {
      ...total,
      id: `refund_${(n += 1)}_1`,
      payment: token,
      storeInstance: 'store',
      reason: '',
    };
    expect(await provider.refund(refund)).toMatchObject({ state: 'succeeded' });
    expect(await provider.charge(request)).toMatchObject({ state: 'declined' });
    // What happened is still that it was paid.
    expect((await provider.find(token))?.outcome).toMatchObject({ state: 'captured' });
  });

  it('of a payment that another one was faster than is blocked', async () => {
    const make = await session();
    const slow = await checkout(make(success));
    const fast = await checkout(make(success));
    expect(await provider.charge(make(fast))).toMatchObject({ state: 'captured' });
    expect(await provider.charge(make(slow))).toMatchObject({ state: 'blocked' });
    expect(await captured(make(success))).toBe(1);
  });
});

describe('a saved token', () => {
  it('is charged once by whoever asks again', async () => {
    const request = (await session())(success);
    const first = await provider.charge(request);
    expect(first).toMatchObject({ state: 'captured' });
    expect(await provider.charge(request)).toEqual(first);
    expect(await captured(request)).toBe(1);
  });

  it('is charged beside a payment that the buyer has only authorized: one of them is captured', async () => {
    const make = await session();
    await checkout(make(success));
    expect(await provider.charge(make(success))).toMatchObject({ state: 'captured' });
    expect(await captured(make(success))).toBe(1);
  });

  it('is not charged beside a payment that was captured', async () => {
    const make = await session();
    await checkout(make(success), { outcome: 'captured' });
    expect(await provider.charge(make(success))).toMatchObject({ state: 'blocked' });
    expect(await captured(make(success))).toBe(1);
  });

  it('whose bank could not be reached is declined because its payment says so', async () => {
    const request = (await session())(saved('token_simGatewayError'));
    expect(await provider.charge(request)).toMatchObject({
      state: 'declined',
      reference: expect.stringMatching(/^pay_/),
      failure: { retry: 'same_instrument' },
    });
    const unseen = (await session())(saved('token_simGatewayError'));
    const path = '/v1/orders/[^/]+/payments';
    await world.client.inject({ match: { method: 'GET', path, nth: 2 }, action: 'status', status: 503 });
    expect(await provider.charge(unseen)).toMatchObject({ state: 'unknown', maybeExecuted: true });
  });

  it('whose charge is answered but cannot be fetched may have been charged', async () => {
    const request = (await session())(success);
    await world.client.inject({ match: { method: 'GET', path: '/v1/payments/pay_' }, action: 'reset' });
    expect(await provider.charge(request)).toMatchObject({ state: 'unknown', maybeExecuted: true });
    expect(await provider.lookup(request)).toMatchObject({ state: 'captured' });
    expect(await captured(request)).toBe(1);
  });

  it.each(['500', '503'])('is not charged if the order cannot be looked at first: %s', async (status) => {
    const request = (await session())(success);
    const match = { method: 'GET', path: '/v1/orders/[^/]+/payments' };
    await world.client.inject({ match, action: 'status', status: Number(status) });
    expect(await provider.charge(request)).toMatchObject({ state: 'unknown', maybeExecuted: false });
    expect(await provider.lookup(request)).toMatchObject({ state: 'not_found' });
  });
});

describe('a payment link', () => {
  const payLink = (request: ChargeRequest, buyer: object) =>
    world.client.post(`/_sim/razorpay/links/${request.prepared[1]!.reference}/pay`, buyer);
  const close = (request: ChargeRequest) => provider.closeLink!(request.prepared[1]!.reference);

  it.each(['pending', 'authorized', 'captured'])('that is being paid is in use: %s', async (outcome) => {
    const request = (await session('link'))(success);
    await payLink(request, { outcome });
    expect(await close(request)).toBe('in_use');
    expect(await captured(request)).toBe(outcome === 'captured' ? 1 : 0);
  });

  it('that somebody begins to pay while it is being closed is in use', async () => {
    const request = (await session('link'))(success);
    const match = { method: 'POST', path: '/cancel$' };
    await world.client.post('/_sim/faults', { match, action: 'delay', ms: 500 });
    const closing = close(request);
    await expect.poll(() => world.client.get('/_sim/faults')).toEqual({ faults: [] });
    await payLink(request, { outcome: 'pending' });
    expect(await closing).toBe('in_use');
    expect(await captured(request)).toBe(0);
  });

  it('whose buyer gave up is closed', async () => {
    const request = (await session('link'))(success);
    await payLink(request, { outcome: 'failed' });
    expect(await close(request)).toBe('closed');
  });

  it('whose money has gone back is closed', async () => {
    const request = (await session('link'))(success);
    await payLink(request, { outcome: 'captured' });
    const payments = await world.client.get<{ entries: { payment: string; session_id: string }[] }>(
      '/_sim/ledger',
    );
    const payment = payments.entries.find(({ session_id }) => session_id === request.subjectId)!.payment;
    const back = { id: 'ref_back_again', payment, amount: request.amount, currency: 'inr' };
    await provider.refund({ ...back, storeInstance: request.storeInstance, reason: 'x' });
    expect(await close(request)).toBe('closed');
  });

  it('that cannot be closed says so', async () => {
    const request = (await session('link'))(success);
    await world.client.inject({ match: { path: '/cancel$' }, action: 'status', status: 503 });
    await expect(close(request)).rejects.toThrow('Razorpay');
    expect(await close(request)).toBe('closed');
  });

  it('whose making was not answered is found under its reference', async () => {
    const asked = preparing('link', 'cs_lost');
    await world.client.inject({
      match: { method: 'POST', path: '/payment_links$' },
      action: 'execute_then_reset',
    });
    await expect(provider.prepare!(asked)).rejects.toThrow('Razorpay');
    const link = await provider.prepare!(asked);
    expect(link).toMatchObject({ id: asked.id, kind: 'link', url: expect.stringContaining(link.reference) });
    expect(await provider.prepare!(asked)).toEqual(link);
  });

  it('for another amount than asked for is not used', async () => {
    await world.client.inject({ match: { method: 'POST' }, action: 'wrong_amount_in_response' });
    await expect(provider.prepare!(preparing('order', 'cs_wrong'))).rejects.toThrow('another amount');
  });
});

describe('lists of Razorpay', () => {
  it('are read to their end', async () => {
    const since = new Date(Date.now() - 2000);
    const request = (await session())(success);
    const paid: string[] = [];
    for (let count = 0; count <= 100; count += 1) paid.push((await checkout(request)).token);
    const listed = new Map<string, string | null>();
    for await (const { reference, subjectId } of provider.list(since)) listed.set(reference, subjectId);
    for (const payment of paid) expect(listed.get(payment)).toBe(request.subjectId);
  });
});

describe('a request to Razorpay', () => {
  /** Asks for one payment of a server that answers like this, and counts how often it was asked. */
  async function asked(
    answer: { status: number; headers?: object; body: string } | 'reset',
  ): Promise<[number, unknown]> {
    let requests = 0;
    const server = createServer((request, response) => {
      requests += 1;
      if (answer === 'reset') request.socket.resetAndDestroy();
      else response.writeHead(answer.status, { ...answer.headers }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const outcome: unknown = await world
      .provider(url)
      .find('pay_1')
      .catch((error: unknown) => error);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return [requests, outcome];
  }

  it.each([
    'reset' as const,
    { status: 500, body: '{"error":{"code":"SERVER_ERROR"}}' },
    { status: 502, body: '<html></html>' },
    { status: 302, headers: { Location: '/v1/elsewhere' }, body: '' },
    { status: 200, body: '{"id":"pay_1","amount"' },
    { status: 200, body: '{"id":"pay_1"}' },
    { status: 200, body: '' },
  ])('is sent once, and what is no answer is none: %j', async (answer) => {
    const [requests, outcome] = await asked(answer);
    expect(requests).toBe(1);
    expect(outcome).toMatchObject({ name: 'Error', message: expect.stringContaining('Razorpay') });
  });

  it('is not sent for what is no id', async () => {
    await world.client.inject({ match: { times: 1 }, action: 'reset' });
    for (const id of ['pay_1/../../orders', '', 'order_1', 'pay_1?x=1'])
      expect(await provider.find(id)).toBeNull();
    expect(await world.client.get('/_sim/faults')).toMatchObject({ faults: [{}] });
  });

  it('knows a payment of somebody else as not ours', async () => {
    const order = await fetch(`${world.simulator.url}/v1/orders`, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${btoa(`${sandboxSecrets.razorpayKeyId}:${sandboxSecrets.razorpayKeySecret}`)}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ amount: 100, currency: 'INR' }),
    });
    const { id } = (await order.json()) as { id: string };
    const paid = await world.client.post('/_sim/razorpay/checkout', { order_id: id });
    const payment = (paid as { razorpay_payment_id: string }).razorpay_payment_id;
    expect(await provider.find(payment)).toMatchObject({
      storeInstance: null,
      subjectId: null,
      preparedId: null,
    });
  });
});
