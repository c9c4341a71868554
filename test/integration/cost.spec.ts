import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Notifications } from '../../src/database/notifications.js';
import { RoundTrips } from '../support/round-trips.js';
import { startShop, type Shop } from '../support/shop.js';
import { StripeWebhooks } from '../support/stripe-webhooks.js';
import { until } from '../support/wait.js';

describe('the cost of a request in round trips to PostgreSQL, caches warm', () => {
  let shop: Shop;
  beforeAll(async () => {
    // No worker: a sweep's statements would be counted with the request's.
    shop = await startShop(
      { ROLE: 'api' },
      { timings: { settingsCacheMs: 3_600_000, keyCacheMs: 3_600_000 } },
    );
    // Nor what the provider tells by itself.
    await shop.simulator.webhookMode({ mode: 'drop' });
    // Whoever begins to listen forgets what is cached.
    const notifications = shop.server.app.get(Notifications);
    await until(async () => notifications['client'] !== undefined);
    const { body } = await shop.agent.create();
    await shop.agent.complete(body.id as string);
  });
  afterAll(() => shop.close());

  const measure = async (request: () => Promise<{ status: number }>): Promise<number> => {
    const counter = new RoundTrips().start();
    const { status } = await request();
    const trips = counter.stop();
    expect(status).toBeLessThan(300);
    if (process.env.SHOW_STATEMENTS) console.log(`${trips} round trips\n${counter.statements.join('\n')}`);
    return trips;
  };
  const lines = { line_items: [{ id: 'item_merino_tee', quantity: 2 }, { id: 'item_trail_shoe_9' }] };

  it('create: at most 4', async () => {
    expect(await measure(() => shop.agent.create(lines))).toBeLessThanOrEqual(4);
  });

  it('update: at most 5', async () => {
    const { body } = await shop.agent.create(lines);
    expect(
      await measure(() => shop.agent.update(body.id as string, { line_items: [{ id: 'item_enamel_mug' }] })),
    ).toBeLessThanOrEqual(5);
  });

  it('read: 1', async () => {
    const { body } = await shop.agent.create(lines);
    expect(await measure(() => shop.agent.get(body.id as string))).toBe(1);
  });

  it('complete: at most 12', async () => {
    const { body } = await shop.agent.create(lines);
    expect(await measure(() => shop.agent.complete(body.id as string))).toBeLessThanOrEqual(12);
  });

  it('replay: at most 2', async () => {
    const { body } = await shop.agent.create(lines);
    await shop.agent.complete(body.id as string, 'tok_visa', { key: 'again' });
    expect(
      await measure(() => shop.agent.complete(body.id as string, 'tok_visa', { key: 'again' })),
    ).toBeLessThanOrEqual(2);
  });

  it('provider webhook: 1', async () => {
    const stripe = new StripeWebhooks(shop.url);
    await stripe.send();
    expect(await measure(() => stripe.send())).toBe(1);
  });
});
