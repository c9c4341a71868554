import { createHmac } from 'node:crypto';
import { Database } from '../../src/database/database.js';
import { newId } from '../../src/common/id.js';
import { OutboxService } from '../../src/outbox/outbox.service.js';
import { adminCall } from './razorpay.js';
import type { Received } from './receiver.js';
import type { Shop } from './shop.js';

export const endpointSecret = 'whsec_for_this_test_only';

/** Makes an endpoint and returns its id. */
export async function addEndpoint(shop: Shop, body: object): Promise<string> {
  const { status, body: made } = await adminCall(shop, '/admin/webhook-endpoints', {
    body: { secret: endpointSecret, ...body },
  });
  if (status !== 201) throw new Error(JSON.stringify(made));
  return made.id as string;
}

/** Written by hand from the protocol: HMAC-SHA256 over `t.body`, hex. Throws if it does not match. */
export function verifySignature({ headers, body }: Received, secret = endpointSecret): { at: number } {
  const found = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['merchant-signature']));
  if (!found) throw new Error(`no signature: ${String(headers['merchant-signature'])}`);
  const [, at = '', signature] = found;
  const expected = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  if (signature !== expected) throw new Error('the signature is wrong');
  return { at: Number(at) };
}

/** What a received webhook says. */
export const eventOf = ({
  headers,
  body,
}: Received): { id: string; orderId: string; seq: number; type: string } => {
  const { type, data } = JSON.parse(body) as { type: string; data: { id: string } };
  return {
    id: String(headers['request-id']),
    orderId: data.id,
    seq: Number(headers['x-order-sequence']),
    type,
  };
};

/** An order that only the outbox knows, whose changes are as many as a test wants. In-process shops only. */
export class PaperOrder {
  private seq = 0;
  readonly id = newId('ord');
  readonly sessionId = newId('cs');

  constructor(
    private readonly shop: Shop,
    private readonly agentId: string,
  ) {}

  /** The first one is the order's creation. Returns its number. */
  async change(status = 'confirmed'): Promise<number> {
    const { app } = this.shop.server;
    this.seq += 1;
    const seq = this.seq;
    await app.get(Database).transaction((tx) =>
      app.get(OutboxService, { strict: false }).append(tx, {
        orderId: this.id,
        agentId: this.agentId,
        seq,
        type: seq === 1 ? 'order_create' : 'order_update',
        snapshot: {
          type: 'order',
          id: this.id,
          checkout_session_id: this.sessionId,
          permalink_url: `${this.shop.url}/orders/${this.id}`,
          status,
        },
      }),
    );
    return seq;
  }
}

export async function sandboxAgentId(shop: Shop): Promise<string> {
  const [row] = await shop.db.query<{ id: string }>(
    `SELECT id FROM agent WHERE bootstrap_name = 'sandbox-agent'`,
  );
  if (!row) throw new Error('there is no sandbox agent');
  return row.id;
}
