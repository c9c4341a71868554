import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { download } from './download.js';

describe('a download', () => {
  let close: (() => void) | undefined;
  afterEach(() => close?.());

  /** A server that answers with the rows. */
  const serve = async (rows: () => AsyncGenerator<number, void>): Promise<string> => {
    const server = createServer((_, response) => {
      download(response, rows(), {
        contentType: 'text/plain; charset=utf-8',
        filename: 'numbers.txt',
        stalledReaderMs: 60_000,
        format: async function* (numbers) {
          for await (const number of numbers) yield `${number}\n`;
        },
      }).catch((error: Error) => response.writeHead(503).end(error.message));
    }).listen(0, '127.0.0.1');
    close = () => server.close();
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  /** Numbers from 1, failing in the place of one of them. */
  const numbers = (failing: number) =>
    async function* (): AsyncGenerator<number, void> {
      for (let n = 1; n <= 3; n++) {
        if (n === failing) throw new Error('gone');
        yield await Promise.resolve(n);
      }
    };

  it('is every row, under its name', async () => {
    const response = await fetch(await serve(numbers(0)));
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="numbers.txt"');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toBe('1\n2\n3\n');
  });

  it('that fails at once is answered as an error, one that fails later is broken off', async () => {
    const refused = await fetch(await serve(numbers(1)));
    expect([refused.status, await refused.text()]).toEqual([503, 'gone']);
    expect(refused.headers.get('content-disposition')).toBeNull();
    close?.();
    await expect(
      serve(numbers(2))
        .then(fetch)
        .then((response) => response.text()),
    ).rejects.toThrow();
  });

  it('whose head is asked for reads no more than the first row', async () => {
    const taken = vi.fn();
    const ended = vi.fn();
    const url = await serve(async function* () {
      try {
        for (let n = 1; n <= 1_000; n++) {
          taken();
          yield await Promise.resolve(n);
        }
      } finally {
        ended();
      }
    });
    const response = await fetch(url, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/plain; charset=utf-8',
    ]);
    expect([taken.mock.calls.length, ended.mock.calls.length]).toEqual([1, 1]);
  });
});
