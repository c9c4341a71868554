import pg from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations/index.js';

/** Any number that nothing else on this database uses as an advisory lock. */
const migrationLock = 7_305_122_401;

/**
 * Brings the schema up to date. Processes that start together queue up on an advisory lock; the lock lives in
 * the session, so this must be a direct connection, past any pooler. Returns the names of what was run.
 */
export async function migrate(directUrl: string): Promise<string[]> {
  const lock = new pg.Client({
    connectionString: directUrl,
    application_name: 'storekeeper-migrate',
    connectionTimeoutMillis: 5_000,
  });
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const dataSource = await migrationDataSource(directUrl).initialize();
    try {
      return (await dataSource.runMigrations({ transaction: 'each' })).map(({ name }) => name);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.end();
  }
}

export const migrationDataSource = (url: string): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    poolSize: 1,
    migrations,
    migrationsTableName: 'migration',
    installExtensions: false,
  });

/** Names of migrations this program has and the database has not. */
export async function pendingMigrations(
  query: (sql: string) => Promise<{ name: string }[]>,
): Promise<string[]> {
  const applied = new Set((await query('SELECT name FROM migration')).map(({ name }) => name));
  return migrations.map(({ name }) => name).filter((name) => !applied.has(name));
}
