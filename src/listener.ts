import type { RequestListener, Server as HttpServer, ServerOptions } from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';
import { within } from './common/pause.js';
import { StartError } from './common/start-error.js';
import type { Config } from './config/config.js';

export interface Place {
  port: number;
  host: string;
  /** What to change if the port cannot be had. */
  variable: string;
}

/** Longer than the longest request, which waits 20 s for a payment provider. */
const drainMs = 30_000;

/**
 * How long a client may take to say what it wants, and how long a connection that nobody uses is kept: longer than
 * the 60 s after which the usual proxies close one, because a request that is sent into a closing connection is lost.
 */
export const patience = ({ headersTimeoutMs, requestTimeoutMs }: Config['timings']): ServerOptions => ({
  headersTimeout: headersTimeoutMs,
  requestTimeout: requestTimeoutMs,
  // How often the two are looked after.
  connectionsCheckingInterval: Math.min(headersTimeoutMs, 5_000),
  keepAliveTimeout: 75_000,
});

/** An HTTP server at a port, which knows what it is busy with. */
export class Listener {
  private stopping = false;
  private underWay = 0;
  private whenIdle: (() => void) | undefined;

  private constructor(private readonly server: HttpServer) {
    server.prependListener('request', this.count);
  }

  static async open(server: HttpServer, place: Place): Promise<Listener> {
    const listener = new Listener(server);
    await bind(server, place);
    return listener;
  }

  /**
   * Takes no more connections, and resolves when the requests under way are answered, or after 30 s. A client that
   * is silent, or has said only half of what it wants, is not waited for.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    const closed = new Promise((resolve) => this.server.close(resolve));
    if (this.underWay > 0) {
      const idle = new Promise<void>((resolve) => {
        this.whenIdle = resolve;
      });
      await within(idle, drainMs, undefined);
    }
    this.server.closeAllConnections();
    await closed;
  }

  private readonly count: RequestListener = (_, response) => {
    this.underWay += 1;
    if (this.stopping) response.setHeader('Connection', 'close');
    response.once('close', () => {
      this.underWay -= 1;
      if (this.underWay === 0) this.whenIdle?.();
    });
  };
}

/** Whether it can be had, told before anything else is opened: a port is what most often stands in the way. */
export async function assertFree(place: Place): Promise<void> {
  const server = createServer();
  await bind(server, place);
  await new Promise((resolve) => server.close(resolve));
}

function bind(server: NetServer, place: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, place)));
    server.listen(place.port, place.host, resolve);
  });
}

function explain(error: NodeJS.ErrnoException, { port, host, variable }: Place): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${port} is taken. Stop what listens there, or set ${variable} to another one.`,
      );
    case 'EACCES':
      return new StartError(`Port ${port} is not ours to take. Set ${variable} to one above 1023.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(`HOST ${host} is not an address of this machine.`);
    default:
      return error;
  }
}
