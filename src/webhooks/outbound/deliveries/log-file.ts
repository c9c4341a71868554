import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { within } from '../../../common/pause.js';

export interface LogFileLimits {
  /** After how much a new file is begun: a number and B, K, M or G. */
  size: string;
  /** How many full files are kept beside the one being written, as `<name>.1` (the newest) to `<name>.<kept>`. */
  kept: number;
  /** How long a file that could not be written is left alone. */
  retryMs: number;
  /** How often it is looked whether somebody else has begun a new file. */
  recheckMs: number;
}

const defaults: LogFileLimits = { size: '10M', kept: 5, retryMs: 60_000, recheckMs: 5_000 };
/** Of lines that wait for a disk that does not take them. */
const maximumWaiting = 1024 * 1024;
const closeTimeoutMs = 2_000;

/**
 * Appends lines to a file that rotates by size. A line is one write at the end of the file, so those of several
 * processes never mix. It neither throws nor waits: a line that the disk does not take is left out.
 */
export class LogFile {
  private readonly limits: LogFileLimits;
  private stream: RotatingFileStream | undefined;
  private inode: number | undefined;
  private checkedAt = 0;
  private retryAt = 0;
  private failed = false;
  private ended: Promise<unknown> = Promise.resolve();

  /** `onTrouble` hears of the first failure of a row of them. */
  constructor(
    private readonly path: string,
    private readonly onTrouble: (error: Error) => void,
    limits: Partial<LogFileLimits> = {},
  ) {
    this.limits = { ...defaults, ...limits };
  }

  write(line: string): void {
    const now = performance.now();
    if (this.stream && now - this.checkedAt >= this.limits.recheckMs) this.recheck(now);
    if (!this.stream && now < this.retryAt) return;
    this.stream ??= this.open();
    if (this.stream.writableLength > maximumWaiting) return;
    // What was written before the disk was full may end in half a line.
    this.stream.write(`${this.failed ? '\n' : ''}${line}\n`, (error) => {
      this.failed &&= Boolean(error);
    });
  }

  /** Resolves when what was written is in the file, or soon after if the disk does not take it. */
  async close(): Promise<void> {
    this.end();
    await within(this.ended, closeTimeoutMs, undefined);
  }

  private open(): RotatingFileStream {
    const stream = createStream(basename(this.path), {
      path: dirname(this.path),
      size: this.limits.size,
      rotate: this.limits.kept,
      mode: 0o640,
    });
    stream.on('open', () => {
      this.inode = this.inodeNow();
    });
    stream.on('error', (error: Error) => this.giveUp(stream, error));
    this.checkedAt = performance.now();
    return stream;
  }

  private giveUp(stream: RotatingFileStream, error: Error): void {
    if (!this.failed) this.onTrouble(error);
    this.failed = true;
    this.retryAt = performance.now() + this.limits.retryMs;
    if (this.stream === stream) this.stream = undefined;
  }

  /** Another process that rotates the file leaves us writing to the old one. */
  private recheck(now: number): void {
    this.checkedAt = now;
    if (this.inode !== undefined && this.inode !== this.inodeNow()) this.end();
  }

  private end(): void {
    const { stream } = this;
    if (!stream) return;
    this.stream = undefined;
    this.inode = undefined;
    const end = new Promise<void>((resolve) => stream.end(() => resolve()));
    this.ended = Promise.all([this.ended, end]);
  }

  private inodeNow(): number | undefined {
    try {
      return statSync(this.path).ino;
    } catch {
      return undefined;
    }
  }
}
