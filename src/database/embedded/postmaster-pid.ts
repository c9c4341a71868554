import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './embedded-postgres.error.js';

/** What a running server says of itself in `postmaster.pid`. A server that was killed leaves the file behind. */
export interface PidFile {
  pid: number;
  dataDir: string;
  port: number;
  isReady: boolean;
}

/** Lines: pid, data directory, start time, port, socket directory, address, shared memory key, state. */
export async function readPidFile(clusterDir: string): Promise<PidFile | undefined> {
  let text: string;
  try {
    text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const [pid, dataDir = '', , port, , , , state = ''] = text.split('\n');
  if (!(Number(pid) > 0)) return undefined; // being written
  return { pid: Number(pid), dataDir, port: Number(port), isReady: state.trim() === 'ready' };
}
