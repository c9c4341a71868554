import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import type { Config } from '../config/config.js';
import { createDataSource } from './data-source.js';
import { joinEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { migrate } from './migrate.js';

export interface OpenDatabase {
  dataSource: DataSource;
  /** Past any pooler. */
  directUrl: string;
  close(): Promise<void>;
}

/**
 * Connects to `DATABASE_URL`, or to the embedded PostgreSQL of `DATA_DIR`, and brings the schema up to date. A
 * `visitor` (a command line tool) may share the embedded one with a running server.
 */
export async function openDatabase(
  { database, dataDir }: Config,
  entities: EntityTarget<ObjectLiteral>[],
  { visitor = false, log }: { visitor?: boolean; log?: (message: string) => void } = {},
): Promise<OpenDatabase> {
  const startOrJoin = visitor ? joinEmbeddedPostgres : startEmbeddedPostgres;
  const embedded = database.url === undefined ? await startOrJoin({ dataDir, log }) : undefined;
  const url = database.url ?? embedded?.url ?? '';
  const directUrl = database.directUrl ?? url;
  try {
    const applied = await migrate(directUrl);
    if (applied.length > 0) log?.(`applied ${applied.length} migrations`);
    const dataSource = await createDataSource({ url, poolMax: database.poolMax, entities }).initialize();
    const close = async (): Promise<void> => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await embedded?.stop();
    };
    return { dataSource, directUrl, close };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}
