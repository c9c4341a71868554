import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Thing } from './example-provider.mapping.js';
import type { Delivery, Fault } from './payment-provider.harness.js';

export const acornSecrets = { current: 'acorn_now', previous: 'acorn_before', foreign: 'acorn_nobody' };

type Body = Pick<Thing, 'amount' | 'currency' | 'labels' | 'payment'> & { token?: string };

class Refused extends Error {}

/** The whole of a made-up payment provider, as a small server. */
export class FakeAcorn {
  readonly payments: Thing[] = [];
  readonly refunds: Thing[] = [];
  readonly disputes: Thing[] = [];
  readonly deliveries: Delivery[] = [];
  private readonly answers = new Map<string, Thing>();
  private readonly server: Server;
  private faults: { path: string; fault: Fault }[] = [];
  private ids = 0;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  inject(path: string, fault: Fault): void {
    this.faults.push({ path, fault });
  }

  clearFaults(): void {
    this.faults = [];
  }

  dispute(payment: string): void {
    const { amount, currency } = this.payments.find(({ id }) => id === payment)!;
    const body = { amount, currency, payment, labels: {} };
    this.tell('dispute.opened', this.make(this.disputes, 'dis', body, 'open', 'fraudulent'));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://acorn');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const send = (status: number, body: object | string): void => {
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (request.method === 'GET') {
      const found = this.read(pathname, searchParams);
      return found ? send(200, found) : send(404, { error: 'unknown' });
    }
    const [met] = this.faults.splice(this.faults[0]?.path === pathname ? 0 : Infinity, 1);
    if (met?.fault === 'rate_limit') return send(429, { error: 'slow down' });
    if (met?.fault === 'wrong_key') return send(401, { error: 'wrong key' });
    try {
      const key = String(request.headers['idempotency-key']);
      const thing =
        this.answers.get(key) ?? this.execute(pathname, JSON.parse(Buffer.concat(chunks).toString()));
      this.answers.set(key, thing);
      switch (met?.fault) {
        case 'lost_timeout':
          return;
        case 'lost_reset':
          return void request.socket.resetAndDestroy();
        case 'lost_error':
          return send(500, { error: 'broken' });
        case 'lost_page':
          return send(502, '<html>Bad gateway</html>');
        default:
          return send(200, met ? { ...thing, amount: thing.amount + 1 } : thing);
      }
    } catch (error) {
      send(400, { error: (error as Error).message });
    }
  }

  private read(path: string, query: URLSearchParams): object | undefined {
    const [, table = '', id] = path.split('/');
    const things = { payments: this.payments, refunds: this.refunds, disputes: this.disputes }[table] ?? [];
    if (id !== undefined) return things.find((one) => one.id === decodeURIComponent(id));
    const [since, attempt, payment] = ['since', 'attempt', 'payment'].map((name) => query.get(name));
    const items = things.filter(
      (one) =>
        (!since || one.at >= since) &&
        (!attempt || one.labels.attempt === attempt) &&
        (!payment || one.payment === payment),
    );
    return { items };
  }

  private execute(path: string, body: Body): Thing {
    return path === '/refunds' ? this.refund(body) : this.pay(body);
  }

  private pay(body: Body): Thing {
    const reason = /^acorn_(paid|no_funds|expired|declined)$/.exec(body.token ?? '')?.[1];
    if (!reason) throw new Refused('unknown token');
    const status = reason === 'paid' ? 'paid' : 'declined';
    const payment = this.make(this.payments, 'apay', body, status, reason);
    payment.payment = payment.id;
    this.tell(`payment.${status}`, payment);
    return payment;
  }

  private refund(body: Body): Thing {
    const payment = this.payments.find(({ id }) => id === body.payment);
    const before = this.refunds.filter((one) => one.payment === body.payment);
    const left = (payment?.amount ?? 0) - before.reduce((sum, { amount }) => sum + amount, 0);
    if (body.amount > left) throw new Refused('more than was paid');
    const refund = this.make(this.refunds, 'aref', body, 'paid', '');
    this.tell('refund.paid', refund);
    return refund;
  }

  private make(table: Thing[], prefix: string, body: Body, status: string, reason: string): Thing {
    const { amount, currency, labels, payment } = body;
    const id = `${prefix}_${String((this.ids += 1)).padStart(6, '1')}`;
    const thing = { id, payment, amount, currency, labels, status, reason, at: new Date().toISOString() };
    table.push(thing);
    return thing;
  }

  private tell(type: string, about: Thing): void {
    const id = `aevt_${(this.ids += 1)}`;
    const raw = Buffer.from(JSON.stringify({ id, type, about: { ...about } }));
    this.deliveries.push({ raw, headers: sign(raw, acornSecrets.current) });
  }
}

export const sign = (raw: Buffer, secret: string): Delivery['headers'] => ({
  'acorn-signature': createHmac('sha256', secret).update(raw).digest('hex'),
});
