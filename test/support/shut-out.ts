import pg from 'pg';
import type { TestDatabase } from './database.js';
import { until } from './wait.js';

/** When it resolves nobody, or no application of that name, is connected to the database, and nobody gets in. */
export async function shutOut(db: TestDatabase, application?: string): Promise<void> {
  await onPostgres(db, async (server, name) => {
    await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    // A connection that is told to end may answer once more; one that was being made may come after that.
    await until(
      async () =>
        (
          await server.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = $1 AND ($2::text IS NULL OR application_name = $2)`,
            [name, application],
          )
        ).rowCount === 0,
    );
  });
}

export const letIn = (db: TestDatabase): Promise<void> =>
  onPostgres(db, async (server, name) => {
    await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  });

async function onPostgres(
  { url }: TestDatabase,
  work: (server: pg.Client, name: string) => Promise<void>,
): Promise<void> {
  const server = new URL(url);
  const name = server.pathname.slice(1);
  server.pathname = '/postgres';
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  await work(client, name).finally(() => client.end());
}
