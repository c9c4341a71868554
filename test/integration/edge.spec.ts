import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessSettings } from '../../src/access/access.settings.js';
import { loadConfig } from '../../src/config/config.js';
import { ChargingService } from '../../src/payments/charging.service.js';
import { type Server, startServer } from '../../src/server.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { welcome } from '../../src/welcome.js';
import { Gate } from '../support/gate.js';
import { merchant } from '../support/merchant.js';
import { freePort } from '../support/ports.js';
import { set } from '../support/purchases.js';
import { startShop, type Shop } from '../support/shop.js';
import { StripeWebhooks } from '../support/stripe-webhooks.js';
import { until } from '../support/wait.js';

interface Route {
  method: string;
  path: string;
}

interface Seen {
  status: number;
  code: unknown;
  retryAfter: string | null;
  ms: number;
}

const seconds = (range: [number, number], text: string | null): void => {
  expect(text).toMatch(/^\d+$/);
  expect(Number(text)).toBeGreaterThanOrEqual(range[0]);
  expect(Number(text)).toBeLessThanOrEqual(range[1]);
};

describe('the edge', () => {
  let shop: Shop;
  /** Believes one proxy; on the same database. */
  let second: Server;
  let behindProxy: string;
  beforeAll(async () => {
    shop = await startShop({}, { timings: { settingsCacheMs: 50, stalledReaderMs: 1_000 } });
    const port = await freePort();
    const env = { ...shop.env, PORT: String(port), ROLE: 'api', TRUST_PROXY: '1' };
    second = await startServer(loadConfig({ ...env, STRIPE_API_BASE: shop.simulator.url }));
    behindProxy = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    await second.stop();
    await shop.close();
  });

  const tryKey = async (key: string | null, forwardedFor?: string, url = shop.url): Promise<Seen> => {
    const startedAt = performance.now();
    const response = await fetch(`${url}/checkout_sessions/cs_none`, {
      headers: {
        'API-Version': '2026-04-17',
        ...(key !== null && { Authorization: `Bearer ${key}` }),
        ...(forwardedFor !== undefined && { 'X-Forwarded-For': forwardedFor }),
      },
    });
    const { code } = (await response.json()) as { code?: unknown };
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, code, retryAfter, ms: performance.now() - startedAt };
  };
  const together = (count: number, one: (n: number) => Promise<Seen>): Promise<Seen[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => one(n)));
  const count = (seen: Seen[], status: number): number =>
    seen.filter((answer) => answer.status === status).length;
  const withSettings = async (values: Partial<AccessSettings>, work: () => Promise<void>): Promise<void> => {
    await set(shop, 'access', values);
    for (const { app } of [shop.server, second]) {
      await until(
        () => app.get(SettingsService).get(AccessSettings),
        (current) => Object.entries(values).every(([name, value]) => current[name as 'docs'] === value),
      );
    }
    try {
      await work();
    } finally {
      // Not deleted: a version never comes back.
      await set(shop, 'access', {});
    }
  };
  /** Failed logins are counted by the minute: there is time left in this one for what is counted next. */
  const minuteForIt = async (): Promise<void> => {
    await until(
      async () => Date.now() % 60_000,
      (ms) => ms < 50_000,
    );
  };
  const withLimit = (failedLoginsPerMinute: number, work: () => Promise<void>): Promise<void> =>
    withSettings({ failedLoginsPerMinute }, () => minuteForIt().then(work));

  describe('wrong keys', () => {
    it('are refused ever more slowly, then with 429, and never hold up a key that is right', async () => {
      await withLimit(20, async () => {
        let done = false;
        const attack = together(50, (n) => tryKey(`stk_guess_${n}`)).finally(() => {
          done = true;
        });
        const valid: Seen[] = [];
        while (!done || valid.length < 5) valid.push(await tryKey('agent_sandbox_key'));
        const seen = await attack;
        expect([count(seen, 401), count(seen, 429)]).toEqual([20, 30]);
        for (const { status, code, retryAfter } of seen) {
          expect(code).toBe(status === 401 ? 'unauthorized' : 'rate_limited');
          if (status === 429) seconds([1, 60], retryAfter);
        }
        const slow = seen.filter(({ status, ms }) => status === 401 && ms > 1_000);
        expect(slow.length).toBeGreaterThanOrEqual(5);
        expect(Math.max(...seen.map(({ ms }) => ms))).toBeLessThan(10_000);
        // The machine may hold up some of them; the shop would hold up all.
        expect(Math.min(...valid.map(({ ms }) => ms))).toBeLessThan(1_000);
        expect(new Set(valid.map(({ status }) => status))).toEqual(new Set([404]));
        expect((await tryKey('agent_sandbox_key')).status).toBe(404);
      });
    });

    it('are counted for the address of the connection, whatever a header says', async () => {
      await withLimit(10, async () => {
        const seen = await together(40, (n) => tryKey('stk_wrong', `198.51.100.${n}`));
        expect(count(seen, 429)).toBeGreaterThanOrEqual(30);
      });
    });

    it('are counted for each client of a trusted proxy, and a client cannot choose who it is', async () => {
      await withLimit(10, async () => {
        const from = (address: string): Promise<Seen> => tryKey('stk_wrong', address, behindProxy);
        for (let network = 0; network < 10; network++) {
          const many = await together(100, (n) => from(`198.18.${network}.${n}`));
          expect(count(many, 401)).toBe(100);
        }
        await minuteForIt();
        // The proxy appends whom it sees; what the client claims stands before that.
        const seen = await together(30, (n) => from(`198.51.100.${n}, 203.0.113.250`));
        expect(count(seen, 429)).toBe(20);
        const network = await together(30, (n) => from(`2001:db8:7:7:${n + 1}::${n}`));
        expect(count(network, 429)).toBe(20);
        expect((await from('2001:db8:7:8::1')).status).toBe(401);
      });
    });

    it('do not make us hold many sockets', async () => {
      await withLimit(2, async () => {
        const fromEach = (): Promise<Seen[]> =>
          together(300, (n) => tryKey('stk_wrong', `198.19.${n >> 8}.${n & 255}`, behindProxy));
        expect(count(await fromEach(), 401)).toBe(300);
        // Each of these would be answered after two seconds; 100 may wait, or twice 100 if the machine rests.
        const seen = await fromEach();
        const refused = seen.filter(({ status }) => status === 429);
        expect(refused.length).toBeGreaterThanOrEqual(50);
        for (const { retryAfter } of refused) expect(retryAfter).toBe('2');
      });
    });

    it('are told which kind of key is wanted', async () => {
      for (const headers of [new Headers(), new Headers({ Authorization: 'Bearer nobody' })]) {
        const refused = await fetch(`${shop.url}/admin/agents`, { headers });
        expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      }
    });

    it('are something else than no key at all', async () => {
      await withLimit(10, async () => {
        expect(count(await together(60, () => tryKey(null)), 401)).toBe(60);
      });
    });
  });

  it('slows down an address that floods the webhooks, and nobody else', async () => {
    const stripe = new StripeWebhooks(shop.url);
    await withSettings({ webhookRequestsPerSecondPerAddress: 5 }, async () => {
      const flood = (): Promise<Response[]> =>
        Promise.all(
          Array.from({ length: 40 }, () =>
            fetch(`${shop.url}/webhooks/stripe`, { method: 'POST', body: '{}' }),
          ),
        );
      const answers = await until(flood, (seen) => seen.filter(({ status }) => status === 429).length > 25);
      const refused = answers.find(({ status }) => status === 429);
      expect(refused?.headers.get('retry-after')).toBe('1');
      expect(await refused?.json()).toMatchObject({ code: 'rate_limited' });
      expect((await tryKey('agent_sandbox_key')).status).toBe(404);
    });
    await until(
      () => stripe.send(),
      ({ status }) => status === 200,
    );
  });

  it('gives no other site leave to call it from a browser', async () => {
    const origin = { Origin: 'https://evil.example' };
    const preflight = {
      ...origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type',
    };
    for (const path of [
      '/checkout_sessions',
      '/admin/api-keys',
      '/docs/json',
      '/health/live',
      '/acp/tools',
      '/nowhere',
    ]) {
      const answers = [
        await fetch(shop.url + path, { method: 'OPTIONS', headers: preflight }),
        await fetch(shop.url + path, { headers: { ...origin, Authorization: 'Bearer agent_sandbox_key' } }),
      ];
      const names = answers.flatMap(({ headers }) => [...headers.keys()]);
      expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  it('outlives a target that is no URL', async () => {
    const thrown: unknown[] = [];
    const note = (error: unknown): unknown => thrown.push(error);
    process.on('uncaughtException', note);
    for (const target of ['//', '///', '//[', '//a:b@', '//%', '/\\\\', '*', 'http://', 'http://[']) {
      const port = Number(new URL(shop.url).port);
      const answer = await raw(port, [`GET ${target} HTTP/1.1`, 'Host: shop', 'Connection: close']);
      expect(`${target} ${answer.split(' ')[1]}`).toBe(`${target} 404`);
    }
    // By now the last of them has been closed and logged here too.
    expect((await tryKey('agent_sandbox_key')).status).toBe(404);
    process.off('uncaughtException', note);
    expect(thrown).toEqual([]);
  });

  it('lets no cache keep what it tells a merchant', async () => {
    const answers = await Promise.all([
      merchant(shop, '/admin/orders'),
      merchant(shop, '/admin/settings/checkout'),
      merchant(shop, '/admin/audit-log', { apiKey: 'agent_sandbox_key' }),
      merchant(shop, '/admin/api-keys', { body: { name: 'shown once' } }),
      merchant(shop, '/admin/privacy/export', { body: { email: 'ada@example.com' } }),
    ]);
    expect(answers.map(({ status, headers }) => [status, headers.get('cache-control')])).toEqual(
      [200, 200, 403, 201, 200].map((status) => [status, 'no-store']),
    );
  });

  describe('a client that takes its time', () => {
    const sockets: Socket[] = [];
    /** So impatient that a slow machine would be too slow for it. */
    let impatient: Server;
    let port: number;
    beforeAll(async () => {
      port = await freePort();
      const SANDBOX_TIMINGS = JSON.stringify({ headersTimeoutMs: 300, requestTimeoutMs: 600 });
      const env = { ...shop.env, PORT: String(port), ROLE: 'api', STRIPE_API_BASE: shop.simulator.url };
      impatient = await startServer(loadConfig({ ...env, SANDBOX_TIMINGS }));
    });
    afterAll(async () => {
      sockets.forEach((socket) => socket.destroy());
      await impatient.stop();
    });

    const open = async (said: string): Promise<{ closed: () => Promise<boolean>; answer: () => string }> => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      let answer = '';
      let isClosed = false;
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.on('close', () => (isClosed = true));
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.write(said || '', resolve));
      return { closed: async () => isClosed, answer: () => answer };
    };

    it.each([
      ['with the headers', 'GET /health/live HTTP/1.1\r\nHost: shop\r\nX-Slow: '],
      ['with the body', 'POST /checkout_sessions HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\n{'],
    ])('%s is not waited for', async (_, said) => {
      const { closed, answer } = await open(said);
      await until(closed);
      expect(answer()).toMatch(/^HTTP\/1\.1 408 /);
    });

    it('with an export is cut off, and one that only reads slowly is not', async () => {
      await shop.db.query(
        `INSERT INTO audit_entry (id, position, at, actor, action, subject, hash, after)
         SELECT 'aud_' || n, n, now(), 'test', 'thing.made', 'x', 'x', jsonb_build_object('text', repeat('x', 1000))
         FROM generate_series((SELECT max(position) + 1 FROM audit_entry), 30000) AS n`,
      );
      /** How a download ends of which the reader rests so often and so long, and the longest it had nothing of it. */
      const ended = (rests: number, ms: number): Promise<{ how: string; longestMs: number }> =>
        new Promise((resolve) => {
          let [longestMs, latest] = [0, performance.now()];
          const measure = (): void => {
            longestMs = Math.max(longestMs, performance.now() - latest);
            latest = performance.now();
          };
          const end = (how: string) => (): void => {
            measure();
            resolve({ how, longestMs });
          };
          const asAdmin = { headers: { Authorization: 'Bearer admin_sandbox_key' } };
          get(`${shop.url}/admin/audit-log.jsonl`, asAdmin, (response) => {
            let pieces = 0;
            response.on('data', () => {
              measure();
              if (pieces++ % 25 !== 0 || pieces > rests * 25) return;
              response.pause();
              setTimeout(() => response.resume(), ms);
            });
            response.on('end', end('complete'));
            response.on('error', end('cut off'));
          });
        });
      // When the machine rests for long, so does every reader.
      const slowly = until(
        () => ended(20, 60),
        ({ longestMs }) => longestMs < 700,
      );
      expect((await ended(1, 2_500)).how).toBe('cut off');
      expect((await slowly).how).toBe('complete');
      await shop.db.query(`DELETE FROM audit_entry WHERE actor = 'test'`);
    });

    it('keeps no server from stopping, while a request under way is answered', async () => {
      const own = await startShop();
      const its = Number(new URL(own.url).port);
      const silent = connect(its, '127.0.0.1').on('error', () => undefined);
      const half = connect(its, '127.0.0.1').on('error', () => undefined);
      await new Promise((resolve) => half.write('GET /health/live HTTP/1.1\r\nHost: shop\r\nX-', resolve));
      const { body: session } = await own.agent.create();
      const charging = Gate.before(own.server.app.get(ChargingService), 'act');
      const paying = own.agent.complete(session.id as string);
      await charging.reached;
      const startedAt = performance.now();
      const stopping = own.server.stop();
      charging.open();
      expect((await paying).body.status).toBe('completed');
      await stopping;
      // Who says only half is given 15 s otherwise.
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      await own.close();
      for (const socket of [silent, half]) socket.destroy();
    });
  });

  describe('the scopes', () => {
    let routes: Route[];
    beforeAll(async () => {
      const { paths } = (await (await fetch(`${shop.url}/docs/json`)).json()) as {
        paths: Record<string, Record<string, object>>;
      };
      routes = Object.entries(paths)
        .filter(([path]) => path.startsWith('/admin'))
        .flatMap(([path, methods]) =>
          Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
        );
    });

    const statuses = async (key: string | null, chosen: Route[]): Promise<string[]> => {
      const answers: string[] = [];
      for (const { method, path } of chosen) {
        const response = await fetch(shop.url + path.replace(/\{\w+\}/g, 'none'), {
          method,
          headers: {
            ...(key !== null && { Authorization: `Bearer ${key}` }),
            ...(method !== 'GET' && { 'Content-Type': 'application/json' }),
          },
          body: method === 'GET' ? undefined : '{}',
        });
        await response.arrayBuffer();
        answers.push(`${response.status} ${method} ${path}`);
      }
      return answers;
    };
    const all = (status: number, chosen: Route[]): string[] =>
      chosen.map(({ method, path }) => `${status} ${method} ${path}`);
    const made = async (scope: string): Promise<string> =>
      (await merchant(shop, '/admin/api-keys', { body: { name: scope, scopes: [scope] } })).body
        .key as string;

    it('hold on every admin route that is documented', async () => {
      expect(routes.length).toBeGreaterThan(20);
      const changing = routes.filter(({ method }) => method !== 'GET');
      expect(await statuses(null, routes)).toEqual(all(401, routes));
      await withSettings({ failedLoginsPerMinute: 1_000_000 }, async () => {
        expect(await statuses('stk_unknown_key', routes)).toEqual(all(401, routes));
      });
      expect(await statuses('agent_sandbox_key', routes)).toEqual(all(403, routes));
      const reader = await made('admin:read');
      expect(await statuses(reader, changing)).toEqual(all(403, changing));
      const reading = await statuses(
        reader,
        routes.filter(({ method }) => method === 'GET'),
      );
      expect(reading.filter((answer) => /^(401|403|5)/.test(answer))).toEqual([]);
    });

    it('hold for the metrics too, where they have no port of their own', async () => {
      const metrics = (key: string | null): Promise<string[]> =>
        statuses(key, [{ method: 'GET', path: '/metrics' }]);
      expect(await metrics(null)).toEqual(['401 GET /metrics']);
      expect(await metrics('agent_sandbox_key')).toEqual(['403 GET /metrics']);
      expect(await metrics('admin_sandbox_key')).toEqual(['200 GET /metrics']);
    });

    it('are the only way in: every admin route of the program is documented', async () => {
      const router = shop.server.app.getHttpAdapter().getInstance().router as {
        stack: { route?: { path: string; methods: Record<string, boolean> } }[];
      };
      const served = router.stack.flatMap(({ route }) =>
        route?.path.startsWith('/admin')
          ? Object.keys(route.methods).map(
              (method) => `${method.toUpperCase()} ${route.path.replace(/:(\w+)/g, '{$1}')}`,
            )
          : [],
      );
      expect(served.length).toBeGreaterThan(20);
      expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual(expect.arrayContaining(served));
    });
  });
});

describe('ADMIN_PORT', () => {
  let shop: Shop;
  let adminPort: number;
  let office: { url: string };
  beforeAll(async () => {
    adminPort = await freePort();
    office = { url: `http://127.0.0.1:${adminPort}` };
    shop = await startShop({ ADMIN_PORT: String(adminPort) });
  });
  afterAll(() => shop.close());

  const statusOf = async (url: string, headers: Record<string, string> = {}): Promise<number> => {
    const response = await fetch(url, { headers, redirect: 'manual' });
    await response.arrayBuffer();
    return response.status;
  };
  const adminKey = { Authorization: 'Bearer admin_sandbox_key' };
  const kept = ['/admin/orders', '/admin/api-keys', '/docs/', '/docs/json', '/docs/yaml', '/metrics'];

  it.each(kept)('serves %s there, and nothing of it at PORT', async (path) => {
    expect(await statusOf(office.url + path, adminKey)).toBe(200);
    expect(await statusOf(shop.url + path, adminKey)).toBe(404);
    const response = await fetch(shop.url + path);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'not_found']);
  });

  it('is not got round by another spelling, another host or a forged port', async () => {
    const port = Number(new URL(shop.url).port);
    const targets = [
      '/admin',
      '/admin/',
      '//admin/orders',
      '/admin//orders',
      '/./admin/orders',
      '/health/../admin/orders',
      '/%61dmin/orders',
      '/admin%2Forders',
      '/ADMIN/orders',
      '/admin/orders/',
      '/admin/orders?x=1',
      '/admin;a=b/orders',
      '/metrics/',
      '/metrics?x',
      `http://127.0.0.1:${adminPort}/admin/orders`,
      `http://127.0.0.1:${adminPort}/metrics`,
    ];
    for (const target of targets) {
      const answer = await raw(port, [
        `GET ${target} HTTP/1.1`,
        `Host: 127.0.0.1:${adminPort}`,
        `X-Forwarded-Host: 127.0.0.1:${adminPort}`,
        `X-Forwarded-Port: ${adminPort}`,
        'Authorization: Bearer admin_sandbox_key',
        'Connection: close',
      ]);
      expect(`${target} ${answer.split(' ')[1]}`).toBe(`${target} 404`);
    }
  });

  it('wants no key for the metrics there, and one for all the rest', async () => {
    expect(await statusOf(`${office.url}/metrics`)).toBe(200);
    expect(await statusOf(`${office.url}/admin/orders`)).toBe(401);
  });

  it('tells its health at both, sells, and takes changes of the merchant', async () => {
    for (const url of [shop.url, office.url]) expect(await statusOf(`${url}/health/ready`)).toBe(200);
    const { body: session } = await shop.agent.create();
    expect((await shop.agent.complete(session.id as string)).body.status).toBe('completed');
    expect((await merchant(office, '/admin/agents', { body: { name: 'from the office' } })).status).toBe(201);
    expect((await merchant(shop, '/admin/agents', { body: { name: 'from outside' } })).status).toBe(404);
  });

  it('has a worker show its metrics there, and its health at both', async () => {
    const [port, workerAdminPort] = [await freePort(), await freePort()];
    const worker = await startServer(
      loadConfig({
        ...shop.env,
        PORT: String(port),
        ADMIN_PORT: String(workerAdminPort),
        ROLE: 'worker',
        STRIPE_API_BASE: shop.simulator.url,
      }),
    );
    const at = (place: number, path: string): Promise<number> => statusOf(`http://127.0.0.1:${place}${path}`);
    expect(await at(workerAdminPort, '/metrics')).toBe(200);
    expect(await at(port, '/metrics')).toBe(404);
    for (const place of [port, workerAdminPort]) expect(await at(place, '/health/live')).toBe(200);
    expect(await at(workerAdminPort, '/admin/orders')).toBe(404);
    await worker.stop();
  });

  it('is named in the welcome', () => {
    const text = welcome(loadConfig({ ...shop.env }));
    expect(text).toContain(`http://localhost:${adminPort}/docs`);
    expect(text).toContain(`http://localhost:${new URL(shop.url).port}/health/ready`);
    expect(text).not.toContain(`${new URL(shop.url).port}/docs`);
  });

  it('that is taken is named at the start, and leaves nothing open behind', async () => {
    const port = await freePort();
    const config = loadConfig({ ...shop.env, PORT: String(port), STRIPE_API_BASE: shop.simulator.url });
    await expect(startServer(config)).rejects.toThrow(
      `Port ${adminPort} is taken. Stop what listens there, or set ADMIN_PORT to another one.`,
    );
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
  });

  it('is closed with the other, and taken again by the next start', async () => {
    await shop.restart();
    expect(await statusOf(`${office.url}/health/live`)).toBe(200);
    await shop.server.stop();
    for (const url of [shop.url, office.url]) await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });
});

/** What a server says to exactly these lines. */
function raw(port: number, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
}
