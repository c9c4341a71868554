import 'reflect-metadata';
import { once } from 'node:events';
import { loadConfig } from './config/config.js';
import { type Server, startServer } from './server.js';
import { explain } from './start-failure.js';
import { welcome } from './welcome.js';

/** Ctrl-C under npm arrives twice, once from the terminal and once from npm: that is one wish to stop. */
const sameWishMs = 1_000;

// From the first moment: a process that dies while it starts would leave its PostgreSQL behind.
const interruption = new AbortController();
let interruptedAt = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (!interruption.signal.aborted) {
      interruptedAt = performance.now();
      console.log(`${name}: finishing what is under way; once more to stop at once`);
      interruption.abort();
    } else if (performance.now() - interruptedAt > sameWishMs) {
      process.exit(130);
    }
  });
}

let server: Server | undefined;
try {
  const config = loadConfig(process.env, process.stdout.isTTY);
  server = await startServer(config);
  if (!interruption.signal.aborted) {
    console.log(welcome(config));
    await once(interruption.signal, 'abort');
  }
  await server.stop();
  process.exit(0);
} catch (error) {
  // Ctrl-C also reaches the programs that a start runs; that they end is no news.
  const cutShort = interruption.signal.aborted && !server;
  if (!cutShort) console.error(explain(error));
  process.exit(cutShort ? 130 : 1);
}
