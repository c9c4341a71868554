import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { startServer, type Server } from '../../src/server.js';
import { Agent, type Answer } from '../support/agent.js';
import { freePort } from '../support/ports.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

describe('an api and a worker on one database', () => {
  let api: Shop;
  let worker: Server;
  let workerUrl: string;
  const timings = { expireEveryMs: 150 };
  beforeAll(async () => {
    api = await startShop({ ROLE: 'api' }, { timings });
    const port = await freePort();
    workerUrl = `http://127.0.0.1:${port}`;
    worker = await startServer(
      loadConfig({
        ...api.env,
        PORT: String(port),
        ROLE: 'worker',
        STRIPE_API_BASE: api.simulator.url,
        SANDBOX_TIMINGS: JSON.stringify(timings),
      }),
    );
  });
  afterAll(async () => {
    await worker.stop();
    await api.close();
  });

  it('the api sells, the worker sweeps', async () => {
    const { body } = await api.agent.create();
    expect((await api.agent.complete(body.id as string)).body.status).toBe('completed');
    const { body: forgotten } = await api.agent.create();
    await api.db.query('UPDATE checkout_session SET expires_at = now() WHERE id = $1', [forgotten.id]);
    await until(
      () => api.db.query('SELECT state FROM checkout_session WHERE id = $1', [forgotten.id]),
      ([row]) => row?.state === 'expired',
    );
  });

  it('the worker tells its health and nothing else', async () => {
    await until(async () => (await fetch(`${workerUrl}/health/ready`)).status === 200);
    expect((await new Agent(workerUrl).create()).status).toBe(404);
    expect((await fetch(`${workerUrl}/docs`)).status).toBe(404);
  });

  it('a process with another simulator than the one that holds the money refuses to start', async () => {
    const other = await startShop();
    const port = await freePort();
    const config = loadConfig({ ...api.env, PORT: String(port), STRIPE_API_BASE: other.simulator.url });
    await expect(startServer(config)).rejects.toThrow(/another simulator/);
    await other.close();
  });

  it('settings changed by one are followed by the other within their cache time', async () => {
    // It has just looked.
    await api.agent.create();
    await api.db.query(
      `INSERT INTO setting (namespace, version, "values", updated_at, updated_by)
       VALUES ('checkout', 1, '{"sessionTtlMinutes": 60}', now(), 'test')`,
    );
    const changedAt = performance.now();
    let askedInVain = changedAt;
    const { body } = (await until(async () => {
      const askedAt = performance.now();
      const answer = await api.agent.create();
      const { expires_at: end, created_at: start } = answer.body as Record<string, string>;
      const isFollowed = Date.parse(end ?? '') - Date.parse(start ?? '') === 3_600_000;
      if (!isFollowed) askedInVain = askedAt;
      return isFollowed && answer;
    })) as Answer;
    expect(askedInVain - changedAt).toBeLessThan(2_000);
    expect(body.status).toBe('ready_for_payment');
  });
});
