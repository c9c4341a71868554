import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { OutboxService } from '../../src/outbox/outbox.service.js';
import { startServer, type Server } from '../../src/server.js';
import { Agent } from '../support/agent.js';
import { freePort } from '../support/ports.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const timings = {
  claimLeaseMs: 500,
  providerTimeoutMs: 400,
  completeAnswerMs: 1_000,
  chargeDeadlineMs: 900,
  attemptLeaseMs: 1_000,
  attemptPollMs: 50,
  reconcileAfterMs: 500,
  reconcileEveryMs: 300,
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A process that hangs (SIGSTOP, a paused VM, a dead network) in the middle of a transaction keeps its locks. */
describe('a server that hangs in the middle of settle', () => {
  let shop: Shop;
  let second: Server;
  let secondAgent: Agent;
  let thaw = (): void => undefined;
  beforeAll(async () => {
    // The other server has time to charge, however slow the machine is.
    const patient = { ...timings, providerTimeoutMs: 2_000, chargeDeadlineMs: 2_500, attemptLeaseMs: 3_000 };
    shop = await startShop({}, { timings: { ...patient, completeAnswerMs: 2_000 } });
    const port = await freePort();
    second = await startServer(
      loadConfig({
        ...shop.env,
        PORT: String(port),
        STRIPE_API_BASE: shop.simulator.url,
        DATABASE_POOL_MAX: '4',
      }),
    );
    secondAgent = new Agent(`http://127.0.0.1:${port}`);
  });
  afterAll(async () => {
    thaw();
    await second.stop();
    await shop.close();
  });

  it('stops neither the other servers, nor other buyers of the item, nor the order of the paid one', async () => {
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_enamel_mug' }] });
    const { body: another } = await secondAgent.create({ line_items: [{ id: 'item_enamel_mug' }] });

    // Server 1 hangs once the statements of settle were executed, before COMMIT.
    const hanging = new Promise<void>((resolve) => {
      thaw = resolve;
    });
    const outbox = shop.server.app.get(OutboxService);
    const append = outbox.append.bind(outbox);
    let hangs = false;
    outbox.append = async (...args) => {
      await append(...args);
      hangs = true;
      await hanging;
    };
    const key = randomUUID();
    void shop.agent.complete(session.id, 'tok_visa', { key }).catch(() => undefined);
    const orders = (): Promise<object[]> =>
      shop.db.query('SELECT 1 FROM shop_order WHERE session_id = $1', [session.id]);
    // Unless the other one was faster.
    await until(async () => hangs || (await orders()).length > 0);
    expect(await shop.simulator.ledger(session.id)).toHaveLength(1);

    // Another buyer of the same item, at another server.
    const otherKey = randomUUID();
    const sold = await until(
      () => secondAgent.complete(another.id as string, 'tok_visa', { key: otherKey }),
      ({ status }) => status === 200,
    ).catch((error: Error) => error.message);
    // The agent of the paid session asks at the other server, as it is told to.
    const settled = await until(
      () => secondAgent.complete(session.id, 'tok_visa', { key }),
      ({ status }) => status === 200,
    ).catch((error: Error) => error.message);
    expect.soft(sold).toMatchObject({ status: 200 });
    expect.soft(settled).toMatchObject({ status: 200 });
    expect(await orders()).toHaveLength(1);
  }, 120_000);
});

/** `lease`, `claim` and `giveBack` run outside transaction(): nothing bounds their wait for a row lock. */
describe('a row lock that somebody does not give up', () => {
  let shop: Shop;
  let holder: pg.Client;
  beforeAll(async () => {
    shop = await startShop({ DATABASE_POOL_MAX: '4' }, { timings });
    holder = new pg.Client({ connectionString: shop.db.url });
    await holder.connect();
  });
  afterAll(async () => {
    await holder.end();
    await shop.close();
  });

  it('on one attempt does not use up the pool: other sessions are served', async () => {
    const { body: session } = await shop.agent.create();
    const { body: another } = await shop.agent.create();
    await shop.simulator.inject({ match: { provider: 'stripe', times: 1000 }, action: 'refuse' });
    const key = randomUUID();
    await shop.agent.complete(session.id, 'tok_visa', { key });
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM payment_attempt WHERE subject_id = $1 FOR UPDATE', [session.id]);
    for (let n = 0; n < 4; n++) {
      const answer = await shop.agent.complete(session.id, 'tok_visa', { key });
      expect([409, 503]).toContain(answer.status);
    }
    const answer = await shop.agent.get(another.id as string);
    await holder.query('ROLLBACK');
    await shop.simulator.clearFaults();
    expect(answer.status).toBe(200);
  });

  it('on one claim is answered in bounded time', async () => {
    const { body: session } = await shop.agent.create();
    const key = randomUUID();
    await shop.agent.complete(session.id, 'tok_visa', { key });
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM idempotency_claim WHERE key = $1 FOR UPDATE', [key]);
    const retries = Array.from({ length: 4 }, () => shop.agent.complete(session.id, 'tok_visa', { key }));
    await until(() =>
      shop.db
        .query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
        .then(({ length }) => length),
    );
    const startedAt = Date.now();
    const other = await shop.agent.get(session.id);
    // Two seconds each, and what a slow machine adds; without an end of its own it would be what the pool waits: 15 s.
    const answers = await Promise.race([Promise.all(retries), sleep(12_000)]);
    const waited = Date.now() - startedAt;
    await holder.query('ROLLBACK');
    await Promise.allSettled(retries);
    expect.soft(other.status).toBe(200);
    expect.soft(answers).toBeDefined();
    expect(waited).toBeLessThan(12_000);
  });
});
