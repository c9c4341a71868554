import { expect, it } from 'vitest';
import { Chaos } from '../support/chaos.js';

const runs = Number(process.env.SOAK_RUNS ?? 200);
const firstSeed = Number(process.env.SOAK_SEED ?? 1000);

it(`${runs} random interleavings from seed ${firstSeed} leave ledger, orders, stock and events in agreement`, async () => {
  const chaos = await Chaos.start();
  let sold = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    try {
      sold += await chaos.run(seed);
    } catch (error) {
      throw new Error(`seed ${seed} (SOAK_SEED=${seed} SOAK_RUNS=1)`, { cause: error });
    }
    if ((seed - firstSeed + 1) % 20 === 0)
      console.log(`${seed - firstSeed + 1} of ${runs} runs, ${sold} sold`);
  }
  await chaos.close();
  expect(sold).toBeGreaterThan(runs / 4);
});
