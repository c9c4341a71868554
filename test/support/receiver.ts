import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Whether the sender waits for the answer no more, as far as it is known by now. */
  hungUp: () => boolean;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** A shop's webhook address: remembers what came and answers as told. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** Null is no answer at all. */
  reply: (received: Received) => Reply | null | Promise<Reply | null> = () => ({ status: 200 });
  /** Requests being answered now, and the most there ever were. */
  open = 0;
  mostOpen = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(port = 0): Promise<WebhookReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const address = server.address() as AddressInfo;
    const receiver = new WebhookReceiver(server, `http://127.0.0.1:${address.port}`);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      receiver.open += 1;
      receiver.mostOpen = Math.max(receiver.mostOpen, receiver.open);
      response.once('close', () => (receiver.open -= 1));
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { url: path = '/', headers, socket } = request;
        const body = Buffer.concat(chunks).toString('utf8');
        const received = { path, headers, body, hungUp: () => socket.readableEnded || socket.destroyed };
        receiver.received.push(received);
        void Promise.resolve(receiver.reply(received)).then((reply) => {
          if (reply) response.writeHead(reply.status, reply.headers).end(reply.body);
        });
      });
    });
    return receiver;
  }

  /** Types of the Stripe events that came, in order. */
  types(): string[] {
    return this.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
