import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { type Config, loadConfig } from '../config/config.js';
import { afterTheSale } from './demo/after-the-sale.js';
import { buyInDollars } from './demo/buy-in-dollars.js';
import { buyInRupees } from './demo/buy-in-rupees.js';
import { ship } from './demo/ship.js';
import { stageAt } from './demo/stage.js';
import { whatTheAgentHeard } from './demo/what-the-agent-heard.js';
import { runTool, ToolError } from './tool.js';

const help = `Plays an agent that buys in dollars and in rupees, and the merchant afterwards, and prints every request and answer.

  npm run demo

Talks to the sandbox server at PUBLIC_URL or PORT, or starts one for as long as the demo lasts.

  AGENT_API_KEY     the agent's key, if it is not the sandbox's own
  ADMIN_API_KEY     the merchant's, likewise
  SANDBOX_PSP_PORT  where the simulated payment providers are, as for the server
`;

await runTool(help, async (args, interrupted) => {
  parseArgs({ args, options: {} });
  // A dispute is an error in the log of a server, and here part of the story.
  const config = loadConfig({ LOG_LEVEL: 'fatal', ...process.env });
  if (!config.sandbox) throw new ToolError('The demo pays with test money: it runs in sandbox mode only.');
  const shop = await findServer(config);
  if (shop !== undefined) return play(shop, config, interrupted);

  console.log(`No server answers at ${config.publicUrl}: starting one for this demo.`);
  const { startServer } = await import('../server.js');
  const server = await startServer(config);
  try {
    await play(`http://127.0.0.1:${config.port}`, config, interrupted);
  } finally {
    await server.stop();
  }
});

async function findServer({ publicUrl, port }: Config): Promise<string | undefined> {
  for (const url of [publicUrl, `http://127.0.0.1:${port}`]) {
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3_000) });
      if (((await response.json()) as { status?: unknown }).status === 'ok') return url;
    } catch {
      // Nobody there, or somebody else.
    }
  }
  return undefined;
}

async function play(shop: string, config: Config, interrupted: AbortSignal): Promise<void> {
  console.log(`An agent buys at ${shop}. It knows the shop's address, its own key and the protocol.`);
  const stage = stageAt(shop, config, interrupted);
  await buyInDollars(stage);
  const purchase = await buyInRupees(stage);
  await ship(stage, purchase);
  await afterTheSale(stage, purchase);
  await whatTheAgentHeard(stage, purchase);
}
