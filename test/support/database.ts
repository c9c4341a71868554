import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { parseInt8 } from '../../src/common/money.js';
import { until } from './wait.js';

export interface TestDatabase {
  url: string;
  query<Row extends object = Record<string, unknown>>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** A database of its own, built by the migrations. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const serverUrl = inject('serverUrl');
  const server = new pg.Client({ connectionString: serverUrl });
  await server.connect();
  // Copies of one template must wait for each other.
  await server.query('SELECT pg_advisory_lock(1)');
  await server.query(`CREATE DATABASE ${name} TEMPLATE ${inject('templateName')}`);
  await server.query('SELECT pg_advisory_unlock(1)');
  await server.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({
    connectionString: url.href,
    max: 4,
    types: {
      getTypeParser: (oid: number, format) =>
        (oid === 20 ? parseInt8 : pg.types.getTypeParser(oid, format)) as never,
    },
  });
  return {
    url: url.href,
    query: async <Row extends object>(sql: string, parameters?: unknown[]) =>
      (await pool.query<Row>(sql, parameters)).rows,
    drop: async () => {
      await pool.end();
      const client = new pg.Client({ connectionString: serverUrl });
      await client.connect();
      // Who has just been stopped may still be saying goodbye; cutting that off would look like an accident.
      await until(
        async () =>
          (await client.query('SELECT 1 FROM pg_stat_activity WHERE datname = $1', [name])).rowCount === 0,
        (gone) => gone,
        3_000,
      ).catch(() => undefined);
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await client.end();
    },
  };
}
