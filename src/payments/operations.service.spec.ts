import { describe, expect, it } from 'vitest';
import { defaultTimings } from '../config/timings.js';
import { OperationsService } from './operations.service.js';
import type { LeasedOperation } from './operation.store.js';
import type { OperationOutcome, PaymentProvider, ProviderRefund } from './providers/payment-provider.js';

const minuteMs = 60_000;

/** A provider that answers a refund so, and has these refunds already. Counts what it was sent. */
async function actOn(
  { tries, ...leased }: { sentBefore: boolean; calledMsAgo: number; tries: number },
  answer: OperationOutcome,
  there: ProviderRefund[] = [],
): Promise<{ outcome: OperationOutcome; sent: number }> {
  let sent = 0;
  const provider: Partial<PaymentProvider> = {
    refundsOf: () => Promise.resolve(there),
    refund: () => {
      sent += 1;
      return Promise.resolve(answer);
    },
  };
  const service = new OperationsService(
    { get: () => provider } as never,
    { instanceId: 'shop' } as never,
    { timings: defaultTimings } as never,
  );
  const operation = { id: 'ref_1', kind: 'refund', requestedBy: 'admin', reference: null, tries };
  const outcome = await service.act({ operation, ...leased } as LeasedOperation);
  return { outcome, sent };
}

const unsent: OperationOutcome = { state: 'unknown', cause: 'ECONNREFUSED', maybeExecuted: false };
const wrongKey: OperationOutcome = { state: 'misconfigured', cause: 'invalid key' };
const done = { reference: 're_1', operationId: 'ref_1', state: 'succeeded' } as ProviderRefund;

describe('a refund that may have been sent', () => {
  it.each([unsent, wrongKey])('is not forgotten when a later try ends with %j', async (answer) => {
    const { outcome } = await actOn({ sentBefore: true, calledMsAgo: minuteMs, tries: 2 }, answer);
    expect(outcome).toMatchObject({ state: 'unknown', maybeExecuted: true });
  });

  it('is looked for before every try but the first', async () => {
    const leased = { sentBefore: false, calledMsAgo: 0, tries: 2 };
    expect(await actOn(leased, unsent, [done])).toEqual({
      outcome: { state: 'succeeded', reference: 're_1' },
      sent: 0,
    });
  });
});

it('a first try that certainly was not sent is remembered as unsent', async () => {
  const { outcome, sent } = await actOn({ sentBefore: false, calledMsAgo: 0, tries: 1 }, unsent);
  expect([outcome, sent]).toEqual([unsent, 1]);
});
