import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { StartError } from '../../common/start-error.js';
import { Control } from './control.js';
import { Faults } from './faults.js';
import { json, send } from './http.js';
import { RazorpaySurface } from './razorpay/surface.js';
import { Router } from './router.js';
import { StripeSurface } from './stripe/surface.js';
import { WebhookControl } from './webhooks/control.js';
import { WebhookEngine } from './webhooks/engine.js';
import { Modes } from './webhooks/modes.js';
import { World } from './world.js';

const LOOPBACK = '127.0.0.1';

export interface PspSimulator {
  /** Created with the journal and the same after every restart on it. */
  readonly id: string;
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A payment provider on the loopback interface that real SDKs can talk to. What it answered it remembers, in
 * `<dataDir>/psp-sim/`, apart from the shop's database: restoring the shop must not roll its provider back.
 *
 * Rejects with one sentence when the port or the journal is taken.
 */
export async function startPspSimulator(options: {
  port: number;
  dataDir: string;
  log?: (message: string) => void;
}): Promise<PspSimulator> {
  const log = options.log ?? (() => undefined);
  const world = new World(join(options.dataDir, 'psp-sim'));
  const faults = new Faults();
  // Razorpay's goes before Stripe's, which claims every /v1 path whoever's key it carries.
  const surfaces = [new RazorpaySurface(world), new StripeSurface(world)];
  const modes = new Modes();
  const webhooks = new WebhookEngine(world, modes, log);
  const control = new Control(world, faults, new WebhookControl(world, modes, webhooks));
  const router = new Router(control, surfaces, faults, webhooks);
  const server = createServer((request, response) => {
    router.handle(request, response).catch((error: unknown) => {
      log(`psp-sim: ${request.method} ${request.url} failed: ${String(error)}`);
      fail(response);
    });
  });
  try {
    await listen(server, options.port);
  } catch (error) {
    world.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const url = `http://${LOOPBACK}:${port}`;
  world.url = url;
  webhooks.start();
  log(`psp-sim: listening on ${url}`);
  const close = () => {
    webhooks.close();
    return stop(server, world);
  };
  return { id: world.simulator.simulatorId, url, port, close };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        taken
          ? new StartError(
              `Port ${port} is taken; set SANDBOX_PSP_PORT to a free port for the PSP simulator.`,
            )
          : error,
      );
    });
    server.listen(port, LOOPBACK, resolve);
  });
}

/** Hanging connections are cut, since some hang on purpose. */
function stop(server: Server, world: World): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      world.close();
      resolve();
    });
    server.closeAllConnections();
  });
}

function fail(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) response.destroy();
  else {
    send(
      response,
      json(500, { error: { type: 'api_error', message: 'The simulator failed; see its log.' } }),
    );
  }
}
