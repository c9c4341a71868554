import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultTimings } from '../config/timings.js';
import type { LeasedAttempt } from './attempt.store.js';
import { ChargingService } from './charging.service.js';
import type { PaymentOutcome, PaymentProvider } from './providers/payment-provider.js';

const minuteMs = 60_000;
const refused: PaymentOutcome = { state: 'invalid', message: 'no such token' };

// The machine's time is none of a charge's business here: its waits and its deadline pass as fast as they can.
beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A provider that answers a charge with a refusal it gave without reading our key. */
const actOn = async (
  leased: Partial<LeasedAttempt>,
  lookedEverywhere = true,
  answers: PaymentOutcome[] = [],
): Promise<PaymentOutcome> => {
  const provider: Partial<PaymentProvider> = {
    charge: () => Promise.resolve(answers.shift() ?? refused),
    isRepeatable: () => true,
    lookup: () => Promise.resolve({ state: 'not_found', lookedEverywhere }),
  };
  const service = new ChargingService(
    { get: () => provider } as never,
    {} as never,
    { instanceId: 'shop' } as never,
    { timings: defaultTimings } as never,
  );
  const acting = service.act({
    attempt: { request: { links: [] } },
    previousState: 'called',
    expired: false,
    ...leased,
  } as LeasedAttempt);
  await vi.runAllTimersAsync();
  return acting;
};

describe('a refusal that the provider gave without reading our key', () => {
  it('is its answer to a charge that was never sent before', async () => {
    expect(await actOn({ sentBefore: false, calledMsAgo: 0 })).toEqual(refused);
  });

  it('says nothing about a charge that may have been executed a moment ago', async () => {
    expect(await actOn({ sentBefore: true, calledMsAgo: minuteMs })).toMatchObject({
      state: 'unknown',
      maybeExecuted: true,
    });
  });

  it('is believed long after, when the provider has no such charge', async () => {
    expect(await actOn({ sentBefore: true, calledMsAgo: 11 * minuteMs })).toEqual(refused);
  });

  it('is never believed when there was too much to look through', async () => {
    const outcome = await actOn({ sentBefore: true, calledMsAgo: 11 * minuteMs }, false);
    expect(outcome).toMatchObject({ state: 'unknown', maybeExecuted: true });
  });

  it('is not believed right after another send whose answer was lost', async () => {
    const lost: PaymentOutcome = { state: 'unknown', cause: 'ETIMEDOUT', maybeExecuted: true };
    const outcome = await actOn({ sentBefore: true, calledMsAgo: 11 * minuteMs }, true, [lost]);
    expect(outcome).toMatchObject({ state: 'unknown', maybeExecuted: true });
  });
});
