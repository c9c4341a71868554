import type { ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresBinaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { readPidFile } from './postmaster-pid.js';
import { processIdentity } from './process-identity.js';
import { spawnAs, type RunAs } from './run-as.js';
import { readTail, setLargeLogAside } from './server-log.js';
import { stopOrphan, type Postmaster } from './stop-postmaster.js';

export interface Cluster {
  clusterDir: string;
  logFile: string;
  binaries: PostgresBinaries;
  runAs: RunAs;
  log: (message: string) => void;
}

/** Durability stays on: nothing here touches fsync, full_page_writes or synchronous_commit. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  timezone: 'UTC',
  // What a statement did wrong is the application's to log. LOG and above leaves out statement errors, terse leaves
  // out the DETAIL that quotes rows, and statement text never shows: rows hold names and addresses.
  log_min_messages: 'log',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

const readyTimeoutMs = 120_000; // recovery after a crash replays up to max_wal_size
const startAttempts = 5;

export async function startPostmaster(cluster: Cluster): Promise<Postmaster> {
  await setLargeLogAside(cluster.logFile);
  for (let attempt = 1; ; attempt++) {
    const started = await tryStart(cluster, await freePort());
    if ('pid' in started) return started;
    if (attempt === startAttempts || !isWorthAnotherTry(started.logTail)) {
      throw new EmbeddedPostgresError(
        `Embedded PostgreSQL did not start (${started.reason}); the end of ${cluster.logFile} says:\n${started.logTail}`,
      );
    }
    // The port went to somebody else, or the last server of this cluster is not quite gone.
    await delay(200 * attempt);
    await stopOrphan(cluster.clusterDir, cluster.log);
  }
}

async function tryStart(
  cluster: Cluster,
  port: number,
): Promise<Postmaster | { reason: string; logTail: string }> {
  const logHandle = await open(cluster.logFile, 'a', 0o600);
  const logStart = (await logHandle.stat()).size;
  let child: ChildProcess;
  try {
    const options = Object.entries({ ...settings, port }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    child = spawnAs(cluster.runAs, cluster.binaries.postgres, ['-D', cluster.clusterDir, ...options], {
      // A session of its own: Ctrl-C at the terminal reaches us, and PostgreSQL only once requests have drained.
      detached: true,
      stdio: ['ignore', logHandle.fd, logHandle.fd],
    });
  } finally {
    await logHandle.close();
  }
  child.unref();
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signalName) =>
      resolve(signalName ? `ended by ${signalName}` : `exit code ${code}`),
    );
  });
  const outcome = await Promise.race([ended, untilReady(cluster, child, port)]);
  if (typeof outcome !== 'string') return outcome;
  return { reason: outcome, logTail: await readTail(cluster.logFile, logStart) };
}

/**
 * PostgreSQL writes its state to postmaster.pid; setpriv executes in place, so the pid is the child's. The port is
 * compared too: in a container that restarts, a dead server's file may well name the pid of the new one.
 */
async function untilReady(
  { clusterDir, log }: Cluster,
  child: ChildProcess,
  port: number,
): Promise<Postmaster | string> {
  const startedAt = Date.now();
  let nextNotice = startedAt + 10_000;
  while (Date.now() - startedAt < readyTimeoutMs) {
    const file = await readPidFile(clusterDir);
    if (file?.isReady && file.pid === child.pid && file.port === port) {
      const identity = processIdentity(file.pid);
      if (identity) return { pid: file.pid, identity, port };
    }
    if (child.exitCode !== null || child.signalCode !== null) return 'it ended at once';
    if (Date.now() > nextNotice) {
      log('PostgreSQL is still recovering from the last crash.');
      nextNotice += 10_000;
    }
    await delay(20);
  }
  child.kill('SIGQUIT');
  return `not ready within ${readyTimeoutMs / 1000} s`;
}

function isWorthAnotherTry(logTail: string): boolean {
  return ['Address already in use', 'lock file "postmaster.pid"', 'shared memory block'].some((sign) =>
    logTail.includes(sign),
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
