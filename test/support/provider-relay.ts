import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** What stands between a shop and its simulated providers: it remembers who called, and can be as bad as a broken one. */
export class ProviderRelay {
  readonly seen: { method: string; path: string; authorization: string }[] = [];
  /** While it does, every call is answered with an error that quotes all that was sent. */
  gossips = false;
  private turn = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {}

  static async start(target: string): Promise<ProviderRelay> {
    const server = createServer();
    const relay = new ProviderRelay(server, target);
    server.on('request', (request, response) => {
      void relay.answer(request).then(
        ({ status, headers, text }) => response.writeHead(status, headers).end(text),
        // Who has hung up, or a provider that is gone, is for the shop to deal with.
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const body = await bodyOf(request);
    const { method = '', url: path = '', headers } = request;
    this.seen.push({ method, path, authorization: String(headers.authorization) });
    return this.gossips ? this.gossip(path, headers, body) : this.pass(method, path, headers, body);
  }

  private gossip(path: string, { authorization = '' }: IncomingHttpHeaders, body: string): Answer {
    const status = [401, 400, 402, 500][(this.turn += 1) % 4] as number;
    const login = Buffer.from(authorization.split(' ')[1] ?? '', 'base64').toString();
    const said = `Invalid API Key provided: ${authorization} ${login} ${path} ${body}`;
    const error = { message: said, description: said, code: said, reason: said, type: said, param: said };
    return {
      status,
      headers: { 'Content-Type': 'application/json' },
      text: JSON.stringify({ error }),
    };
  }

  private async pass(
    method: string,
    path: string,
    headers: IncomingHttpHeaders,
    body: string,
  ): Promise<Answer> {
    const { host: _host, connection: _connection, 'content-length': _length, ...passed } = headers;
    const response = await fetch(`${this.target}${path}`, {
      method,
      headers: passed as Record<string, string>,
      ...(body !== '' && { body }),
    });
    const type = { 'Content-Type': 'application/json' };
    return { status: response.status, headers: type, text: await response.text() };
  }
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
