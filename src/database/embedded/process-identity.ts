import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { errorCode } from './embedded-postgres.error.js';

/** Where neither /proc nor `ps` tells when a process started. */
const unknownIdentity = 'unknown';

/**
 * Tells one run of a program from a later one that was given the same pid: the time it started and the boot it
 * started in. `undefined` when no such process runs; a zombie runs nothing and holds nothing, so it counts as gone.
 */
export function processIdentity(pid: number): string | undefined {
  if (!answersSignals(pid)) return undefined;
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat !== undefined) {
    // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startedAtTicks] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X') return undefined;
    return `${readIfThere('/proc/sys/kernel/random/boot_id')?.trim()}/${startedAtTicks}`;
  }
  const startedAt = askPs(pid, 'lstart');
  if (startedAt) return startedAt;
  // Gone between the first look and this one, or hidden from us (hidepid, no ps).
  return answersSignals(pid) ? unknownIdentity : undefined;
}

/** Whether `pid` is still the run that had `identity`. What cannot be told apart counts as alive: nothing is taken from it. */
export function isStillRunning(pid: number, identity: string): boolean {
  const current = processIdentity(pid);
  if (current === undefined) return false;
  return current === identity || current === unknownIdentity || identity === unknownIdentity;
}

/** The command line of a process, '' where it cannot be read. */
export function commandLine(pid: number): string {
  return readIfThere(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? askPs(pid, 'args');
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM'; // it exists and belongs to another user
  }
}

function readIfThere(path: string): string | undefined {
  if (!existsSync('/proc/self/stat')) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

function askPs(pid: number, column: string): string {
  const asked = spawnSync('/bin/ps', ['-o', `${column}=`, '-p', String(pid)], {
    encoding: 'utf8',
    env: { LC_ALL: 'C' },
  });
  return asked.status === 0 ? asked.stdout.trim() : '';
}
