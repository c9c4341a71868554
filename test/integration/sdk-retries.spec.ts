import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startShop, type Shop } from '../support/shop.js';

const charge = { provider: 'stripe', method: 'POST', path: '^/v1/payment_intents$' };

/** stripe-node sends once more after ECONNRESET or EPIPE, whatever `maxNetworkRetries` says. */
describe('a charge that was executed and whose connection was reset', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  it.each([401, 403, 400])('is not taken for unsent because what follows is a %s', async (status) => {
    const { body: session } = await shop.agent.create();
    await shop.simulator.inject({ match: { ...charge, times: 1 }, action: 'execute_then_reset' });
    await shop.simulator.inject({ match: { ...charge, times: 1 }, action: 'status', status });
    const key = randomUUID();
    await shop.agent.complete(session.id, 'tok_visa', { key });
    await shop.agent.complete(session.id, 'tok_visa', { key });
    await shop.agent.complete(session.id);
    await shop.simulator.clearFaults();
    expect(await shop.simulator.ledger(session.id)).toHaveLength(1);
  });
});
