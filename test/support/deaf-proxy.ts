import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** In the first message of every connection that listens (PostgreSQL's `StartupMessage` is plain text). */
const listens = 'storekeeper-listen';

/** Stands before PostgreSQL. What it swallows is gone without a trace: no connection is closed, none hears anything. */
export class DeafProxy {
  private readonly sockets = new Set<Socket>();
  private readonly cutOff = new WeakSet<Socket>();
  private swallows = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(databaseUrl: string): Promise<DeafProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const target = new URL(databaseUrl);
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    const proxy = new DeafProxy(server, url.href);
    server.on('connection', (client) => proxy.pass(client, connect(Number(target.port), target.hostname)));
    return proxy;
  }

  /** From now on nothing gets through to whoever listens for notifications, nor from it. */
  swallow(): void {
    this.swallows = true;
  }

  /** Lets everything through again. Who was cut off notices, and connects anew. */
  hear(): void {
    this.swallows = false;
    for (const socket of this.sockets) if (this.cutOff.has(socket)) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private pass(client: Socket, server: Socket): void {
    let isListener = false;
    const lost = (): boolean => {
      if (this.swallows && isListener) this.cutOff.add(client);
      return this.swallows && isListener;
    };
    client.once('data', (first: Buffer) => (isListener = first.includes(listens)));
    client.on('data', (bytes: Buffer) => lost() || server.write(bytes));
    server.on('data', (bytes: Buffer) => lost() || client.write(bytes));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
  }
}
