import { createHmac, randomUUID } from 'node:crypto';

export interface Posted {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

export interface SendOptions {
  signature?: string | null;
  type?: string;
}

/** Plays Stripe's side of a webhook, signed by hand. */
export class StripeWebhooks {
  constructor(
    private readonly url: string,
    private readonly secret = 'whsec_sandbox',
  ) {}

  /** An event about a payment. */
  event(over: { id?: string; type?: string; payment?: string; email?: string } = {}): string {
    const { id = `evt_${randomUUID()}`, type = 'payment_intent.succeeded', email = 'ada@example.com' } = over;
    const payment = over.payment ?? `pi_${randomUUID().replaceAll('-', '')}`;
    const object = {
      id: payment,
      object: 'payment_intent',
      status: 'succeeded',
      amount: 1200,
      receipt_email: email,
    };
    const created = Math.floor(Date.now() / 1000);
    return JSON.stringify({ id, object: 'event', created, type, data: { object } }, null, 2);
  }

  sign(body: string, { at = Date.now() / 1000, secret = this.secret } = {}): string {
    const t = Math.floor(at);
    return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
  }

  /** Sends an event, signed for now unless a signature is given; null for none. */
  async send(
    body = this.event(),
    { signature = this.sign(body), type = 'application/json; charset=utf-8' }: SendOptions = {},
  ): Promise<Posted> {
    const response = await fetch(`${this.url}/webhooks/stripe`, {
      method: 'POST',
      headers: { 'Content-Type': type, ...(signature !== null && { 'Stripe-Signature': signature }) },
      body,
    });
    return {
      status: response.status,
      body: (await response.json()) as Posted['body'],
      headers: response.headers,
    };
  }
}
