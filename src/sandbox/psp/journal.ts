import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../../common/start-error.js';
import { JournalLock } from './journal-lock.js';

const NEWLINE = 0x0a;

/**
 * Append-only JSON lines. `append` hands the bytes to the kernel before it returns, so a SIGKILL loses nothing that
 * was answered; it does not fsync, so a power cut may.
 */
export class Journal {
  private constructor(
    private readonly file: number,
    private readonly lock: JournalLock,
    private size: number,
  ) {}

  /** Locks the folder, feeds every complete line to `replay` in order, and drops a line torn by a crash. */
  static open(folder: string, replay: (line: unknown) => void): Journal {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'journal.jsonl');
    const lock = JournalLock.acquire(folder);
    const file = openSync(path, 'a+');
    try {
      const size = replayLines(file, path, replay);
      ftruncateSync(file, size);
      return new Journal(file, lock, size);
    } catch (error) {
      closeSync(file);
      lock.release();
      throw error;
    }
  }

  append(line: unknown): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.file, bytes, written);
    } catch (error) {
      // A full disk may leave half a line, which the next append would turn into garbage in the middle.
      ftruncateSync(this.file, this.size);
      throw error;
    }
    this.size += bytes.length;
  }

  close(): void {
    closeSync(this.file);
    this.lock.release();
  }
}

/** Reads in blocks, so that a long journal is never in memory at once. Answers the length of its complete lines. */
function replayLines(file: number, path: string, replay: (line: unknown) => void): number {
  const block = Buffer.alloc(1 << 16);
  let pending: Buffer[] = [];
  let complete = 0;
  let lineNumber = 0;
  let offset = 0;
  for (;;) {
    const read = readSync(file, block, 0, block.length, offset);
    if (read === 0) return complete;
    let start = 0;
    for (let end = block.indexOf(NEWLINE); end >= 0 && end < read; end = block.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...pending, block.subarray(start, end)]).toString('utf8');
      lineNumber += 1;
      replay(parseLine(line, path, lineNumber));
      pending = [];
      start = end + 1;
      complete = offset + start;
    }
    pending.push(Buffer.from(block.subarray(start, read)));
    offset += read;
  }
}

function parseLine(text: string, path: string, lineNumber: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StartError(
      `The PSP simulator's journal ${path} is damaged at line ${lineNumber}; move it away to start afresh.`,
    );
  }
}
