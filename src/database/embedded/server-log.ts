import { readFile, rename, stat } from 'node:fs/promises';
import { errorCode } from './embedded-postgres.error.js';

const largestLogBytes = 16 * 1024 * 1024;

/** Keeps one old log, so that DATA_DIR/postgres.log does not grow for ever. */
export async function setLargeLogAside(logFile: string): Promise<void> {
  try {
    if ((await stat(logFile)).size > largestLogBytes) await rename(logFile, `${logFile}.1`);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** What was appended since `start`, its last lines. */
export async function readTail(logFile: string, start: number): Promise<string> {
  const added = (await readFile(logFile)).subarray(start).toString('utf8').trimEnd();
  return added.split('\n').slice(-12).join('\n');
}
