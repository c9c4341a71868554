import { describe, expect, it } from 'vitest';
import { redisIsInstalled, startRedis } from '../support/redis.js';
import { webhookStorm } from '../support/webhook-storm.js';

const kills = 12;
const changes = 60;

describe('webhooks of orders survive the death of their processes', () => {
  it('with queues on PostgreSQL', async () => {
    const report = await webhookStorm({ seed: 1, kills, changes });
    console.log('postgresql', report);
    expect(report.delivered).toBeGreaterThan(0);
  }, 900_000);

  it.skipIf(!redisIsInstalled)(
    'with queues on Redis, which is emptied meanwhile',
    async () => {
      const redis = await startRedis();
      try {
        const report = await webhookStorm({
          seed: 2,
          kills,
          changes,
          redisUrl: redis.url,
          halfway: () => redis.empty(),
        });
        console.log('redis', report);
        expect(report.delivered).toBeGreaterThan(0);
      } finally {
        await redis.kill();
      }
    },
    900_000,
  );
});
