import { ExpressAdapter } from '@nestjs/platform-express';
import { createServer, type ServerOptions } from 'node:http';
import express, { type Response } from 'express';

/** A response whose bytes are already decided: what was stored under an idempotency key. */
export class RawReply {
  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Record<string, string> = {},
  ) {}
}

/** Sends a `RawReply` as it is; Nest would replace its status by the route's. */
export class RawReplyAdapter extends ExpressAdapter {
  constructor(private readonly patience: ServerOptions = {}) {
    const app = express();
    // One spelling of a path: an idempotency key belongs to it. Said first, the adapter makes its router at once.
    app.set('case sensitive routing', true);
    super(app);
  }

  override initHttpServer(): void {
    this.setHttpServer(createServer(this.patience, this.getInstance<express.Express>()));
  }

  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (!(body instanceof RawReply)) return super.reply(response, body, statusCode) as unknown;
    return response.status(body.status).set(body.headers).type('application/json').send(body.body);
  }
}
