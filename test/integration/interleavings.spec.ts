import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chaos } from '../support/chaos.js';

describe('random interleavings of agents, two servers, the reconciler, faults and cut connections', () => {
  let chaos: Chaos;
  beforeAll(async () => {
    chaos = await Chaos.start();
  });
  afterAll(() => chaos.close());

  it('leave ledger, orders, stock and events in agreement, for each of these seeds', async () => {
    let sold = 0;
    for (let seed = 1; seed <= 12; seed++) sold += await chaos.run(seed);
    expect(sold).toBeGreaterThan(5);
  });
});
