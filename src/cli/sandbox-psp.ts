import { startPspSimulator } from '../sandbox/psp/simulator.js';

const HELP = `Runs the simulated payment provider as a process of its own.

  SANDBOX_PSP_PORT  loopback port, 4000 if unset
  DATA_DIR          folder of the journal psp-sim/, ./data if unset
`;

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  const simulator = await startPspSimulator({
    port: readPort(process.env.SANDBOX_PSP_PORT),
    dataDir: process.env.DATA_DIR || './data',
  });
  process.stdout.write(`PSP simulator ${simulator.id} on ${simulator.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void simulator.close().then(() => process.exit(0)));
  }
}

function readPort(text: string | undefined): number {
  if (!text) return 4000;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new Error(`SANDBOX_PSP_PORT must be a port number, not "${text}".`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
