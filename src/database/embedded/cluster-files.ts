import { mkdtemp, open, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PostgresBinaries } from './binaries.js';
import { EmbeddedPostgresError, errorCode } from './embedded-postgres.error.js';
import { giveTo, giveTreeTo } from './run-as.js';
import { runProgram } from './run-program.js';
import type { Cluster } from './start-postmaster.js';

/**
 * The application's role. It owns its database and may create more, and is no superuser: the superuser `postgres`
 * has no password and pg_hba.conf lets nobody in as it, so no SQL injection gets at files or programs.
 */
export const roleName = 'storekeeper';
export const databaseName = 'storekeeper';

const hostAccess = `# Only the application's role, only from this machine.\nhost all ${roleName} 127.0.0.1/32 scram-sha-256\n`;

/** @throws EmbeddedPostgresError when `clusterDir` holds what these programs cannot open. */
export async function hasCluster(clusterDir: string, binaries: PostgresBinaries): Promise<boolean> {
  let found: string;
  try {
    found = (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    await refuseForeignFolder(clusterDir);
    return false;
  }
  const ours = await majorVersion(binaries);
  if (found === ours) return true;
  throw new EmbeddedPostgresError(
    `${clusterDir} was made by PostgreSQL ${found} and the embedded programs are PostgreSQL ${ours}: dump it with ` +
      `PostgreSQL ${found} and restore the dump, set DATABASE_URL to a server of version ${found}, or choose a new DATA_DIR.`,
  );
}

/** The cluster with its role and database comes into being under another name; the rename is the moment it exists. */
export async function createCluster(cluster: Cluster, password: string): Promise<void> {
  const { clusterDir, binaries, runAs } = cluster;
  const draft = await mkdtemp(`${clusterDir}.new-`);
  try {
    await giveTo(runAs.user, draft);
    const options = [
      '--username=postgres',
      '--encoding=UTF8',
      '--locale=C',
      '--auth=reject',
      '--no-instructions',
    ];
    await runProgram(runAs, binaries.initdb, ['-D', draft, ...options]);
    await writeFile(join(draft, 'pg_hba.conf'), hostAccess);
    await runSingleUser(cluster, draft, [
      `CREATE ROLE ${roleName} LOGIN CREATEDB PASSWORD '${password}';`,
      `CREATE DATABASE ${databaseName} OWNER ${roleName};`,
    ]);
    await rename(draft, clusterDir);
    await syncFolder(dirname(clusterDir));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** What starters that were killed half-way through createCluster have left. Only the owner of DATA_DIR may call it. */
export async function removeUnfinishedClusters(clusterDir: string): Promise<void> {
  const folder = dirname(clusterDir);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(clusterDir)}.new-`)) continue;
    // An initdb that has outlived its parent may still be writing there.
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

export async function takeOverFiles({ clusterDir, runAs }: Cluster): Promise<void> {
  await giveTreeTo(runAs.user, clusterDir);
}

export async function setPassword(cluster: Cluster, password: string): Promise<void> {
  await runSingleUser(cluster, cluster.clusterDir, [`ALTER ROLE ${roleName} PASSWORD '${password}';`]);
}

async function refuseForeignFolder(clusterDir: string): Promise<void> {
  try {
    await rmdir(clusterDir);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw new EmbeddedPostgresError(
      `${clusterDir} exists and is no PostgreSQL cluster: move it away, choose another DATA_DIR, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

async function majorVersion(binaries: PostgresBinaries): Promise<string> {
  const answer = await runProgram({ prefix: [] }, binaries.postgres, ['--version']); // the one thing it does as root
  return /(\d+)\./.exec(answer)?.[1] ?? answer.trim();
}

/** Runs statements on a cluster that no server has open, as the superuser nobody can log in as. */
async function runSingleUser(
  { binaries, runAs }: Cluster,
  folder: string,
  statements: string[],
): Promise<void> {
  const args = [
    '--single',
    '-D',
    folder,
    '-c',
    'log_min_error_statement=panic',
    '-c',
    'log_checkpoints=off',
    'postgres',
  ];
  const output = await runProgram(
    runAs,
    binaries.postgres,
    args,
    statements.map((statement) => `${statement}\n`).join(''),
  );
  // Single-user mode goes on after a failed statement and ends well all the same.
  const failure = /^.*\b(?:ERROR|FATAL|PANIC):.*$/m.exec(output)?.[0];
  if (failure) throw new EmbeddedPostgresError(`Embedded PostgreSQL could not be set up: ${failure}`);
}

/** Makes a rename in `folder` survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
