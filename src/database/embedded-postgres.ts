import { mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries, type PostgresBinaries } from './embedded/binaries.js';
import {
  createCluster,
  databaseName,
  hasCluster,
  removeUnfinishedClusters,
  roleName,
  setPassword,
  takeOverFiles,
} from './embedded/cluster-files.js';
import { findLiveOwner, takeDataDir } from './embedded/data-dir-owner.js';
import { DataDirInUseError, EmbeddedPostgresError, errorCode } from './embedded/embedded-postgres.error.js';
import { newPassword, readPassword, writePassword } from './embedded/password-file.js';
import { chooseRunAs } from './embedded/run-as.js';
import { startPostmaster, type Cluster } from './embedded/start-postmaster.js';
import { stopOrphan, stopPostmaster, type Postmaster } from './embedded/stop-postmaster.js';

/** A PostgreSQL of our own for a machine that has none: cluster, log and password lie under DATA_DIR. */
export interface EmbeddedPostgres {
  /** Names the role that owns the database; it holds the password, so it is never logged. */
  readonly url: string;
  /** May be called more than once. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  dataDir: string;
  log?: (message: string) => void;
  /** Instead of those that npm installed. */
  binaries?: PostgresBinaries;
}

/** How long a visitor waits for an owner that is starting. */
const ownerReadyTimeoutMs = 120_000;

/**
 * Owner: takes DATA_DIR and starts the cluster; `stop()` shuts it down and gives DATA_DIR back.
 * @throws DataDirInUseError while another process owns DATA_DIR.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, owner } = await claimDataDir(options.dataDir);
  const log = options.log ?? (() => undefined);
  let postmaster: Postmaster | undefined;
  const shutDown = async () => {
    try {
      await owner.withdrawPort();
      if (postmaster) await stopPostmaster(postmaster, log);
    } finally {
      await owner.release();
    }
  };
  try {
    const { cluster, password } = await prepareCluster(dataDir, { ...options, log });
    postmaster = await startPostmaster(cluster);
    const url = urlOf(postmaster.port, password);
    await ensureDatabase(url);
    await owner.publishPort(postmaster.port);
    let stopped: Promise<void> | undefined;
    return { url, stop: () => (stopped ??= shutDown()) };
  } catch (error) {
    await shutDown();
    throw error;
  }
}

/**
 * Visitor, for tools beside a running server: uses the cluster of the live owner, and `stop()` leaves it alone.
 * Without an owner it becomes the owner itself.
 */
export async function joinEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const deadline = Date.now() + ownerReadyTimeoutMs;
  for (;;) {
    const owner = await findLiveOwner(dataDir);
    if (owner?.port) return visit(dataDir, owner.port);
    if (!owner) {
      try {
        return await startEmbeddedPostgres(options);
      } catch (error) {
        if (!(error instanceof DataDirInUseError)) throw error; // else somebody became the owner meanwhile
      }
    }
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `Process ${owner?.pid} owns DATA_DIR ${dataDir} and its database is not ready after ${ownerReadyTimeoutMs / 1000} s.`,
      );
    }
    await delay(50);
  }
}

async function visit(dataDir: string, port: number): Promise<EmbeddedPostgres> {
  const password = await readPassword(pathsIn(dataDir).passwordFile);
  if (!password)
    throw new EmbeddedPostgresError(`The password file is missing in ${dataDir}: restart the server there.`);
  return { url: urlOf(port, password), stop: () => Promise.resolve() };
}

/** Everything up to a cluster that is ours, complete, at rest and has a known password. */
async function prepareCluster(dataDir: string, options: EmbeddedPostgresOptions & { log: Cluster['log'] }) {
  const { clusterDir, logFile, passwordFile } = pathsIn(dataDir);
  const binaries = options.binaries ?? (await findBinaries());
  const exists = await hasCluster(clusterDir, binaries);
  const runAs = await chooseRunAs(dataDir, clusterDir, binaries);
  const cluster: Cluster = { clusterDir, logFile, binaries, runAs, log: options.log };
  await removeUnfinishedClusters(clusterDir);
  let password = await readPassword(passwordFile);
  const isNewPassword = password === undefined;
  password ??= newPassword();
  if (exists) {
    await takeOverFiles(cluster);
    await stopOrphan(clusterDir, options.log);
    if (isNewPassword) await setPassword(cluster, password);
  } else {
    options.log(`Creating a PostgreSQL cluster in ${clusterDir}.`);
    await createCluster(cluster, password);
  }
  if (isNewPassword) await writePassword(passwordFile, password);
  return { cluster, password };
}

/** Proves that the URL works, and brings back a database that somebody has dropped. */
async function ensureDatabase(url: string): Promise<void> {
  try {
    await withClient(url, (client) => client.query('SELECT 1'));
  } catch (error) {
    if (errorCode(error) === '3D000') {
      const maintenance = Object.assign(new URL(url), { pathname: '/postgres' }).href;
      await withClient(maintenance, (client) => client.query(`CREATE DATABASE ${databaseName}`));
      return;
    }
    if (errorCode(error) !== '28P01') throw error;
    throw new EmbeddedPostgresError(
      'The embedded PostgreSQL does not know the password in DATA_DIR: remove postgres.password there and start again.',
      { cause: error },
    );
  }
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function claimDataDir(path: string) {
  try {
    await mkdir(path, { recursive: true });
    const dataDir = await realpath(path);
    return { dataDir, owner: await takeDataDir(dataDir) };
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(
      `DATA_DIR ${resolve(path)} cannot be written to by this user (${errorCode(error)}): ` +
        'choose another DATA_DIR, or set DATABASE_URL.',
      { cause: error },
    );
  }
}

const pathsIn = (dataDir: string) => ({
  clusterDir: join(dataDir, 'postgres'),
  logFile: join(dataDir, 'postgres.log'),
  passwordFile: join(dataDir, 'postgres.password'),
});

const urlOf = (port: number, password: string) =>
  `postgres://${roleName}:${password}@127.0.0.1:${port}/${databaseName}`;
