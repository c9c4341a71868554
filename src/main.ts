import 'reflect-metadata';
import { ConfigError, loadConfig } from './config/config.js';
import { startServer } from './server.js';
import { welcome } from './welcome.js';

/** Everything a person should read is one sentence; a stack trace means that we did not expect it. */
function fail(error: unknown): never {
  const expected = error instanceof ConfigError || (error instanceof Error && /Error$/.test(error.name) === false);
  console.error(expected ? error.message : error);
  process.exit(1);
}

try {
  const config = loadConfig(process.env, process.stdout.isTTY);
  const server = await startServer(config);
  console.log(welcome(config));
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    console.log(`${signal}: finishing what is under way`);
    server.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
} catch (error) {
  fail(error);
}
