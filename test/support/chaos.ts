import { expect } from 'vitest';
import type { Answer } from './agent.js';
import { Agent } from './agent.js';
import { onServer } from './postgres.setup.js';
import { random, type Random } from './random.js';
import { startShop, type Shop } from './shop.js';
import { startServer, type Server } from '../../src/server.js';
import { loadConfig } from '../../src/config/config.js';
import { freePort } from './ports.js';
import { until } from './wait.js';

const timings = {
  claimLeaseMs: 300,
  providerTimeoutMs: 200,
  completeAnswerMs: 500,
  chargeDeadlineMs: 400,
  attemptLeaseMs: 600,
  attemptPollMs: 20,
  reconcileAfterMs: 200,
  reconcileEveryMs: 150,
  expireEveryMs: 200,
};

const actions = [
  'execute_then_reset',
  'execute_then_500',
  'execute_then_hang',
  'reset',
  'execute_then_html_502',
  '409_in_flight',
  'delay',
];
const items = ['item_merino_tee', 'item_trail_shoe_9', 'item_trail_shoe_10', 'item_enamel_mug'];
const tokens = ['tok_visa', 'tok_visa', 'tok_visa', 'tok_chargeDeclined', 'tok_threeDSecure2Required'];

/**
 * Two servers on one database, agents that buy, repeat themselves and change their minds, a provider that
 * misbehaves, and database connections cut under whoever uses them. `settle` then asks for peace and checks what
 * must be true of every such run.
 */
export class Chaos {
  private constructor(
    private readonly shop: Shop,
    private readonly second: Server,
    private readonly agents: Agent[],
  ) {}

  static async start(): Promise<Chaos> {
    const shop = await startShop({}, { timings });
    const port = await freePort();
    const second = await startServer(
      loadConfig({ ...shop.env, PORT: String(port), STRIPE_API_BASE: shop.simulator.url }),
    );
    return new Chaos(shop, second, [shop.agent, new Agent(`http://127.0.0.1:${port}`)]);
  }

  async close(): Promise<void> {
    await this.second.stop();
    await this.shop.close();
  }

  /** One run: some sessions, each with a few rival requests, and trouble all the while. Returns how many were sold. */
  async run(seed: number): Promise<number> {
    const dice = random(seed);
    let over = false;
    const trouble = this.makeTrouble(dice, () => over);
    let sessions: (string | undefined)[];
    try {
      sessions = await Promise.all(Array.from({ length: 4 }, () => this.buy(dice)));
    } finally {
      over = true;
      await trouble;
    }
    await this.shop.simulator.clearFaults();
    return this.settle(sessions.filter((id) => id !== undefined));
  }

  private async buy(dice: Random): Promise<string | undefined> {
    const created = await this.try(() =>
      dice.pick(this.agents).create({ line_items: [{ id: dice.pick(items), quantity: dice.below(2) + 1 }] }),
    );
    const id = created?.body.id as string | undefined;
    if (created?.status !== 201 || id === undefined) return undefined;
    const rivals = Array.from({ length: dice.below(4) + 1 }, async () => {
      const [token, key] = [dice.pick(tokens), `${id}-${dice.below(3)}-${dice.below(2)}`];
      for (let n = 0; n < 4; n++) {
        await new Promise((resolve) => setTimeout(resolve, dice.below(120)));
        const agent = dice.pick(this.agents);
        const move = dice.below(10);
        if (move === 0)
          await this.try(() => agent.update(id, { line_items: [{ id: 'item_enamel_mug', quantity: 2 }] }));
        else if (move === 1) await this.try(() => agent.cancel(id));
        else await this.try(() => agent.complete(id, token, { key: `${key}-${token}` }));
      }
    });
    await Promise.all(rivals);
    return id;
  }

  private async makeTrouble(dice: Random, isOver: () => boolean): Promise<void> {
    const { db, simulator } = this.shop;
    const name = new URL(db.url).pathname.slice(1);
    while (!isOver()) {
      await new Promise((resolve) => setTimeout(resolve, 20 + dice.below(60)));
      if (dice.below(2) === 0) {
        await simulator.inject({
          match: { provider: 'stripe', times: dice.below(2) + 1 },
          action: dice.pick(actions),
          ms: 50 + dice.below(300),
        });
      } else {
        await onServer(
          db.url,
          `SELECT pg_terminate_backend(pid) FROM (
             SELECT pid FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'storekeeper'
             ORDER BY md5(pid::text || '${dice.below(1000)}') LIMIT 2) AS victims`,
        );
      }
    }
  }

  /** What a client may see while connections are cut under the server: any answer, as long as it is one. */
  private async try(send: () => Promise<Answer>): Promise<Answer | undefined> {
    const answer = await send();
    expect([200, 201, 400, 405, 409, 422, 503], `${answer.status} ${answer.text}`).toContain(answer.status);
    return answer;
  }

  private async settle(sessionIds: string[]): Promise<number> {
    const { db, simulator } = this.shop;
    await until(
      () =>
        db.query(
          `SELECT id, state FROM checkout_session WHERE state = 'completing'
           UNION ALL SELECT id, state FROM payment_attempt WHERE state IN ('started', 'called', 'unknown')`,
        ),
      (waiting) => waiting.length === 0,
    );
    const sold = await db.query<{ session_id: string; total: number; state: string; events: number }>(
      `SELECT o.session_id, o.total, s.state, (SELECT count(*) FROM outbox_event e WHERE e.order_id = o.id)::int8 AS events
       FROM shop_order o JOIN checkout_session s ON s.id = o.session_id`,
    );
    expect(sold.every(({ state, events }) => state === 'completed' && events === 1)).toBe(true);
    const completed = await db.query(`SELECT id FROM checkout_session WHERE state = 'completed'`);
    expect(completed).toHaveLength(sold.length);
    const paid = (await simulator.ledger()).map(
      ({ session_id, amount, type }) => `${type} ${session_id} ${amount}`,
    );
    expect(paid.sort()).toEqual(sold.map(({ session_id, total }) => `capture ${session_id} ${total}`).sort());
    const held = await db.query(
      `SELECT i.item_id, i.reserved, coalesce(sum(h.quantity), 0)::int8 AS held FROM inventory i
       LEFT JOIN inventory_hold h USING (item_id) GROUP BY 1, 2 HAVING i.reserved <> coalesce(sum(h.quantity), 0)`,
    );
    expect(held).toEqual([]);
    const leaked = await db.query(
      `SELECT h.* FROM inventory_hold h JOIN checkout_session s ON s.id = h.holder_id
       WHERE s.state NOT IN ('completing', 'authentication_required')`,
    );
    expect(leaked).toEqual([]);
    return sold.filter(({ session_id }) => sessionIds.includes(session_id)).length;
  }
}
