import { randomBytes } from 'node:crypto';
import { createServer as createHttp, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcp,
  getDefaultAutoSelectFamilyAttemptTimeout,
  type Server,
  setDefaultAutoSelectFamilyAttemptTimeout,
  type Socket,
} from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../test/support/ports.js';
import { localhostTls } from '../../../test/support/tls.js';
import { until } from '../../../test/support/wait.js';
import { guardedConnector } from './guarded-connector.js';
import { resolve as askNameServers, type Resolve } from './resolve.js';
import type { SafeHttpError } from './safe-http.error.js';
import { SafeHttp } from './safe-http.js';

const metadata = '169.254.169.254';
const request = { headers: { 'Content-Type': 'application/json' }, body: '{"a":1}', timeoutMs: 30_000 };

describe('a safe request', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    vi.useRealTimers();
    for (const close of closing.splice(0)) await close();
  });

  const client = (resolve: Resolve = askNameServers, sandbox = true, ca?: string): SafeHttp => {
    const http = new SafeHttp({ sandbox }, { resolve, ca });
    closing.push(() => http.close());
    return http;
  };
  const listen = async (server: Server): Promise<number> => {
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => sockets.add(socket));
    server.on('secureConnection', (socket: Socket) => sockets.add(socket));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    closing.push(() => {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((done) => server.close(done));
    });
    return (server.address() as AddressInfo).port;
  };
  const http = async (answer: RequestListener): Promise<string> =>
    `http://127.0.0.1:${await listen(createHttp(answer))}/hook`;
  const tcp = async (answer: (socket: Socket) => void): Promise<string> =>
    `http://127.0.0.1:${await listen(
      createTcp((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => answer(socket));
      }),
    )}/hook`;
  /** What the failure was, and that it says nothing of the request. */
  const failure = async (sending: Promise<unknown>): Promise<string> => {
    const error = (await sending.then(() => undefined).catch((thrown: unknown) => thrown)) as SafeHttpError;
    expect(error?.name, String(error)).toBe('SafeHttpError');
    expect(`${error.message} ${error.stack}`).not.toContain(request.body);
    return error.kind;
  };

  it('sends the exact bytes and headers, and brings status, two headers and the beginning of the body', async () => {
    const seen: { method?: string; url?: string; headers: object; body: string }[] = [];
    const url = await http((incoming, response) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => {
        seen.push({ method: incoming.method, url: incoming.url, headers: incoming.headers, body });
        response.writeHead(429, { 'Retry-After': '7', Location: '/there', 'X-More': 'yes' });
        response.end('slow down');
      });
    });
    const body = '{"naïve":"☃"}';
    const headers = { ...request.headers, 'Content-Length': String(Buffer.byteLength(body)), 'X-A': 'b' };
    expect(await client().post(`${url}?a=b%20c`, { ...request, headers, body })).toEqual({
      status: 429,
      headers: { retryAfter: '7', location: '/there' },
      excerpt: 'slow down',
    });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: '/hook?a=b%20c',
        headers: { 'x-a': 'b', 'content-length': '16', 'accept-encoding': 'identity' },
        body,
      },
    ]);
  });

  describe('goes to no address that is not allowed', () => {
    it.each(['127.0.0.1', '::1', metadata, '::ffff:7f00:1', '10.0.0.1', '64:ff9b::1'])(
      'be it %s, given to the connection itself',
      async (hostname) => {
        const connect = guardedConnector({ sandbox: false, resolve: askNameServers, timeoutMs: 1_000 });
        const error = await new Promise((done) =>
          connect({ hostname, protocol: 'https:', port: '443' }, (...[thrown]) => done(thrown)),
        );
        expect(error).toMatchObject({ kind: 'refused_address' });
      },
    );

    it.each(['0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '[::7f00:1]', metadata, 'localhost'])(
      'be it %s in a URL',
      async (host) => {
        expect(await failure(client(undefined, false).post(`https://${host}/`, request))).toBe(
          'refused_address',
        );
      },
    );

    it('when a name is public at first and leads here when it is called: it is looked up once more, and there refused', async () => {
      const looked: string[] = [];
      const answers = [['93.184.216.34'], ['127.0.0.1'], ['93.184.216.34']];
      const safe = client((name) => {
        looked.push(name);
        return Promise.resolve(answers[looked.length - 1] ?? []);
      }, false);
      expect(await safe.check('https://hooks.shop.example/')).toBeNull();
      expect(await failure(safe.post('https://hooks.shop.example/', request))).toBe('refused_address');
      expect(looked).toEqual(['hooks.shop.example', 'hooks.shop.example']);
    });

    it('when its second look-up would have led there: a connection has only one', async () => {
      let looked = 0;
      const url = new URL(await http((_, response) => response.end('here')));
      url.hostname = 'rebind.localhost';
      const safe = client(() => Promise.resolve(++looked === 1 ? ['127.0.0.1'] : [metadata]));
      expect(await safe.post(url.href, request)).toMatchObject({ status: 200, excerpt: 'here' });
      expect(looked).toBe(1);
    });

    it('when the name has others beside: only to those', async () => {
      const url = new URL(await http((_, response) => response.end()));
      url.hostname = 'mixed.localhost';
      const safe = client(() => Promise.resolve(['10.255.255.1', metadata, '127.0.0.1']));
      expect(await safe.post(url.href, request)).toMatchObject({ status: 200 });
      expect(await safe.check(url.href)).toMatch(/10\.255\.255\.1 is not a public address/);
    });

    it('when it is told to go there', async () => {
      for (const status of [301, 302, 303, 307, 308]) {
        const location = `http://${metadata}/latest/meta-data/`;
        const url = await http((_, response) => response.writeHead(status, { Location: location }).end());
        expect(await client().post(url, request)).toMatchObject({ status, headers: { location } });
      }
    });
  });

  describe('looks names up', () => {
    const at =
      (...addresses: string[]): Resolve =>
      () =>
        Promise.resolve(addresses);

    it.each([
      [['93.184.216.34', '2606:4700::1111'], null],
      [['93.184.216.34', '192.168.0.1'], '192.168.0.1'],
      [['::ffff:10.0.0.1'], '10.0.0.1'],
      [['fe80::1%eth0'], 'fe80::1%eth0'],
      [['not an address'], 'not an address'],
      [[], null],
    ])('and says what is wrong with %j: %j', async (addresses, named) => {
      const refusal = await client(at(...addresses), false).check('https://hooks.shop.example/');
      if (named === null) expect(refusal).toBeNull();
      else expect(refusal).toContain(named);
    });

    it('and lets one be that cannot be resolved now; it is an error when it is called', async () => {
      const nowhere = (): Promise<never> => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
      for (const resolve of [nowhere, at()]) {
        const safe = client(resolve, false);
        expect(await safe.check('https://hooks.shop.example/')).toBeNull();
        expect(await failure(safe.post('https://hooks.shop.example/', request))).toBe('dns');
      }
    });

    it('and waits for nobody who does not answer', async () => {
      const safe = client(() => new Promise(() => undefined), false);
      const startedAt = performance.now();
      expect(await failure(safe.post('https://hooks.shop.example/', { ...request, timeoutMs: 200 }))).toBe(
        'timeout',
      );
      // Less than a connection may take.
      expect(performance.now() - startedAt).toBeLessThan(9_000);
      const checkedAt = performance.now();
      expect(await safe.check('https://hooks.shop.example/')).toBeNull();
      expect(performance.now() - checkedAt).toBeLessThan(9_000);
    });

    it('and knows this machine by itself', async () => {
      expect(await askNameServers('localhost.')).toContain('127.0.0.1');
      const url = new URL(await http((_, response) => response.end('here')));
      url.hostname = 'localhost';
      const familyMs = getDefaultAutoSelectFamilyAttemptTimeout();
      // It has two addresses, and the second one is tried after so long.
      setDefaultAutoSelectFamilyAttemptTimeout(request.timeoutMs);
      closing.push(() => setDefaultAutoSelectFamilyAttemptTimeout(familyMs));
      expect(await client().post(url.href, request)).toMatchObject({ excerpt: 'here' });
    });
  });

  describe('ends at its deadline', () => {
    const timeoutMs = 300;
    const dropMs = 20;
    const drip = (response: ServerResponse): void => {
      const timer = setInterval(() => response.write('.'), dropMs);
      response.on('close', () => clearInterval(timer));
    };
    /** Until what drips has dripped, and it was read. */
    const someDrops = async (): Promise<void> => {
      for (let n = 0; n < 3; n++)
        await new Promise<void>((resolve) => {
          const timer = setInterval(() => (clearInterval(timer), resolve()), dropMs);
        });
    };
    it.each<[string, RequestListener]>([
      ['nothing is answered', () => undefined],
      ['the body stops in the middle', (_, response) => response.writeHead(200).write('half')],
      [
        'the body drips and never ends',
        (_, response) => {
          response.writeHead(200);
          drip(response);
        },
      ],
      [
        'it is always about to be answered',
        (_, response) => {
          const timer = setInterval(() => response.writeProcessing(), dropMs);
          response.on('close', () => clearInterval(timer));
        },
      ],
    ])('and hangs up, when %s', async (_, answer) => {
      // Its own time only: whoever is still connecting at the deadline sends nothing, and there is nobody to hang up on.
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      let arrive = (): void => undefined;
      let hangUp = (): void => undefined;
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      const hungUp = new Promise<void>((resolve) => (hangUp = resolve));
      const url = await http((incoming, response) => {
        response.on('close', hangUp);
        answer(incoming, response);
        arrive();
      });
      let ended: string | undefined;
      const ending = failure(client().post(url, { ...request, timeoutMs })).then((kind) => (ended = kind));
      await arrived;
      vi.advanceTimersByTime(timeoutMs / 2);
      await someDrops();
      vi.advanceTimersByTime(timeoutMs / 2 - 1);
      await someDrops();
      expect(ended).toBeUndefined();
      vi.advanceTimersByTime(1);
      expect(await ending).toBe('timeout');
      await hungUp;
    });

    it('when the headers drip, or no TLS connection comes about', async () => {
      const dripping = await tcp((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('X-A: b\r\n'), dropMs);
        socket.on('close', () => clearInterval(timer));
      });
      const silent = (await tcp(() => undefined)).replace('http:', 'https:');
      for (const url of [dripping, silent])
        expect(await failure(client().post(url, { ...request, timeoutMs }))).toBe('timeout');
    });

    it('while it waits for a connection, and is then never sent', async () => {
      const held: ServerResponse[] = [];
      let arrived = 0;
      let hold = true;
      const url = await http((_, response) => {
        arrived += 1;
        if (hold) held.push(response);
        else response.end();
      });
      const safe = client();
      const first = Array.from({ length: 64 }, () => safe.post(url, { ...request, timeoutMs: 120_000 }));
      await until(() => Promise.resolve(arrived === 64));
      const waiting = Array.from({ length: 30 }, () => failure(safe.post(url, { ...request, timeoutMs })));
      expect(new Set(await Promise.all(waiting))).toEqual(new Set(['timeout']));
      hold = false;
      held.forEach((response) => response.end());
      await Promise.all([...first, safe.post(url, request)]);
      expect(arrived).toBe(65);
    });
  });

  describe('reads an answer only so far', () => {
    it('that 10 MB come at once', async () => {
      const chunk = Buffer.alloc(1_048_576, 'x');
      let sent = 0;
      const url = await http((_, response) => {
        const more = (): void => {
          while (sent < 10) {
            sent += 1;
            if (!response.write(chunk)) return void response.once('drain', more);
          }
          response.end();
        };
        response.writeHead(200);
        more();
      });
      const startedAt = performance.now();
      const { status, excerpt } = await client().post(url, request);
      expect([status, excerpt]).toEqual([200, 'x'.repeat(1_000)]);
      expect(performance.now() - startedAt).toBeLessThan(request.timeoutMs);
      expect(sent).toBeLessThan(10);
    });

    it('that an endless one costs no more than its beginning', async () => {
      const url = await http((_, response) => {
        const more = (): void => {
          while (response.write('y'.repeat(65_536)));
        };
        response.writeHead(500).on('drain', more);
        more();
      });
      expect(await client().post(url, request)).toMatchObject({ status: 500, excerpt: 'y'.repeat(1_000) });
    });

    it('as is shown, in whole characters that do nothing', async () => {
      const answers: [string | Buffer, string][] = [
        ['', ''],
        ['a\u0000b\u001b[31mc\r\n\td\u202Ee', 'a\ufffdb\ufffd[31mc d\ufffde'],
        ['😀'.repeat(600), '😀'.repeat(500)],
        [`a${'😀'.repeat(600)}`, `a${'😀'.repeat(499)}\ufffd`],
        [Buffer.from([0x61, 0xff, 0xc3]), 'a\ufffd\ufffd'],
      ];
      for (const [body, excerpt] of answers) {
        const url = await http((_, response) => response.end(body));
        expect(await client().post(url, request)).toMatchObject({ status: 200, excerpt });
      }
    });

    it('as it was sent: what was packed stays packed', async () => {
      const bomb = gzipSync(Buffer.alloc(50_000_000));
      const url = await http((_, response) =>
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb),
      );
      const before = process.memoryUsage().rss;
      const { status, excerpt } = await client().post(url, request);
      expect(status).toBe(200);
      expect(excerpt.length).toBeLessThanOrEqual(1_000);
      expect(process.memoryUsage().rss - before).toBeLessThan(30_000_000);
    });

    it('and headers at most so many', async () => {
      const url = await tcp((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        socket.write(`X-Long: ${'z'.repeat(64_000)}\r\n\r\n`);
      });
      expect(await failure(client().post(url, request))).toBe('protocol');
    });
  });

  describe('tells what kept it from an answer', () => {
    it('nobody there, or somebody who hangs up', async () => {
      const gone = `http://127.0.0.1:${await freePort()}/hook`;
      expect(await failure(client().post(gone, request))).toBe('connect');
      const closed = await tcp((socket) => socket.destroy());
      const reset = await tcp((socket) => socket.resetAndDestroy());
      const halfway = await tcp((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
      for (const url of [closed, reset, halfway])
        expect(await failure(client().post(url, request))).toBe('reset');
    });

    it('many at once, when nobody is there', async () => {
      const url = `http://127.0.0.1:${await freePort()}/`;
      const safe = client();
      const kinds = await Promise.all(Array.from({ length: 200 }, () => failure(safe.post(url, request))));
      expect(new Set(kinds)).toEqual(new Set(['connect']));
    });

    it('something that is not HTTP', async () => {
      for (const answer of [
        'SSH-2.0-OpenSSH\r\n',
        randomBytes(200),
        'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',
      ])
        expect(await failure(client().post(await tcp((socket) => socket.end(answer)), request))).toBe(
          'protocol',
        );
    });

    it('a certificate that nobody trusts, that is another one, or none at all', async () => {
      const port = await listen(createHttps(localhostTls, (_, response) => response.end('secure')));
      const ca = localhostTls.cert;
      const to = (host: string): string => `https://${host}:${port}/`;
      const here: Resolve = () => Promise.resolve(['127.0.0.1']);
      expect(await client(here, true, ca).post(to('localhost'), request)).toMatchObject({
        excerpt: 'secure',
      });
      expect(await failure(client(here).post(to('localhost'), request))).toBe('tls');
      expect(await failure(client(here, true, ca).post(to('other.localhost'), request))).toBe('tls');
      expect(await failure(client(here, true, ca).post(to('127.0.0.1'), request))).toBe('tls');
      const plain = (await http((_, response) => response.end())).replace('http:', 'https:');
      expect(await failure(client().post(plain, request))).toBe('tls');
    });

    it('a header that would be two', async () => {
      const url = await http((_, response) => response.end());
      const wrong: [string, string][] = [
        ['X-A', 'b\r\nX-Evil: 1'],
        ['X-A\r\nX-Evil', '1'],
        ['X-A', 'b\n'],
        ['X-A', '\0'],
      ];
      for (const [name, value] of wrong) {
        const headers = { [name]: value };
        expect(await failure(client().post(url, { ...request, headers }))).toBe('invalid_request');
      }
    });
  });

  it('takes its connections over and over, and never more than so many', async () => {
    let connections = 0;
    let open = 0;
    let mostOpen = 0;
    const server = createHttp((incoming, response) => {
      mostOpen = Math.max(mostOpen, ++open);
      incoming.resume().on('end', () =>
        setTimeout(() => {
          open -= 1;
          response.end('ok');
        }, 2),
      );
    });
    server.on('connection', () => (connections += 1));
    const url = `http://127.0.0.1:${await listen(server)}/`;
    const safe = client();
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => safe.post(url, request)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(connections).toBeLessThanOrEqual(64);
    expect(mostOpen).toBeLessThanOrEqual(64);
    expect(mostOpen).toBeGreaterThan(30);
  });
});
