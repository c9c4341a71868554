import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the range from which the kernel takes the ports of outgoing connections (32768 and up): a port from there
 * may be gone again while the server that had it restarts. For the same reason each worker of the tests has a part of
 * them for itself.
 */
const [lowest, highest, parts] = [16_000, 32_000, 8];
const partSize = (highest - lowest) / parts;
const first = lowest + partSize * (Number(process.env.VITEST_POOL_ID ?? 0) % parts);
const handedOut = new Set<number>();

/** A port that nobody listens on now and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(first, first + partSize);
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
