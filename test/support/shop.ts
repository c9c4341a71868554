import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { loadConfig } from '../../src/config/config.js';
import { startServer, type Server } from '../../src/server.js';
import { Agent } from './agent.js';
import { createDatabase, type TestDatabase } from './database.js';
import { freePort } from './ports.js';
import { SimulatorClient } from './simulator.js';

export interface Shop {
  server: Server;
  url: string;
  agent: Agent;
  db: TestDatabase;
  simulator: SimulatorClient;
  env: NodeJS.ProcessEnv;
  /** Stops and starts the server on the same database, data directory and ports. */
  restart(env?: NodeJS.ProcessEnv): Promise<void>;
  close(): Promise<void>;
}

/** A whole shop in this process: its own database, data directory, ports and simulated payment providers. */
export async function startShop(
  overrides: NodeJS.ProcessEnv = {},
  { timings = {}, load = loadConfig }: { timings?: object; load?: typeof loadConfig } = {},
): Promise<Shop> {
  const db = await createDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'storekeeper-shop-'));
  const port = await freePort();
  const simulatorPort = await freePort();
  const env: NodeJS.ProcessEnv = {
    PORT: String(port),
    SANDBOX_PSP_PORT: String(simulatorPort),
    DATA_DIR: dataDir,
    DATABASE_URL: db.url,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
    SANDBOX_TIMINGS: JSON.stringify(timings),
    ...overrides,
  };
  const url = `http://127.0.0.1:${port}`;
  const shop: Shop = {
    server: await startServer(load(env)),
    url,
    agent: new Agent(url),
    db,
    simulator: new SimulatorClient(`http://127.0.0.1:${simulatorPort}`),
    env,
    restart: async (changed = {}) => {
      await shop.server.stop();
      shop.server = await startServer(load({ ...env, ...changed }));
    },
    close: async () => {
      await shop.server.stop();
      await db.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return shop;
}
