import { expect, it } from 'vitest';
import { redisIsInstalled, startRedis } from '../support/redis.js';
import { webhookStorm } from '../support/webhook-storm.js';

const changes = Number(process.env.SOAK_CHANGES ?? 500);
const kills = Number(process.env.SOAK_KILLS ?? 60);
const seed = Number(process.env.SOAK_SEED ?? 1);

it(`${changes} changes of orders under ${kills} kills reach every endpoint (PostgreSQL, seed ${seed})`, async () => {
  const report = await webhookStorm({ seed, kills, changes });
  console.log('postgresql', report);
  expect(report.changes).toBeGreaterThanOrEqual(changes);
});

it.skipIf(!redisIsInstalled)(
  `${changes} changes of orders under ${kills} kills reach every endpoint (Redis, emptied meanwhile, seed ${seed})`,
  async () => {
    const redis = await startRedis();
    try {
      const report = await webhookStorm({
        seed,
        kills,
        changes,
        redisUrl: redis.url,
        halfway: () => redis.empty(),
      });
      console.log('redis', report);
      expect(report.changes).toBeGreaterThanOrEqual(changes);
    } finally {
      await redis.kill();
    }
  },
);
