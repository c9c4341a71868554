import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { excerptOf } from './excerpt.js';
import { exchangeError, SafeHttpError } from './safe-http.error.js';

export interface SafeAnswer {
  status: number;
  headers: { retryAfter?: string; location?: string };
  /** The first 1,000 characters of the body. */
  excerpt: string;
}

/** As much as is read of an answer; what is longer is not worth its connection. */
const maximumBytes = 16_384;
const shownHeaderLength = 500;

/**
 * One request and its answer, as undici tells of them; settles once. The deadline is absolute: undici's own timeouts
 * measure how long nothing comes, and a request that waits for a connection has none.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private readonly timer: NodeJS.Timeout;
  private controller: Dispatcher.DispatchController | undefined;
  private settled = false;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(
    timeoutMs: number,
    private readonly resolve: (answer: SafeAnswer) => void,
    private readonly reject: (error: SafeHttpError) => void,
  ) {
    this.timer = setTimeout(
      () => this.fail(new SafeHttpError('timeout', `there was no complete answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.settled) this.hangUp();
  }

  /** Also for each 1xx that announces the answer; the last one is the answer. */
  onResponseStart(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.settled) return;
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes <= maximumBytes) return;
    this.onResponseEnd();
    this.hangUp();
  }

  onResponseEnd(): void {
    if (!this.settle()) return;
    this.resolve({
      status: this.status,
      headers: { retryAfter: this.header('retry-after'), location: this.header('location') },
      excerpt: this.bytes > 0 ? excerptOf(Buffer.concat(this.chunks)) : '',
    });
  }

  onResponseError(_: unknown, error: Error): void {
    this.fail(exchangeError(error));
  }

  private fail(error: SafeHttpError): void {
    if (!this.settle()) return;
    this.reject(error);
    this.hangUp();
  }

  private settle(): boolean {
    if (this.settled) return false;
    clearTimeout(this.timer);
    return (this.settled = true);
  }

  private hangUp(): void {
    this.controller?.abort(new Error('no longer waited for'));
  }

  private header(name: string): string | undefined {
    const value = this.headers[name];
    return (Array.isArray(value) ? value[0] : value)?.slice(0, shownHeaderLength);
  }
}
