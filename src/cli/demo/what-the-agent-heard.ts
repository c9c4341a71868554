import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ToolError } from '../tool.js';
import type { Purchase } from './buy-in-rupees.js';
import { expect, type Stage } from './stage.js';

interface Heard {
  received_at: string;
  headers: Record<string, string>;
  body: string;
  verified: boolean;
}

interface OrderEvent {
  type: string;
  data: {
    status: string;
    fulfillments: { status: string }[];
    adjustments: { type: string; status: string }[];
  };
}

/** The secret of the sandbox agent's endpoint; everybody knows it. */
const secret = 'whsec_agent_sandbox';
const deadlineMs = 20_000;
const pollMs = 200;

/** All the while the shop has told the agent's platform by signed webhook. This is what arrived there. */
export async function whatTheAgentHeard(stage: Stage, { orderId }: Purchase): Promise<void> {
  const { talk, shop, agent } = stage;
  const url = `${shop}/sandbox/agent/webhooks?order_id=${orderId}`;
  await untilTheDispute(stage, url);
  talk.chapter("What the agent's platform has heard of this order, each event signed:");
  const { body } = await talk.exchange<{ data: Heard[] }>({
    method: 'GET',
    url,
    headers: agent,
    expect: 200,
    show: ({ data }) => data.map(summary),
  });
  const sequence = body.data.map(sequenceOf);
  expect(sequence[0] === 1, 'The first event is not the creation of the order.');
  expect(
    sequence.every((number, index) => index === 0 || number >= (sequence[index - 1] ?? 0)),
    `The events came out of order: ${sequence.join(', ')}.`,
  );
  expect(
    body.data.every((heard) => heard.verified && isSigned(heard)),
    'An event is not signed with the secret of the endpoint.',
  );
  const last = body.data.at(-1);
  talk.say(
    `The last one came with Merchant-Signature: ${last?.headers['merchant-signature']}`,
    'HMAC-SHA256 over `t.body` with the secret of the endpoint gives the same: nobody else sent it, and nobody changed it.',
    'docs/webhook-semantics.md says what a receiver may rely on.',
  );
}

const eventOf = ({ body }: Heard): OrderEvent => JSON.parse(body) as OrderEvent;
const sequenceOf = ({ headers }: Heard): number => Number(headers['x-order-sequence']);

function summary(heard: Heard): object {
  const { type, data } = eventOf(heard);
  return {
    type,
    sequence: sequenceOf(heard),
    status: data.status,
    parcels: data.fulfillments.map(({ status }) => status),
    adjustments: data.adjustments.map((adjustment) => `${adjustment.type} ${adjustment.status}`),
    verified: heard.verified,
  };
}

function isSigned({ headers, body }: Heard): boolean {
  const [, at, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['merchant-signature'] ?? '') ?? [];
  return signature === createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
}

async function untilTheDispute({ agent, interrupted }: Stage, url: string): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (performance.now() < deadline) {
    const response = await fetch(url, { headers: agent, signal: interrupted });
    const { data = [] } = (await response.json()) as { data?: Heard[] };
    if (data.some((heard) => eventOf(heard).data.adjustments.some(({ type }) => type === 'dispute'))) return;
    await pause(pollMs, undefined, { signal: interrupted });
  }
  throw new ToolError(`Within ${deadlineMs / 1000} s the agent's platform did not hear of the dispute.`);
}
