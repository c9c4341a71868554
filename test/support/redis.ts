import { spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { freePort } from './ports.js';
import type { Shop } from './shop.js';
import { until } from './wait.js';

export const redisIsInstalled = spawnSync('redis-server', ['--version']).status === 0;
if (!redisIsInstalled) console.warn('skipped: tests with Redis, there is no redis-server on this machine');

export interface TestRedis {
  url: string;
  /** Freezes it: connections stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Forgets everything it has. */
  empty(): Promise<void>;
  kill(): Promise<void>;
}

/** A Redis of its own, in memory, as a queue wants it (`noeviction`). */
export async function startRedis(port?: number): Promise<TestRedis> {
  const taken = port ?? (await freePort());
  const args = [
    '--port',
    String(taken),
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    'noeviction',
  ];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(taken, '127.0.0.1', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', () => resolve(false));
      }),
    (up) => up,
  );
  return {
    url: `redis://127.0.0.1:${taken}`,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    empty: async () => {
      const client = new Redis(taken);
      await client.flushall();
      client.disconnect();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * Has the server of this process wait for its Redis beyond the 50 ms after which it does without, where a test counts on
 * what is in there. Returns what ends it.
 */
export function waitForRedis({ server }: Shop): () => void {
  const { options } = server.app.get(Redis, { strict: false });
  const { commandTimeout } = options;
  options.commandTimeout = 15_000;
  return () => void (options.commandTimeout = commandTimeout);
}
