import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries.js';
import { EmbeddedPostgresError, errorCode } from './embedded-postgres.error.js';

/**
 * How PostgreSQL's programs are run. PostgreSQL refuses root, so root starts them as an unprivileged user; everybody
 * else starts them as themselves and `user` is absent.
 */
export interface RunAs {
  user?: SystemUser;
  /** What goes before the program: setpriv and its options, or nothing. */
  prefix: string[];
}

export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * What lets the unprivileged user past a directory that only root may enter, the weaker one first.
 * dac_read_search enters directories and reads; it does not run a program whose mode is 0700 (an install under
 * umask 077), and a container may lack it (Docker's default set has only dac_override).
 */
const capabilities = ['dac_read_search', 'dac_override'];

export async function chooseRunAs(
  dataDir: string,
  clusterDir: string,
  binaries: PostgresBinaries,
): Promise<RunAs> {
  const clusterOwner = await ownerOf(clusterDir);
  if (process.getuid?.() !== 0) {
    if (clusterOwner && process.getuid && clusterOwner.uid !== process.getuid()) {
      throw new EmbeddedPostgresError(
        `${clusterDir} belongs to user id ${clusterOwner.uid} and this process runs as ${process.getuid()}: ` +
          'start it as that user or as root, choose another DATA_DIR, or set DATABASE_URL.',
      );
    }
    return { prefix: [] };
  }
  const user =
    clusterOwner && clusterOwner.uid !== 0 ? clusterOwner : (systemUser('postgres') ?? systemUser('nobody'));
  if (!user) {
    throw new EmbeddedPostgresError(
      'PostgreSQL refuses to run as root and there is neither a user postgres nor a user nobody to run it as: ' +
        'start as an ordinary user, or set DATABASE_URL.',
    );
  }
  return { user, prefix: findPrefix(user, dataDir, binaries) };
}

/** Starts a program of PostgreSQL with nothing of our environment in it, secrets least of all. */
export function spawnAs(
  runAs: RunAs,
  program: string,
  args: string[],
  options: { stdio: StdioOptions; detached?: boolean },
): ChildProcess {
  const [command = program, ...commandArgs] = [...runAs.prefix, program, ...args];
  return spawn(command, commandArgs, { ...options, ...idsFor(runAs.user, runAs.prefix), ...surroundings() });
}

/** Hands one file or folder to the user PostgreSQL runs as. */
export async function giveTo(user: SystemUser | undefined, path: string): Promise<void> {
  if (!user) return;
  await chown(path, user.uid, user.gid);
}

/** For a cluster that root owns since somebody copied it as root. Links are handed over, not followed. */
export async function giveTreeTo(user: SystemUser | undefined, folder: string): Promise<void> {
  if (!user || (await stat(folder)).uid === user.uid) return;
  for (const entry of await readdir(folder, { recursive: true })) {
    await lchown(join(folder, entry), user.uid, user.gid);
  }
  // Last, so that an interrupted hand-over is taken up again.
  await giveTo(user, folder);
}

/**
 * Asks the kernel, rather than mode bits, whether `user` gets at the programs and at DATA_DIR: a clone under /root
 * or a private temporary directory is closed to it, and neither is ours to open.
 */
function findPrefix(user: SystemUser, dataDir: string, binaries: PostgresBinaries): string[] {
  if (reaches(user, [], dataDir, binaries)) return [];
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
  if (setpriv) {
    const prefixes = capabilities.map((capability) => setprivPrefix(setpriv, user, capability));
    const sufficient = prefixes.find((prefix) => reaches(user, prefix, dataDir, binaries));
    if (sufficient) return sufficient;
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL must run as user ${user.name} because it refuses root, and that user cannot get at ${dataDir} or ` +
      `${binaries.nativeDir}${setpriv ? '' : ' (and setpriv of util-linux, which would help, is not installed)'}: ` +
      'put DATA_DIR and the installation where every user can enter, start as an ordinary user, or set DATABASE_URL.',
  );
}

function setprivPrefix(setpriv: string, user: SystemUser, capability: string): string[] {
  return [
    setpriv,
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    // Without it access(2), which PostgreSQL asks about its own programs, ignores the capabilities of an
    // ordinary user. What is left after the exec below is still the ambient set alone.
    '--securebits=+no_setuid_fixup',
    `--bounding-set=-all,+${capability}`,
    `--inh-caps=-all,+${capability}`,
    `--ambient-caps=-all,+${capability}`,
    '--',
  ];
}

function reaches(user: SystemUser, prefix: string[], dataDir: string, binaries: PostgresBinaries): boolean {
  const { postgres, initdb, nativeDir } = binaries;
  const catalogue = join(nativeDir, 'share', 'postgresql', 'postgres.bki');
  const library = join(nativeDir, 'lib', 'postgresql', 'plpgsql.so');
  const question = 'test -x "$1" && test -x "$2" && test -r "$3" && test -r "$4" && test -x "$5"';
  const [command = '', ...args] = [
    ...[...prefix, '/bin/sh', '-c', question, 'sh'],
    ...[postgres, initdb, catalogue, library, dataDir],
  ];
  const probe = spawnSync(command, args, { stdio: 'ignore', ...idsFor(user, prefix), ...surroundings() });
  if (errorCode(probe.error) === 'EPERM') {
    throw new EmbeddedPostgresError(
      `PostgreSQL refuses to run as root and this process may not become user ${user.name}: ` +
        'start as an ordinary user, or set DATABASE_URL.',
      { cause: probe.error },
    );
  }
  return probe.status === 0;
}

/** setpriv changes the ids itself, from root; otherwise Node does, which also drops root's groups. */
function idsFor(user: SystemUser | undefined, prefix: string[]): { uid?: number; gid?: number } {
  return user && prefix.length === 0 ? { uid: user.uid, gid: user.gid } : {};
}

function surroundings() {
  // '/', as the child may not be allowed to enter our working directory.
  return {
    cwd: process.platform === 'win32' ? undefined : '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
  };
}

async function ownerOf(folder: string): Promise<SystemUser | undefined> {
  try {
    const { uid, gid } = await stat(folder);
    return { name: `with id ${uid}`, uid, gid };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function systemUser(name: string): SystemUser | undefined {
  const id = (option: string) => {
    const asked = spawnSync('/usr/bin/id', [option, name], { encoding: 'utf8' });
    return asked.status === 0 ? Number.parseInt(asked.stdout, 10) : undefined;
  };
  const [uid, gid] = [id('-u'), id('-g')];
  return uid === undefined || gid === undefined ? undefined : { name, uid, gid };
}
