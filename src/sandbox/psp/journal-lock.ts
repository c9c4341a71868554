import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../../common/start-error.js';

interface Owner {
  pid: number;
  /** Start time of the process in clock ticks since boot, or null where the system does not tell. */
  started: string | null;
}

/**
 * One writer per journal. The file names its owner by pid and start time: after a crash the pid may belong to some
 * other process, and that one must not be mistaken for the owner.
 */
export class JournalLock {
  private constructor(
    private readonly path: string,
    private readonly content: string,
  ) {}

  static acquire(folder: string): JournalLock {
    const path = join(folder, 'lock');
    const content = JSON.stringify({ pid: process.pid, started: startTime(process.pid) } satisfies Owner);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (createExclusively(path, content)) return new JournalLock(path, content);
      const found = readIfPresent(path);
      if (found === null) continue;
      const owner = parseOwner(found);
      if (owner && isAlive(owner)) throw takenBy(folder, owner.pid);
      removeStale(path, found);
    }
    throw new StartError(
      `The PSP simulator's journal in ${folder} is being opened by several processes at once; start it again.`,
    );
  }

  release(): void {
    if (readIfPresent(this.path) === this.content) unlinkSync(this.path);
  }
}

function takenBy(folder: string, pid: number): Error {
  return new StartError(
    `The PSP simulator's journal in ${folder} is in use by process ${pid}; stop that process or choose another DATA_DIR.`,
  );
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM means the process exists and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = startTime(owner.pid);
  return started === null || owner.started === null || started === owner.started;
}

/**
 * Two processes may find the same dead owner. Renaming decides between them, and the loser, who then holds the
 * winner's fresh lock in its hands, puts it back.
 */
function removeStale(path: string, judged: string): void {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readIfPresent(aside) === judged) unlinkSync(aside);
  else renameSync(aside, path);
}

/** Field 22 of /proc/<pid>/stat, counted after the command name, which may itself hold spaces and parentheses. */
function startTime(pid: number): string | null {
  const stat = readIfPresent(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function createExclusively(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readIfPresent(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** A lock file that says nothing readable was torn by a crash: it has no owner. */
function parseOwner(text: string): Owner | null {
  try {
    const value = JSON.parse(text) as Partial<Owner> | null;
    if (typeof value?.pid !== 'number') return null;
    return { pid: value.pid, started: typeof value.started === 'string' ? value.started : null };
  } catch {
    return null;
  }
}
