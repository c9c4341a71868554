import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { SettlementService } from '../../src/checkout/settlement.service.js';
import { AttemptStore } from '../../src/payments/attempt.store.js';
import { ChargingService } from '../../src/payments/charging.service.js';
import { startServer, type Server } from '../../src/server.js';
import { Agent } from '../support/agent.js';
import { freePort } from '../support/ports.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

const charge = { provider: 'stripe', method: 'POST', path: '^/v1/payment_intents$' };
/** Leases end when a test says so, and nobody comes by himself. */
const timings = { attemptLeaseMs: 3_600_000, reconcileEveryMs: 3_600_000 };

const gate = (): { wait: Promise<void>; open: () => void } => {
  let open = (): void => undefined;
  const wait = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait, open };
};

/** A holder of the attempt's lease that wakes up after the lease has passed to somebody else. */
describe('a zombie with an outcome', () => {
  let shop: Shop;
  let second: Server;
  let secondAgent: Agent;
  beforeAll(async () => {
    shop = await startShop({}, { timings });
    const port = await freePort();
    second = await startServer(
      loadConfig({ ...shop.env, PORT: String(port), STRIPE_API_BASE: shop.simulator.url }),
    );
    secondAgent = new Agent(`http://127.0.0.1:${port}`);
    // They would end the attempt before anybody wakes up.
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(async () => {
    await second.stop();
    await shop.close();
  });
  afterEach(() => shop.simulator.clearFaults());

  /** Returns the id of the session's attempt. */
  async function endLease(sessionId: string): Promise<string> {
    const [row] = await until(
      () =>
        shop.db.query<{ id: string }>(
          `UPDATE payment_attempt SET lease_until = now() WHERE subject_id = $1 AND lease_token IS NOT NULL RETURNING id`,
          [sessionId],
        ),
      (taken) => taken.length === 1,
    );
    return row!.id;
  }

  it.each([
    ['a 401 (the key was being rotated)', { status: 401 }],
    ['a 400 that Stripe does not cache (the token was not visible yet)', { status: 400 }],
  ])('that saw %s does not close the attempt under the one who charges now', async (_, { status }) => {
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_enamel_mug' }] });
    await shop.simulator.inject({ match: { ...charge, times: 1 }, action: 'status', status });

    // Server 1 has its answer and freezes before it settles.
    const [answered, frozen] = [gate(), gate()];
    const advancing = vi.spyOn(shop.server.app.get(SettlementService), 'advance');
    onTestFinished(() => advancing.mockRestore());
    const payments = shop.server.app.get(ChargingService);
    const act = payments.act.bind(payments);
    payments.act = async (leased) => {
      const outcome = await act(leased);
      answered.open();
      await frozen.wait;
      return outcome;
    };
    const key = randomUUID();
    const first = shop.agent.complete(session.id, 'tok_visa', { key });
    await answered.wait;

    // Its lease is over. Server 2 takes the attempt over, charges, and is about to settle.
    const attemptId = await endLease(session.id);
    const settling = gate();
    const payments2 = second.app.get(ChargingService);
    const act2 = payments2.act.bind(payments2);
    payments2.act = async (leased) => {
      const outcome = await act2(leased);
      await settling.wait;
      return outcome;
    };
    const other = second.app.get(SettlementService).advance(attemptId, 'reconciler');
    await until(
      () => shop.simulator.ledger(session.id),
      (entries) => entries.length === 1,
    );

    frozen.open();
    expect(await advancing.mock.results[0]!.value).toBe('busy');
    settling.open();
    await other;
    await first;
    payments.act = act;
    payments2.act = act2;

    // The agent goes on with what it is told.
    const { body: seen } = await secondAgent.get(session.id);
    if (seen.status === 'ready_for_payment') await secondAgent.complete(session.id);
    expect((await shop.simulator.ledger(session.id)).map(({ type }) => type)).toEqual(['capture']);
    expect(await shop.db.query('SELECT 1 FROM shop_order WHERE session_id = $1', [session.id])).toHaveLength(
      1,
    );
  });

  it('that freezes between taking the lease and reading the row does not come away with the lease of another', async () => {
    const { body: session } = await shop.agent.create({ line_items: [{ id: 'item_enamel_mug' }] });
    await shop.simulator.inject({
      match: { provider: 'stripe', times: 1000 },
      action: 'status',
      status: 429,
    });
    expect((await shop.agent.complete(session.id)).status).toBe(503);
    const [row] = await shop.db.query<{ id: string }>(
      `SELECT id FROM payment_attempt WHERE subject_id = $1 AND state = 'unknown' AND lease_token IS NULL`,
      [session.id],
    );
    const frozen = gate();
    const attempts = shop.server.app.get(AttemptStore);
    const find = attempts.find.bind(attempts);
    attempts.find = async (id) => {
      await frozen.wait;
      return find(id);
    };
    const zombie = attempts.lease(row!.id);
    await endLease(session.id);
    const holder = await second.app.get(AttemptStore).lease(row!.id);
    frozen.open();
    const leased = await zombie;
    attempts.find = find;
    expect(holder?.attempt.leaseToken).toBeTruthy();
    expect(leased?.attempt.leaseToken).not.toBe(holder?.attempt.leaseToken);
  });
});
