import type { Answer } from './agent.js';
import { admin, createInRupees, savedToken } from './razorpay.js';
import type { Shop } from './shop.js';

export type Psp = 'stripe' | 'razorpay';
export const psps: Psp[] = ['stripe', 'razorpay'];

export const open = (shop: Shop, psp: Psp, body: object = {}): Promise<Answer> =>
  psp === 'stripe' ? shop.agent.create(body) : createInRupees(shop, body);

/** What pays at a provider without a buyer. */
export const good = (psp: Psp): string | object =>
  psp === 'stripe' ? 'tok_visa' : savedToken('token_simSuccess');
export const bad = (psp: Psp): string | object =>
  psp === 'stripe' ? 'tok_chargeDeclined' : savedToken('token_simDeclined');

export interface Bought {
  sessionId: string;
  orderId: string;
  paymentId: string;
  reference: string;
  amount: number;
}

/** A finished purchase. */
export async function buy(shop: Shop, psp: Psp, body: object = {}): Promise<Bought> {
  const { body: session } = await open(shop, psp, body);
  const { body: done } = await shop.agent.complete(session.id as string, good(psp));
  if (done.status !== 'completed') throw new Error(JSON.stringify(done));
  const { payment } = await adminOrder(shop, done.order.id as string);
  if (!payment) throw new Error('an order without a payment');
  return {
    sessionId: session.id as string,
    orderId: done.order.id as string,
    paymentId: payment.id,
    reference: payment.reference,
    amount: payment.amount,
  };
}

export interface AdminOrder {
  status: string;
  merchant_status: string;
  needs_review: boolean;
  adjustments: {
    id: string;
    type: string;
    status: string;
    amount: number;
    reason?: string;
    line_items?: object[];
  }[];
  totals: { type: string; amount: number }[];
  disputes: { id: string; status: string; reason: string; amount: number }[];
  line_items: {
    id: string;
    title: string;
    status: string;
    quantity: { ordered: number; current: number; fulfilled: number };
  }[];
  fulfillments: { id: string; status: string; events: { type: string }[] }[];
  payment: {
    id: string;
    reference: string;
    state: string;
    amount: number;
    captured: number;
    refunded: number;
  } | null;
}

export const adminOrder = (shop: Shop, id: string): Promise<AdminOrder> => admin(shop, `/admin/orders/${id}`);

/** Money the buyer has lost at the provider, all told. */
export async function netOf(shop: Shop, sessionId: string): Promise<number> {
  const entries = await shop.simulator.ledger(sessionId);
  return entries.reduce(
    (sum, { type, amount }) => sum + (type === 'capture' ? amount : type === 'refund' ? -amount : 0),
    0,
  );
}

/** Stores a setting as the admin would. */
export async function set(shop: Shop, namespace: string, values: object): Promise<void> {
  await shop.db.query(
    `INSERT INTO setting (namespace, version, "values", updated_at, updated_by) VALUES ($1, 1, $2, now(), 'test')
     ON CONFLICT (namespace) DO UPDATE SET version = setting.version + 1, "values" = excluded."values"`,
    [namespace, values],
  );
}
