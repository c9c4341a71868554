import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agent } from './agent.js';
import type { TestDatabase } from './database.js';
import { createKillableShop, type KillableShop, type Program } from './process.js';
import type { Shop } from './shop.js';
import type { SimulatorClient } from './simulator.js';
import { until } from './wait.js';

/**
 * Where a request stops when its server dies. `during`: the provider has carried out the POST to `path` that the
 * method sends, and the answer never comes.
 */
export type Line = { before: string } | { after: string } | { during: string; path: string };

/** What nobody asks for comes soon, if a worker runs at all; what waits for an answer waits for long. */
const timings = {
  attemptPollMs: 50,
  reconcileAfterMs: 500,
  reconcileEveryMs: 300,
  operationsEveryMs: 300,
  inboxEveryMs: 300,
  strategyTimeoutMs: 60_000,
  settingsCacheMs: 1,
};

/**
 * A shop whose server dies when requests are at lines that a test names, and comes back to what it left. Stopping at a
 * line and the kill are two steps, so that one kill serves many requests.
 */
export class CrashShop implements Shop {
  readonly url: string;
  readonly agent: Agent;
  readonly db: TestDatabase;
  readonly simulator: SimulatorClient;
  readonly env: NodeJS.ProcessEnv;
  private program: Program;

  private constructor(private readonly shop: KillableShop) {
    this.url = shop.agent.url;
    this.agent = shop.agent;
    this.db = shop.db;
    this.simulator = shop.simulator;
    this.env = { ...shop.env, CRASH_FILE: join(shop.env.DATA_DIR ?? '', 'crash.json') };
  }

  /** The sweeps that run rarely have run when it is open: what happens later is none of their doing. */
  static async open(more: object = {}): Promise<CrashShop> {
    const shop = new CrashShop(await createKillableShop({ ...timings, ...more }));
    await shop.revive('all');
    return shop;
  }

  get server(): never {
    throw new Error('the server runs in a process of its own');
  }

  /** What the server that runs now has logged. */
  get output(): string {
    return this.program.output();
  }

  /**
   * Has `work`, or what follows from it, get to a line and no further. Resolves once it is there, and nobody else takes
   * it up from there before the kill.
   */
  async stop(line: Line, work: () => Promise<unknown>): Promise<void> {
    if ('during' in line) {
      const match = { method: 'POST', path: line.path, times: 1 };
      await this.simulator.inject({ match, action: 'execute_then_hang' });
    }
    const file = this.env.CRASH_FILE ?? '';
    await writeFile(file, JSON.stringify(line));
    this.program.child.kill('SIGUSR2');
    await this.reaches(async () => !existsSync(file));
    let ended: unknown;
    work().then(
      (answer) => (ended = answer),
      (error: unknown) => (ended = error),
    );
    await this.reaches(async () => !existsSync(`${file}.set`)).catch(() => {
      throw new Error(`${JSON.stringify(line)} was not reached: ${JSON.stringify(ended)}\n${this.output}`);
    });
    await this.keepSweepsAway();
  }

  /** `kill -9`. Then so much time passes that everything the dead server held has run out. */
  async kill(): Promise<void> {
    this.program.child.kill('SIGKILL');
    await this.program.exited;
    // What PostgreSQL was about to do for it may still take a lease.
    await until(
      () =>
        this.db.query(
          `SELECT pid FROM pg_stat_activity
           WHERE datname = current_database() AND application_name LIKE 'storekeeper%'`,
        ),
      (left) => left.length === 0,
    );
    for (const table of ['idempotency_claim', 'payment_attempt', 'payment_operation', 'webhook_event']) {
      await this.db.query(`UPDATE ${table} SET lease_until = now() WHERE lease_until IS NOT NULL`);
    }
    await this.db.query('UPDATE payment_operation SET next_at = now()');
  }

  /** Starts a server on what the dead one left. In the role `api` nothing is done that nobody asks for. */
  async revive(role: 'all' | 'api'): Promise<void> {
    const preload = './test/crash/preload.mjs';
    this.program = await this.shop.start({ preload, env: { ...this.env, ROLE: role } });
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.revive('all');
  }

  close(): Promise<void> {
    return this.shop.close();
  }

  /**
   * What a dead process has left is for everybody after a few seconds. This one is not dead yet, and a sweep of its own
   * that went on with it would get to the lines that are meant for others. Who stands in a transaction holds its rows.
   */
  private async keepSweepsAway(): Promise<void> {
    for (const [table, time] of [
      ['payment_attempt', 'lease_until'],
      ['payment_operation', 'lease_until'],
      ['payment_operation', 'next_at'],
    ] as const) {
      await this.db.query(
        `UPDATE ${table} SET ${time} = now() + interval '1 hour'
         WHERE id IN (SELECT id FROM ${table} WHERE ${time} > now() FOR UPDATE SKIP LOCKED)`,
      );
    }
  }

  private async reaches(condition: () => Promise<boolean>): Promise<void> {
    const { child, output } = this.program;
    await until(async () => child.exitCode !== null || (await condition()));
    if (child.exitCode !== null) throw new Error(`the server ended by itself:\n${output()}`);
  }
}

const passing = ['idempotency_in_flight', 'completion_in_progress'];

/** Asks until the answer is one about the thing asked for, and not about the moment. */
export const persist = <A extends { status: number; body: { code?: string } }>(
  send: () => Promise<A>,
): Promise<A> =>
  until(send, ({ status, body }) => status !== 503 && !(status === 409 && passing.includes(body.code ?? '')));
