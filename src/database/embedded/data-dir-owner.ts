import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataDirInUseError, errorCode } from './embedded-postgres.error.js';
import { isStillRunning, processIdentity } from './process-identity.js';

/**
 * Who owns a DATA_DIR: one small file per ownership, `DATA_DIR/owner/<generation>.json`, of which the highest counts.
 *
 * Taking it means linking the next number into place, which only one of several starters can do, and a dead owner is
 * taken over without ever deleting the file that says who owns it: generations only grow, so a starter that acts on
 * an old listing ends up with a number below the highest, notices, and steps back.
 */
export interface OwnerRecord {
  pid: number;
  /** See processIdentity: a later process with the same pid is not the owner. */
  identity: string;
  /** The port of the cluster, once it accepts connections. */
  port?: number;
  /** Given back in good order. */
  released?: true;
}

export interface DataDirOwner {
  publishPort(port: number): Promise<void>;
  /** Visitors that come from now on wait for the next owner. */
  withdrawPort(): Promise<void>;
  release(): Promise<void>;
}

/** @throws DataDirInUseError while another process that is alive owns it; this process counts as another one. */
export async function takeDataDir(dataDir: string): Promise<DataDirOwner> {
  const folder = ownerFolder(dataDir);
  await mkdir(folder, { recursive: true });
  const self: OwnerRecord = { pid: process.pid, identity: processIdentity(process.pid) ?? 'unknown' };
  for (;;) {
    const latest = await readLatest(folder);
    if (latest && isLive(latest.record)) throw new DataDirInUseError(dataDir, latest.record.pid);
    const generation = (latest?.generation ?? 0) + 1;
    if (!(await linkRecord(folder, generation, self))) continue;
    const highest = await readLatest(folder);
    if (highest?.generation === generation) {
      await removeOlder(folder, generation);
      return ownership(folder, generation, self);
    }
    await rm(recordPath(folder, generation), { force: true });
  }
}

/** The record of the process that owns `dataDir` right now, if there is one. */
export async function findLiveOwner(dataDir: string): Promise<OwnerRecord | undefined> {
  const latest = await readLatest(ownerFolder(dataDir));
  return latest && isLive(latest.record) ? latest.record : undefined;
}

function ownership(folder: string, generation: number, self: OwnerRecord): DataDirOwner {
  const replace = async (record: OwnerRecord) => {
    try {
      await rename(await writeDraft(folder, generation, record), recordPath(folder, generation));
    } catch (error) {
      // Somebody has deleted DATA_DIR under us: there is nothing left to own.
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  };
  return {
    publishPort: (port) => replace({ ...self, port }),
    withdrawPort: () => replace(self),
    release: () => replace({ ...self, released: true }),
  };
}

/** False when somebody else was first. The record is complete before it has its name: nobody ever reads half of one. */
async function linkRecord(folder: string, generation: number, record: OwnerRecord): Promise<boolean> {
  const draft = await writeDraft(folder, generation, record);
  try {
    await link(draft, recordPath(folder, generation));
    return true;
  } catch (error) {
    // ENOENT: the new owner has swept our draft away.
    if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOENT') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDraft(folder: string, generation: number, record: OwnerRecord): Promise<string> {
  const draft = join(folder, `${generation}.${randomUUID()}.draft`);
  await writeFile(draft, JSON.stringify(record), { mode: 0o644 });
  return draft;
}

async function removeOlder(folder: string, generation: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const isOlder = Number.parseInt(name, 10) < generation;
    const isDraft = name.startsWith(`${generation}.`) && name.endsWith('.draft');
    if (isOlder || isDraft) await rm(join(folder, name), { force: true });
  }
}

async function readLatest(
  folder: string,
): Promise<{ generation: number; record: OwnerRecord | null } | undefined> {
  for (;;) {
    const generations = (await listOrEmpty(folder))
      .filter((name) => /^\d+\.json$/.test(name))
      .map((name) => Number.parseInt(name, 10));
    if (generations.length === 0) return undefined;
    const generation = Math.max(...generations);
    try {
      return { generation, record: parseRecord(await readFile(recordPath(folder, generation), 'utf8')) };
    } catch (error) {
      // A newer owner has removed it since: look again.
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}

async function listOrEmpty(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** `null` for what is no record: an empty file is what a power cut leaves, and nobody survives a power cut. */
function parseRecord(text: string): OwnerRecord | null {
  try {
    const parsed = JSON.parse(text) as Partial<OwnerRecord> | null;
    const isRecord = Number.isInteger(parsed?.pid) && typeof parsed?.identity === 'string';
    return isRecord ? (parsed as OwnerRecord) : null;
  } catch {
    return null;
  }
}

function isLive(record: OwnerRecord | null): record is OwnerRecord {
  return record !== null && !record.released && isStillRunning(record.pid, record.identity);
}

const ownerFolder = (dataDir: string) => join(dataDir, 'owner');
const recordPath = (folder: string, generation: number) => join(folder, `${generation}.json`);
