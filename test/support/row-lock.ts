import pg from 'pg';
import type { Shop } from './shop.js';
import { until } from './wait.js';

/** A transaction of the test's own that holds rows, so that others stop where they want them. */
export class RowLock {
  private constructor(
    private readonly client: pg.Client,
    private readonly shop: Shop,
  ) {}

  /** `sql` locks them: `SELECT ... FOR UPDATE`. */
  static async take(shop: Shop, sql: string, parameters: unknown[] = []): Promise<RowLock> {
    const client = new pg.Client({ connectionString: shop.db.url });
    await client.connect();
    await client.query('BEGIN');
    await client.query(sql, parameters);
    return new RowLock(client, shop);
  }

  /** Until so many statements wait for a lock. */
  async waiting(count = 1): Promise<void> {
    await until(
      () =>
        this.shop.db.query<{ count: number }>(
          `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        ),
      ([row]) => (row?.count ?? 0) >= count,
    );
  }

  async release(): Promise<void> {
    await this.client.query('ROLLBACK');
    await this.client.end();
  }
}
