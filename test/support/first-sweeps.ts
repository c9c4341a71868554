import { QueueService } from '../../src/queue/queue.service.js';
import type { Shop } from './shop.js';
import { until } from './wait.js';

/** Every sweep runs once when a server starts. Resolves when that is over: of the rare ones no other comes in a test. */
export async function firstSweeps({ server }: Shop): Promise<void> {
  const queue = server.app.get(QueueService)['queue'];
  await until(async () => {
    const schedules = await queue.getJobSchedulers();
    const { active = 0, waiting = 0 } = await queue.getJobCounts('active', 'waiting');
    // The second run of a schedule is planned when the first one begins.
    const begun = schedules.filter(({ iterationCount = 0 }) => iterationCount > 1);
    return begun.length === schedules.length && active + waiting === 0;
  });
}
