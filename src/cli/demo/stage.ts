import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/config.js';
import { Conversation, only } from '../conversation.js';
import { ToolError } from '../tool.js';

type Headers = Record<string, string>;

/** Who is where, and how the agent and the merchant introduce themselves. */
export interface Stage {
  talk: Conversation;
  shop: string;
  /** Where `/admin` is. */
  office: string;
  /** The simulated payment providers. */
  provider: string;
  agent: Headers;
  admin: Headers;
  stripeKey: string;
  interrupted: AbortSignal;
}

export function stageAt(shop: string, config: Config, interrupted: AbortSignal): Stage {
  return {
    talk: new Conversation(interrupted),
    shop,
    office: config.adminPort === undefined ? shop : `http://127.0.0.1:${config.adminPort}`,
    provider: config.stripe.apiBase ?? '',
    agent: { Authorization: `Bearer ${config.bootstrapKeys.agent}`, 'API-Version': '2026-04-17' },
    admin: { Authorization: `Bearer ${config.bootstrapKeys.admin}` },
    stripeKey: config.stripe.secretKey ?? '',
    interrupted,
  };
}

/** For a request that is not one sent before. */
export const withNewKey = (headers: Headers): Headers => ({
  ...headers,
  'Idempotency-Key': `demo-${randomUUID()}`,
});

/** The little of a checkout session that an agent needs to find its way. */
export interface Session {
  id: string;
  status: string;
  totals: { type: string; amount: number }[];
  fulfillment_options: { id: string }[];
  messages: { content: string }[];
  order?: { id: string; order_number: string; permalink_url: string };
}

export function totalOf({ totals }: Session): number {
  return totals.find(({ type }) => type === 'total')?.amount ?? 0;
}

export function orderOf({ order }: Session): NonNullable<Session['order']> {
  if (!order) throw new ToolError('The session is completed and has no order.');
  return order;
}

export function showOrder({ status, order }: Session): unknown {
  const members = only('id', 'order_number', 'status', 'estimated_delivery', 'totals', 'permalink_url');
  return { status, order: order && members(order) };
}

/** Prints what the provider's books say about a session, and insists on one charge of exactly this much. */
export async function expectOneCharge(
  { talk, provider }: Stage,
  sessionId: string,
  amount: number,
  currency: string,
): Promise<void> {
  const ofSession = ({ session_id }: Movement): boolean => session_id === sessionId;
  const { body: ledger } = await talk.exchange<{ entries: Movement[] }>({
    method: 'GET',
    url: `${provider}/_sim/ledger`,
    expect: 200,
    show: ({ entries }) => entries.filter(ofSession),
  });
  const movements = ledger.entries.filter(ofSession);
  const [charge] = movements;
  expect(
    movements.length === 1 &&
      charge?.type === 'capture' &&
      charge.amount === amount &&
      charge.currency.toLowerCase() === currency,
    `The ledger does not show exactly one charge of ${amount} ${currency} for this session.`,
  );
}

interface Movement {
  session_id: string;
  type: string;
  amount: number;
  currency: string;
}

export function expectStatus(session: Session, status: string): void {
  expect(session.status === status, `The session is ${session.status} where ${status} was expected.`);
}

export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new ToolError(otherwise);
}
