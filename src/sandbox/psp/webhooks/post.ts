import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Letter } from './letter.js';

export interface Answered {
  status: number | null;
  error: string | null;
}

const STOPPED = 'the simulator stops';

/** Sends letters, each on a connection of its own, and follows no redirect. */
export class Postman {
  private readonly open = new Set<ClientRequest>();
  private closed = false;

  /** Never rejects: that nobody answers is an answer. */
  post(url: string, letter: Letter, withinMs: number): Promise<Answered> {
    if (this.closed) return Promise.resolve({ status: null, error: STOPPED });
    return new Promise((resolve) => {
      const send = url.startsWith('https:') ? httpsRequest : httpRequest;
      const length = { 'Content-Length': Buffer.byteLength(letter.body) };
      const options = { method: 'POST', headers: { ...letter.headers, ...length }, agent: false };
      const request = send(url, options, (response) => {
        response.resume();
        response.once('end', () => done({ status: response.statusCode ?? null, error: null }));
        response.once('error', (error) => done({ status: null, error: error.message }));
        response.once('close', () => done({ status: null, error: 'the answer was cut off' }));
      });
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${withinMs} ms`)), withinMs);
      const done = (answered: Answered) => {
        clearTimeout(timer);
        this.open.delete(request);
        resolve(answered);
      };
      this.open.add(request);
      request.once('error', (error: NodeJS.ErrnoException) => {
        done({ status: null, error: error.code ?? error.message });
      });
      request.end(letter.body);
    });
  }

  close(): void {
    this.closed = true;
    for (const request of this.open) request.destroy(new Error(STOPPED));
  }
}
