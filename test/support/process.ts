import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent } from './agent.js';
import { createDatabase, type TestDatabase } from './database.js';
import { freePort } from './ports.js';
import { SimulatorClient } from './simulator.js';
import { until } from './wait.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Program {
  child: ChildProcess;
  output: () => string;
  /** Resolves with the exit code, or null after a signal, once all of its output is there. */
  exited: Promise<number | null>;
}

/** Runs a compiled program of ours (`npm test` has built it) in a process of its own. */
export function runProgram(args: string[], env: NodeJS.ProcessEnv): Program {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  // Not `exit`: what it said last may come in after that.
  return { child, output: () => output, exited: new Promise((resolve) => child.once('close', resolve)) };
}

/** A shop whose server can be killed: database, simulator and server are processes of their own. */
export interface KillableShop {
  agent: Agent;
  db: TestDatabase;
  simulator: SimulatorClient;
  env: NodeJS.ProcessEnv;
  /** Starts a server and waits until it is ready. `preload` runs inside it, before it. */
  start(options?: { preload?: string; env?: NodeJS.ProcessEnv }): Promise<Program>;
  close(): Promise<void>;
}

export async function createKillableShop(timings: object): Promise<KillableShop> {
  const db = await createDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'storekeeper-crash-'));
  const port = await freePort();
  const simulatorPort = await freePort();
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PORT: String(port),
    DATA_DIR: dataDir,
    DATABASE_URL: db.url,
    STRIPE_API_BASE: simulatorUrl,
    SANDBOX_TIMINGS: JSON.stringify(timings),
    LOG_LEVEL: 'info',
  };
  const running = new Set<Program>();
  const launch = (args: string[], more: NodeJS.ProcessEnv): Program => {
    const program = runProgram(args, { ...env, ...more });
    running.add(program);
    void program.exited.then(() => running.delete(program));
    return program;
  };
  const answers = async (address: string, program: Program): Promise<void> => {
    await until(
      async () => {
        const { exitCode, signalCode } = program.child;
        if (exitCode !== null || signalCode !== null)
          throw new Error(`it did not start:\n${program.output()}`);
        return fetch(address).then(
          ({ ok }) => ok,
          () => false,
        );
      },
      (ok) => ok,
      120_000,
    );
  };
  const simulator = launch(['dist/src/cli/sandbox-psp.js'], { SANDBOX_PSP_PORT: String(simulatorPort) });
  await answers(`${simulatorUrl}/_sim`, simulator);
  return {
    agent: new Agent(url),
    db,
    simulator: new SimulatorClient(simulatorUrl),
    env,
    start: async ({ preload, env: more = {} } = {}) => {
      const program = launch([...(preload ? ['--import', preload] : []), 'dist/src/main.js'], more);
      await answers(`http://127.0.0.1:${more.PORT ?? port}/health/ready`, program);
      return program;
    },
    close: async () => {
      const ended = [...running].map(({ child, exited }) => {
        child.kill('SIGKILL');
        return exited;
      });
      await Promise.all(ended);
      await db.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
