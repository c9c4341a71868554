import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError, errorCode } from './embedded-postgres.error.js';
import { readPidFile, type PidFile } from './postmaster-pid.js';
import { commandLine, isStillRunning, processIdentity } from './process-identity.js';

/** A running server. */
export interface Postmaster {
  pid: number;
  identity: string;
  port: number;
}

const fastShutdownTimeoutMs = 60_000;
const immediateShutdownTimeoutMs = 10_000;

/** Fast shutdown: ends sessions, writes a checkpoint. A server that cannot is stopped without; it recovers later. */
export async function stopPostmaster(postmaster: Postmaster, log: (message: string) => void): Promise<void> {
  signal(postmaster, 'SIGINT');
  if (await hasEnded(postmaster, fastShutdownTimeoutMs)) return;
  log(`PostgreSQL (process ${postmaster.pid}) does not shut down; stopping it without a checkpoint.`);
  signal(postmaster, 'SIGQUIT');
  if (await hasEnded(postmaster, immediateShutdownTimeoutMs)) return;
  throw new EmbeddedPostgresError(
    `PostgreSQL (process ${postmaster.pid}) does not end; kill it, then start again.`,
  );
}

/**
 * Ends the server that a killed owner left running. It is stopped rather than adopted: a fresh one has the settings
 * and programs of this version (an `npm ci` may have replaced the files it runs from), is our child, so that its end
 * is noticed, and holds no transaction or lock of the dead process.
 */
export async function stopOrphan(clusterDir: string, log: (message: string) => void): Promise<void> {
  const file = await readPidFile(clusterDir);
  const identity = file && processIdentity(file.pid);
  if (!file || identity === undefined) return; // PostgreSQL itself clears the file of a dead server
  if (!(await servesCluster(file, clusterDir))) {
    // The pid now belongs to something else, or the folder is a copy of a live one. PostgreSQL would see a living
    // process of its own user and refuse to start.
    await rm(join(clusterDir, 'postmaster.pid'), { force: true });
    return;
  }
  log(`Stopping PostgreSQL (process ${file.pid}), which a process that was killed left running.`);
  await stopPostmaster({ pid: file.pid, identity, port: file.port }, log);
}

async function servesCluster(file: PidFile, clusterDir: string): Promise<boolean> {
  if (!commandLine(file.pid).includes(`postgres -D ${file.dataDir} `)) return false;
  try {
    const [named, ours] = await Promise.all([stat(file.dataDir), stat(clusterDir)]);
    return named.ino === ours.ino && named.dev === ours.dev;
  } catch (error) {
    // Moved while the server ran on: its old path is gone and the folder is still the one it works in.
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

function signal({ pid, identity }: Postmaster, name: NodeJS.Signals): void {
  if (!isStillRunning(pid, identity)) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return;
    throw new EmbeddedPostgresError(
      `PostgreSQL (process ${pid}) runs on this DATA_DIR as another user and cannot be stopped (${errorCode(error)}): ` +
        'start as the user who started it, or as root.',
      { cause: error },
    );
  }
}

async function hasEnded({ pid, identity }: Postmaster, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (!isStillRunning(pid, identity)) return true;
    await delay(20);
  }
  return !isStillRunning(pid, identity);
}
