import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Any database of the server that the tests use. */
    serverUrl: string;
    /** A migrated, empty database, to be copied. */
    templateName: string;
  }
}

/** `TEST_DATABASE_URL` names a server to use instead; its role must be allowed to create databases. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const dataDir = await mkdtemp(join(tmpdir(), 'storekeeper-test-'));
  const embedded = given === undefined ? await startEmbeddedPostgres({ dataDir }) : undefined;
  const serverUrl = given ?? embedded?.url ?? '';
  const templateName = `template_${process.pid}_${project.name}`;
  await onServer(serverUrl, `CREATE DATABASE ${templateName}`);
  const templateUrl = new URL(serverUrl);
  templateUrl.pathname = `/${templateName}`;
  await migrate(templateUrl.href);
  project.provide('serverUrl', serverUrl);
  project.provide('templateName', templateName);
  return async () => {
    if (!embedded) await onServer(serverUrl, `DROP DATABASE IF EXISTS ${templateName} WITH (FORCE)`);
    await embedded?.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

export async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
