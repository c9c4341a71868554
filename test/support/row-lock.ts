import pg from 'pg';
import { onTestFinished } from 'vitest';
import { LockPatience } from './lock-patience.js';
import type { Shop } from './shop.js';
import { until } from './wait.js';

/** A transaction of the test's own that holds rows, so that others stop where they want them. */
export class RowLock {
  private ended = false;

  private constructor(
    private readonly client: pg.Client,
    private readonly shop: Shop,
    private readonly pid: number,
    private readonly endPatience: () => void,
  ) {}

  /** `sql` locks them: `SELECT ... FOR UPDATE`. Who is not `patient` waits for them as long as the shop lets it. */
  static async take(
    shop: Shop,
    sql: string,
    parameters: unknown[] = [],
    { patient = true } = {},
  ): Promise<RowLock> {
    const client = new pg.Client({ connectionString: shop.db.url });
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await client.query('BEGIN');
    await client.query(sql, parameters);
    const lock = new RowLock(client, shop, rows[0]!.pid, patient ? LockPatience.begin() : () => undefined);
    // Of a test that has failed too, or the next ones would wait for it.
    onTestFinished(() => lock.release());
    return lock;
  }

  /** Until so many wait for it, or for somebody who does. */
  async waiting(count = 1): Promise<void> {
    await until(
      () =>
        this.shop.db.query<{ count: number }>(
          `WITH RECURSIVE waiting AS (
             SELECT $1::int AS pid
             UNION SELECT activity.pid FROM pg_stat_activity AS activity
               JOIN waiting ON waiting.pid = ANY(pg_blocking_pids(activity.pid)))
           SELECT count(*)::int - 1 AS count FROM waiting`,
          [this.pid],
        ),
      ([row]) => (row?.count ?? 0) >= count,
    );
  }

  /** What its transaction has written is kept only by `commit`. */
  release = (): Promise<void> => this.end('ROLLBACK');
  commit = (): Promise<void> => this.end('COMMIT');

  private async end(how: 'ROLLBACK' | 'COMMIT'): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.endPatience();
    await this.client.query(how);
    await this.client.end();
  }
}
