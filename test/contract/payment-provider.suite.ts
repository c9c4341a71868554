import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type {
  AuthenticationProof,
  ChargeRequest,
  Credential,
  OperationRequest,
  PaymentOutcome,
  PaymentProvider,
  PreparedObject,
  ProviderEvent,
} from '../../src/payments/providers/payment-provider.js';
import { ProviderUnavailable } from '../../src/payments/providers/payment-provider.js';
import { until } from '../support/wait.js';
import type { Delivery, MakeCredential, ProviderHarness } from './payment-provider.harness.js';

const storeInstance = 'store_contract';
/** How long a webhook may take. */
const patienceMs = 5_000;
const proof: AuthenticationProof = {
  cryptogram: 'AAIBBYNoEQAAAAAAg4PyBhdAEQs=',
  electronicCommerceIndicator: '05',
  transactionId: 'c4e59ceb-a382-4d6a-bc87-385d591fa09d',
  version: '2.2.0',
};

/**
 * The promises of `PaymentProvider`, to be run by whoever adds one: against its simulator, or its test mode. What the
 * provider itself does not have is stated, what the harness cannot bring about is skipped by name.
 */
export function paymentProviderContract(name: string, harness: ProviderHarness): void {
  describe(`payment provider: ${name}`, () => {
    let provider: PaymentProvider;
    const { total, credentials } = harness;

    beforeAll(async () => {
      provider = await harness.start();
    });
    afterEach(() => harness.clearFaults?.());
    afterAll(() => harness.stop());

    /** A test that needs something of the harness. */
    const given = (able: unknown, promise: string, test: () => Promise<void>): void => {
      if (able) it(promise, test);
      else it.skip(`${promise} (not offered by this harness)`, test);
    };

    const can = (verb: 'capture' | 'release'): boolean => !harness.without?.includes(verb);

    async function prepare(subjectId: string): Promise<PreparedObject[]> {
      const prepared: PreparedObject[] = [];
      for (const kind of provider.prepares ?? []) {
        const id = newId('pop');
        const expiresAt = new Date(Date.now() + 3_600_000);
        const request = {
          ...total,
          id,
          kind,
          subjectId,
          storeInstance,
          description: 'A purchase',
          expiresAt,
        };
        prepared.push(await provider.prepare!(request));
      }
      return prepared;
    }

    /** What a session would freeze for one attempt. */
    async function attempt(make: MakeCredential, over: Partial<ChargeRequest> = {}): Promise<ChargeRequest> {
      const subjectId = over.subjectId ?? newId('cs');
      const prepared = over.prepared ?? (await prepare(subjectId));
      const credential = await provider.parseCredential(await make(total, prepared), { prepared });
      if ('problem' in credential) throw new Error(`${credential.member}: ${credential.problem}`);
      return { ...frozen(credential, subjectId), ...total, prepared, ...over };
    }

    const captures = async ({ subjectId }: ChargeRequest): Promise<number[]> =>
      (await harness.ledger(subjectId)).filter(({ type }) => type === 'capture').map(({ amount }) => amount);
    const refunded = async ({ subjectId }: ChargeRequest): Promise<number> =>
      (await harness.ledger(subjectId))
        .filter(({ type }) => type === 'refund')
        .reduce((sum, { amount }) => sum + amount, 0);

    /** Charged, and the provider's id of the payment. */
    async function paid(
      over: Partial<ChargeRequest> = {},
    ): Promise<{ request: ChargeRequest; payment: string }> {
      const request = await attempt(credentials.succeeds, over);
      const outcome = await provider.charge(request);
      return {
        request,
        payment: referenceOf(outcome, request.capture === 'manual' ? 'authorized' : 'captured'),
      };
    }

    const operation = (payment: string, amount = total.amount): OperationRequest => ({
      id: newId('ref'),
      payment,
      amount,
      currency: total.currency,
      storeInstance,
      reason: 'requested_by_customer',
    });

    describe('offers', () => {
      it('a handler for the total, with what was prepared for it', async () => {
        const prepared = await prepare(newId('cs'));
        const offer = await provider.offer(total, prepared);
        expect(offer).toHaveProperty('handler');
        if (!('handler' in offer)) return;
        expect(offer.handler).toMatchObject({
          id: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
          name: expect.stringMatching(/^[a-z][a-z0-9]*(\.[a-z][a-z0-9_]*)+$/),
          version: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
          config: { merchant_id: expect.any(String) },
        });
        expect(offer.handler.accepts.length).toBeGreaterThan(0);
        expect(offer.handler.prepared ?? []).toEqual(prepared);
      });

      it.each(Object.entries(credentials.malformed))(
        'names %s of a credential that is none',
        async (member, make) => {
          const prepared = await prepare(newId('cs'));
          const parsed = await provider.parseCredential(await make(total, prepared), { prepared });
          expect(parsed).toEqual({ member, problem: expect.any(String) });
        },
      );
    });

    describe('charging', () => {
      it('takes the total once and says so', async () => {
        const request = await attempt(credentials.succeeds);
        expect((await provider.preflight?.(request)) ?? null).toBeNull();
        expect(await captures(request)).toEqual([]);
        expect(await provider.charge(request)).toMatchObject({
          state: 'captured',
          reference: expect.any(String),
        });
        expect(await captures(request)).toEqual([total.amount]);
      });

      it.each(Object.entries(credentials.declined))('says why it was declined: %s', async (reason, make) => {
        const request = await attempt(make);
        const outcome = (await provider.preflight?.(request)) ?? (await provider.charge(request));
        expect(outcome).toMatchObject({ state: 'declined', failure: { reason } });
        if (outcome.state === 'declined') expect(outcome.failure.message).toMatch(/^[A-Z].+\.$/);
        expect(await captures(request)).toEqual([]);
      });

      given(credentials.unknown, 'calls a credential that nobody knows invalid', async () => {
        const request = await attempt(credentials.unknown!);
        expect(await provider.charge(request)).toMatchObject({ state: 'invalid' });
        expect(await captures(request)).toEqual([]);
      });

      given(credentials.authentication, 'demands 3-D Secure, and charges once it is proved', async () => {
        const request = await attempt(credentials.authentication!);
        const demanded = await provider.charge(request);
        expect(demanded).toMatchObject({ state: 'authentication_required', demand: { acquirer: {} } });
        expect(await captures(request)).toEqual([]);
        const credential = { ...request.credential(), authentication: proof };
        const again = { ...request, ...frozen(credential, request.subjectId) };
        expect(await provider.charge(again)).toMatchObject({ state: 'captured' });
        expect(await provider.charge(again)).toMatchObject({ state: 'captured' });
        expect(await captures(request)).toEqual([total.amount]);
      });

      given(credentials.pending && harness.bankAgrees, 'waits for the bank, and captures then', async () => {
        const request = await attempt(credentials.pending!);
        const payment = referenceOf(await provider.charge(request), 'pending');
        expect(await captures(request)).toEqual([]);
        expect((await provider.find(payment))?.outcome).toMatchObject({ state: 'pending' });
        await harness.bankAgrees!(payment);
        expect(await provider.lookup({ ...request, reference: payment })).toMatchObject({
          state: 'captured',
        });
        expect(await captures(request)).toEqual([total.amount]);
      });

      given(
        credentials.late && harness.bankAgrees,
        'finds out that a bank says yes after its no',
        async () => {
          const request = await attempt(credentials.late!);
          const payment = referenceOf(await provider.charge(request), 'declined');
          await harness.bankAgrees!(payment);
          const found = await provider.find(payment);
          expect(found?.outcome.state).toMatch(/^(authorized|captured)$/);
          expect(await provider.lookup({ ...request, reference: payment })).toMatchObject({
            state: 'captured',
          });
          expect(await captures(request)).toEqual([total.amount]);
        },
      );
    });

    describe('a charge whose answer is lost', () => {
      const lost = ['lost_timeout', 'lost_reset', 'lost_error', 'lost_page'] as const;
      for (const fault of lost) {
        given(
          harness.inject,
          `is not called declined, is found, and is not made twice: ${fault}`,
          async () => {
            const request = await attempt(credentials.succeeds);
            await harness.inject!('charge', fault);
            const outcome = await provider.charge(request);
            if (outcome.state !== 'captured')
              expect(outcome).toMatchObject({ state: 'unknown', maybeExecuted: true });
            expect(await provider.lookup(request)).toMatchObject({ state: 'captured' });
            expect(await captures(request)).toEqual([total.amount]);
            // Whoever may not send it again does not: then only the look-up decides.
            if (provider.isRepeatable(request))
              expect((await provider.charge(request)).state).toMatch(/^(captured|unknown)$/);
            expect(await captures(request)).toEqual([total.amount]);
          },
        );
      }

      it('takes money once however often the same charge is sent, if that is allowed', async () => {
        const request = await attempt(credentials.succeeds);
        expect(provider.isRepeatable(request)).toBe(harness.repeatable);
        const sends = harness.repeatable ? 3 : 1;
        const outcomes = await Promise.all(Array.from({ length: sends }, () => provider.charge(request)));
        for (const { state } of outcomes) expect(state).toMatch(/^(captured|unknown)$/);
        expect(await provider.lookup(request)).toMatchObject({ state: 'captured' });
        expect(await captures(request)).toEqual([total.amount]);
      });

      it('is not found if it was never made', async () => {
        const request = { ...(await attempt(credentials.succeeds)), reference: null };
        expect(await provider.lookup(request)).toEqual({ state: 'not_found', lookedEverywhere: true });
        expect(await captures(request)).toEqual([]);
      });

      given(harness.inject, 'is not believed if the answer is about another amount', async () => {
        const request = await attempt(credentials.succeeds);
        await harness.inject!('charge', 'wrong_amount');
        const outcome = await provider.charge(request);
        expect(outcome).toMatchObject({ state: 'unknown', maybeExecuted: true });
        expect(await provider.lookup(request)).toMatchObject({ state: 'captured' });
        expect(await captures(request)).toEqual([total.amount]);
      });

      given(harness.inject, 'is known as not executed if the provider has no time', async () => {
        const request = await attempt(credentials.succeeds);
        await harness.inject!('charge', 'rate_limit');
        expect(await provider.charge(request)).toMatchObject({ state: 'unknown', maybeExecuted: false });
        expect(await captures(request)).toEqual([]);
      });

      given(harness.inject, 'is not blamed on the buyer if our key is refused', async () => {
        const request = await attempt(credentials.succeeds);
        await harness.inject!('charge', 'wrong_key');
        expect(await provider.charge(request)).toMatchObject({ state: 'misconfigured' });
        expect(await captures(request)).toEqual([]);
      });

      given(harness.unreachable, 'is known as not sent if nobody listens, and asking throws', async () => {
        const request = await attempt(credentials.succeeds);
        const nowhere = harness.unreachable!();
        expect(await nowhere.charge(request)).toMatchObject({ state: 'unknown', maybeExecuted: false });
        expect(await nowhere.lookup(request)).toMatchObject({ state: 'unknown', maybeExecuted: true });
        const { payment } = await paid();
        expect(await nowhere.refund(operation(payment))).toMatchObject({
          state: 'unknown',
          maybeExecuted: false,
        });
        await expect(nowhere.find(payment)).rejects.toBeInstanceOf(ProviderUnavailable);
        await expect(nowhere.refundsOf(payment)).rejects.toBeInstanceOf(ProviderUnavailable);
        await expect(everything(nowhere.list(justNow()))).rejects.toBeInstanceOf(ProviderUnavailable);
        await expect(everything(nowhere.listRefunds(justNow()))).rejects.toBeInstanceOf(ProviderUnavailable);
      });
    });

    describe('credentials', () => {
      const sentence = expect.stringMatching(/^[A-Z].+\.$/) as string;

      it('are said to work where they do, and why not where they do not', async () => {
        // Optional: without it the merchant learns at the first charge.
        if (!provider.verify) return;
        expect(await provider.verify()).toEqual({ ok: true, problems: [] });
        const nowhere = await harness.unreachable?.().verify?.();
        if (nowhere) expect(nowhere).toEqual({ ok: false, problems: [sentence] });
      });
    });

    describe('what is at the provider', () => {
      it('is found and listed with whose it is', async () => {
        const since = justNow();
        const { request, payment } = await paid();
        const listed = (await everything(provider.list(since))).find(
          ({ reference }) => reference === payment,
        );
        const prepared = request.prepared.map(({ id }) => id);
        for (const one of [listed, await provider.find(payment)]) {
          expect(one).toMatchObject({ ...total, storeInstance, subjectId: request.subjectId });
          expect(one?.outcome).toMatchObject({ state: 'captured', reference: payment });
          expect([one?.attemptId === request.attemptId, prepared.includes(one?.preparedId ?? '')]).toContain(
            true,
          );
          expect(one!.createdAt.getTime()).toBeGreaterThanOrEqual(since.getTime());
        }
      });

      it('is null if there is no such thing', async () => {
        const { payment } = await paid();
        const other = `${payment.slice(0, -4)}0000`;
        expect(await provider.find(other)).toBeNull();
        expect(await provider.refundsOf(other)).toEqual([]);
        expect(await provider.findDispute('../payments')).toBeNull();
      });
    });

    describe('refunds', () => {
      it('send money back once for one id', async () => {
        const since = justNow();
        const { request, payment } = await paid();
        const refund = operation(payment);
        const first = await provider.refund(refund);
        const second = await provider.refund(refund);
        expect(first).toMatchObject({ state: 'succeeded', reference: expect.any(String) });
        expect(second).toEqual(first);
        expect(await refunded(request)).toBe(total.amount);
        const own = { ...total, payment, operationId: refund.id, state: 'succeeded' };
        expect(await provider.refundsOf(payment)).toMatchObject([own]);
        expect(await everything(provider.listRefunds(since))).toContainEqual(expect.objectContaining(own));
      });

      it('come in parts, and never to more than was paid', async () => {
        const { request, payment } = await paid();
        const part = Math.floor(total.amount / 3);
        expect(await provider.refund(operation(payment, part))).toMatchObject({ state: 'succeeded' });
        expect(await provider.refund(operation(payment, part))).toMatchObject({ state: 'succeeded' });
        expect(await provider.refund(operation(payment))).toMatchObject({ state: 'refused' });
        expect(await refunded(request)).toBe(2 * part);
        expect(await provider.refund(operation(payment, total.amount - 2 * part))).toMatchObject({
          state: 'succeeded',
        });
        expect(await provider.refund(operation(payment, part))).toMatchObject({ state: 'refused' });
        expect(await refunded(request)).toBe(total.amount);
        expect(await provider.refundsOf(payment)).toHaveLength(3);
      });

      it('leave it open what became of the first if their id comes with another amount', async () => {
        const { request, payment } = await paid();
        const part = Math.floor(total.amount / 3);
        const refund = operation(payment, part);
        await provider.refund(refund);
        const other = await provider.refund({ ...refund, amount: part + 1 });
        expect(other).toMatchObject({ state: 'unknown', maybeExecuted: true });
        expect(await refunded(request)).toBe(part);
      });

      for (const fault of ['lost_timeout', 'lost_reset', 'lost_page'] as const) {
        given(harness.inject, `are found after a lost answer, and are not made twice: ${fault}`, async () => {
          const { request, payment } = await paid();
          const refund = operation(payment);
          await harness.inject!('refund', fault);
          expect(await provider.refund(refund)).toMatchObject({ state: 'unknown', maybeExecuted: true });
          expect(await provider.refundsOf(payment)).toMatchObject([{ operationId: refund.id }]);
          expect(await provider.refund(refund)).toMatchObject({ state: 'succeeded' });
          expect(await refunded(request)).toBe(total.amount);
        });
      }

      given(harness.inject, 'are not believed if the answer is about another amount', async () => {
        const { payment } = await paid();
        await harness.inject!('refund', 'wrong_amount');
        const outcome = await provider.refund(operation(payment));
        expect(outcome).toMatchObject({ state: 'unknown', maybeExecuted: true });
      });

      given(credentials.slowRefund, 'wait for the bank where it takes its time', async () => {
        const request = await attempt(credentials.slowRefund!);
        const payment = referenceOf(await provider.charge(request), 'captured');
        expect(await provider.refund(operation(payment))).toMatchObject({ state: 'pending' });
        expect(await provider.refundsOf(payment)).toMatchObject([{ state: 'pending' }]);
      });
    });

    describe('capture by hand', () => {
      it.each(harness.without ?? [])('is not claimed: %s', (verb) => {
        expect(provider[verb]).toBeUndefined();
      });

      given(can('capture'), 'takes an authorized payment once', async () => {
        const { request, payment } = await paid({ capture: 'manual' });
        expect(await captures(request)).toEqual([]);
        expect(await provider.lookup({ ...request, reference: payment })).toMatchObject({
          state: 'authorized',
        });
        expect(await captures(request)).toEqual([]);
        const capture = operation(payment);
        expect(await provider.capture!(capture)).toMatchObject({ state: 'succeeded' });
        expect(await provider.capture!(capture)).toMatchObject({ state: 'succeeded' });
        expect(await provider.capture!(operation(payment))).toMatchObject({ state: 'succeeded' });
        expect(await captures(request)).toEqual([total.amount]);
        expect((await provider.find(payment))?.outcome).toMatchObject({ state: 'captured' });
      });

      given(can('capture'), 'is refused for what nobody authorized', async () => {
        const { payment } = await paid();
        const other = operation(`${payment.slice(0, -4)}0000`);
        expect(await provider.capture!(other)).toMatchObject({ state: 'refused' });
      });

      given(can('capture') && can('release'), 'can be given up, but not after it was taken', async () => {
        const { request, payment } = await paid({ capture: 'manual' });
        const release = operation(payment);
        expect(await provider.release!(release)).toMatchObject({ state: 'succeeded' });
        expect(await provider.release!(release)).toMatchObject({ state: 'succeeded' });
        expect(await provider.release!(operation(payment))).toMatchObject({ state: 'succeeded' });
        expect(await captures(request)).toEqual([]);
        const taken = await paid();
        expect(await provider.release!(operation(taken.payment))).toMatchObject({ state: 'refused' });
        expect(await captures(taken.request)).toEqual([total.amount]);
      });
    });

    describe('a payment link', () => {
      given(harness.payLink, 'that was paid is in use, so that nothing is charged beside it', async () => {
        const request = await attempt(credentials.succeeds);
        const link = linkOf(request);
        expect(await harness.payLink!(link)).toBe(true);
        expect(await provider.closeLink!(link.reference)).toBe('in_use');
        expect(await captures(request)).toEqual([total.amount]);
      });

      given(harness.payLink, 'is closed for good, any number of times', async () => {
        const request = await attempt(credentials.succeeds);
        const link = linkOf(request);
        expect(await provider.closeLink!(link.reference)).toBe('closed');
        expect(await provider.closeLink!(link.reference)).toBe('closed');
        expect(await harness.payLink!(link)).toBe(false);
        expect(await provider.charge(request)).toMatchObject({ state: 'captured' });
      });
    });

    describe('webhooks', () => {
      const { webhooks } = harness;

      /** Waits for the events of a payment, all genuine. */
      async function events(
        payment: string,
        part: string,
      ): Promise<{ delivery: Delivery; event: ProviderEvent }[]> {
        const read = async () =>
          Promise.all(
            (await webhooks!.delivered(payment)).map(async (delivery) => {
              const event = await provider.readWebhook(delivery.raw, delivery.headers);
              if ('refused' in event) throw new Error(`refused as ${event.refused}`);
              return { delivery, event };
            }),
          );
        return until(read, (all) => all.some(({ event }) => event.about?.part === part), patienceMs);
      }

      const one = async (): Promise<Delivery> =>
        (await events((await paid()).payment, 'payment'))[0]!.delivery;
      const read = ({ raw, headers }: Delivery) => provider.readWebhook(raw, headers);

      given(webhooks, 'say which payment, and which refund of it, to look at', async () => {
        const { payment } = await paid();
        const told = (await events(payment, 'payment')).map(({ event }) => event);
        for (const { known, about } of told) {
          expect(known).toBe(true);
          if (about) expect(about).toEqual({ part: 'payment', payment });
        }
        await provider.refund(operation(payment));
        const refunds = (await events(payment, 'refunds')).filter(
          ({ event }) => event.about?.part === 'refunds',
        );
        for (const { event } of refunds) expect(event.about).toEqual({ part: 'refunds', payment });
      });

      given(webhooks && harness.openDispute, 'say which dispute to look at', async () => {
        const since = justNow();
        const { payment } = await paid();
        await harness.openDispute!(payment);
        const disputes = (await events(payment, 'dispute')).filter(
          ({ event }) => event.about?.part === 'dispute',
        );
        const { about } = disputes[0]!.event;
        expect(about).toEqual({ part: 'dispute', payment, dispute: expect.any(String) });
        const dispute = await provider.findDispute(about!.dispute!);
        expect(dispute).toMatchObject({
          reference: about!.dispute,
          payment,
          ...total,
          status: 'needs_response',
        });
        expect(await everything(provider.listDisputes(since))).toContainEqual(dispute);
        expect(await everything(provider.listDisputes(new Date(Date.now() + 60_000)))).toEqual([]);
      });

      given(webhooks, 'have the same id however often they are delivered', async () => {
        const { payment } = await paid();
        const [first] = await events(payment, 'payment');
        await webhooks!.redeliver(payment);
        const told = async () => (await events(payment, 'payment')).map(({ event }) => event.id);
        await until(told, (ids) => ids.filter((id) => id === first!.event.id).length > 1, patienceMs);
      });

      given(webhooks, 'are believed with the secret and with the one before it', async () => {
        const genuine = await one();
        for (const secret of ['current', 'previous'] as const) {
          const headers = webhooks!.sign(genuine.raw, { secret }, genuine);
          expect(await read({ raw: genuine.raw, headers })).toEqual(await read(genuine));
        }
      });

      given(webhooks, 'are refused if anything about them is wrong, without an exception', async () => {
        const genuine = await one();
        const { raw, headers } = genuine;
        const foreign = webhooks!.sign(raw, { secret: 'foreign' }, genuine);
        expect(await read({ raw, headers: foreign })).toEqual({ refused: 'signature' });
        const tampered = Buffer.from(raw.toString().replace(String(total.amount), String(total.amount - 1)));
        expect(tampered.equals(raw)).toBe(false);
        expect(await read({ raw: tampered, headers })).toEqual({ refused: 'signature' });
        expect(await read({ raw, headers: {} })).toEqual({ refused: 'signature' });
        const lists = Object.fromEntries(
          Object.entries(headers).map(([key, value]) => [key, [String(value)]]),
        );
        expect(await read({ raw, headers: lists })).toEqual({ refused: 'signature' });
        for (const body of ['', 'not json', 'null', '[]', '{}', '{"id":1}'].map((text) =>
          Buffer.from(text),
        )) {
          const signed = webhooks!.sign(body, { secret: 'current' }, genuine);
          expect(await read({ raw: body, headers: signed })).toEqual({ refused: 'malformed' });
        }
      });

      given(webhooks?.signsTime, 'are refused if they were signed five minutes ago, or will be', async () => {
        const genuine = await one();
        for (const [seconds, refused] of [
          [-310, true],
          [-280, false],
          [280, false],
          [310, true],
        ] as const) {
          const at = new Date(Date.now() + seconds * 1000);
          const headers = webhooks!.sign(genuine.raw, { secret: 'current', at }, genuine);
          const event = await read({ raw: genuine.raw, headers });
          if (refused) expect(event).toEqual({ refused: 'stale' });
          else expect(event).toHaveProperty('id');
          const unsigned = webhooks!.sign(genuine.raw, { secret: 'foreign', at }, genuine);
          expect(await read({ raw: genuine.raw, headers: unsigned })).toEqual({ refused: 'signature' });
        }
      });

      given(webhooks, 'of types that came later are kept, and nothing is done about them', async () => {
        const genuine = await one();
        const raw = webhooks!.renamed(genuine.raw);
        const headers = webhooks!.sign(raw, { secret: 'current' }, genuine);
        expect(await read({ raw, headers })).toMatchObject({ known: false, about: null });
      });

      given(webhooks, 'are summed up without anything about the buyer', async () => {
        const { payment } = await paid();
        await provider.refund(operation(payment, Math.floor(total.amount / 3)));
        await harness.openDispute?.(payment);
        const all = await events(payment, harness.openDispute ? 'dispute' : 'refunds');
        for (const { delivery } of all) {
          const raw = Buffer.from(JSON.stringify(withBuyer(JSON.parse(delivery.raw.toString()))));
          const headers = webhooks!.sign(raw, { secret: 'current' }, delivery);
          const event = await read({ raw, headers });
          expect(event).toHaveProperty('summary');
          expect(JSON.stringify(event)).not.toMatch(/Ada|ada@|4242|98765/);
          if ('summary' in event) expect(JSON.stringify(event.summary)).toContain(payment);
        }
      });
    });
  });
}

const newId = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 30)}`;

/** The provider's clock may be a little behind, and lists count in whole seconds. */
const justNow = (): Date => new Date(Math.floor(Date.now() / 1000) * 1000 - 2000);

function frozen(
  credential: Credential,
  subjectId: string,
): Omit<ChargeRequest, 'amount' | 'currency' | 'prepared'> {
  const attemptId = newId('pay');
  return {
    attemptId,
    key: `acp:${storeInstance}:${attemptId}`,
    subjectId,
    storeInstance,
    capture: 'automatic',
    description: 'A purchase',
    credentialKind: credential.kind,
    credential: () => credential,
    reference: credential.reference ?? null,
    createdAt: new Date(),
  };
}

function referenceOf(outcome: PaymentOutcome, state: PaymentOutcome['state']): string {
  expect(outcome).toMatchObject({ state, reference: expect.any(String) });
  return 'reference' in outcome ? (outcome.reference ?? '') : '';
}

const linkOf = ({ prepared }: ChargeRequest): PreparedObject => prepared.find(({ kind }) => kind === 'link')!;

async function everything<T>(things: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const thing of things) all.push(thing);
  return all;
}

const buyer = {
  name: 'Ada',
  email: 'ada@example.com',
  receipt_email: 'ada@example.com',
  contact: '+919876500000',
  phone: '+919876500000',
  vpa: 'ada@bank',
  description: 'For Ada',
  last4: '4242',
  address: { line1: 'Ada Street 1' },
  note: 'Ada',
};

/** The body as it could be: with the buyer in every object of it. */
function withBuyer(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(withBuyer);
  if (typeof body !== 'object' || body === null) return body;
  const members = Object.entries(body).map(([key, value]) => [key, withBuyer(value)]);
  return { ...Object.fromEntries(members), ...buyer };
}
