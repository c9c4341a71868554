import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDatabaseUnavailable, sqlState } from '../../src/common/database-errors.js';
import { createDataSource } from '../../src/database/data-source.js';
import { Database, together, type Tx } from '../../src/database/database.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { meeting } from '../support/meeting.js';
import { until } from '../support/wait.js';

describe('transaction()', () => {
  let db: TestDatabase;
  let dataSource: DataSource;
  let database: Database;
  beforeAll(async () => {
    db = await createDatabase();
    await db.query('CREATE TABLE counter (id int PRIMARY KEY, n bigint NOT NULL)');
    await db.query('INSERT INTO counter VALUES (1, 0), (2, 0)');
    dataSource = await createDataSource({ url: db.url, poolMax: 5, entities: [] }).initialize();
    database = new Database(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await db.drop();
  });

  const n = async (id: number): Promise<number | undefined> =>
    (await db.query<{ n: number }>('SELECT n FROM counter WHERE id = $1', [id]))[0]?.n;

  /** What a transaction throws. */
  const outcome = (work: (tx: Tx) => Promise<unknown>): Promise<unknown> =>
    database.transaction(work).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

  it('runs again when it was the victim of a deadlock, and both changes stand', async () => {
    const [before1, before2] = [await n(1), await n(2)];
    let runs = 0;
    const bothHoldOne = meeting(2);
    const add = (first: number, second: number): Promise<void> =>
      database.transaction(async (tx) => {
        runs++;
        await tx.query('UPDATE counter SET n = n + 1 WHERE id = $1', [first]);
        await bothHoldOne();
        await tx.query('UPDATE counter SET n = n + 1 WHERE id = $1', [second]);
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    expect(runs).toBeGreaterThan(2);
    expect([await n(1), await n(2)]).toEqual([Number(before1) + 2, Number(before2) + 2]);
  });

  it('judges the first error of statements sent together, and rolls all of them back', async () => {
    const before = await n(1);
    const work = database.transaction(async (tx) => {
      await together([
        tx.query('UPDATE counter SET n = n + 1 WHERE id = 1'),
        tx.query('SELECT 1 / 0'),
        tx.query('SELECT no_such_column FROM counter'),
      ]);
    });
    await expect(work).rejects.toThrow(/division by zero/);
    expect(await n(1)).toBe(before);
  });

  it('does not take an aborted transaction for a committed one', async () => {
    const work = database.transaction(async (tx) => {
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(work).rejects.toThrow(/ended with ROLLBACK/);
  });

  it('never runs again when the connection is lost at COMMIT: nobody knows whether it happened', async () => {
    let runs = 0;
    const ended = outcome(async (tx) => {
      runs++;
      // A deferred check makes COMMIT itself wait, long enough to cut the connection under it.
      await tx.query(`CREATE TEMP TABLE late (x int) ON COMMIT DROP`);
      await tx.query(
        `CREATE FUNCTION pg_temp.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$`,
      );
      await tx.query(
        'CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.wait()',
      );
      await tx.query('INSERT INTO late VALUES (1)');
    });
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query = 'COMMIT' AND wait_event = 'PgSleep'`;
    await until(
      () => db.query(cut),
      ({ length }) => length === 1,
    );
    const error = await ended;
    expect(runs).toBe(1);
    expect(isDatabaseUnavailable(error)).toBe(true);
    // The pool is usable afterwards.
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('gives up on a lock after two seconds, as a 503 and not as a bug', async () => {
    const blocker = dataSource.createQueryRunner();
    await blocker.startTransaction();
    await blocker.query('UPDATE counter SET n = n WHERE id = 1');
    const startedAt = performance.now();
    const error = await outcome((tx) => tx.query('UPDATE counter SET n = n WHERE id = 1'));
    const waited = performance.now() - startedAt;
    await blocker.rollbackTransaction();
    await blocker.release();
    expect([isDatabaseUnavailable(error), sqlState(error)]).toEqual([true, '55P03']);
    expect(waited).toBeGreaterThan(1_900);
    // Two seconds, and what a slow machine adds; without an end of its own it would be what the pool waits: 15 s.
    expect(waited).toBeLessThan(10_000);
  });

  it('refuses an int8 that a number cannot hold', async () => {
    await expect(database.query('SELECT 9007199254740993::int8 AS n')).rejects.toThrow(/beyond 2\^53/);
    expect(await database.query('SELECT 9007199254740991::int8 AS n')).toEqual([
      { n: Number.MAX_SAFE_INTEGER },
    ]);
  });
});
