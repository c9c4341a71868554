import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chaos } from './chaos.js';
import type { Psp } from './purchases.js';

/** Declares a test of so many seeded runs at one provider. A seed that fails is named. */
export function interleavings(psp: Psp, { firstSeed, runs }: { firstSeed: number; runs: number }): void {
  describe(`random interleavings of agents, buyers, merchant, webhooks, sweeps and crashes at ${psp}`, () => {
    let chaos: Chaos;
    beforeAll(async () => {
      chaos = await Chaos.start(psp);
    });
    afterAll(() => chaos.close());

    it(`leave ledger, orders, stock and events in agreement, for ${runs} seeds from ${firstSeed}`, async () => {
      let sold = 0;
      for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
        try {
          sold += await chaos.run(seed);
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error });
        }
        if ((seed - firstSeed + 1) % 50 === 0) {
          const events = await chaos.eventsApplied();
          console.log(`${psp}: ${seed - firstSeed + 1} runs, ${sold} sold, ${events} events applied`);
        }
      }
      expect(sold).toBeGreaterThan(runs / 4);
    }, 7_200_000);
  });
}
