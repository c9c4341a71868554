import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { formatMoney } from '../common/money.js';
import { type Config, loadConfig } from '../config/config.js';
import { Conversation, only } from './conversation.js';
import { runTool, ToolError } from './tool.js';

const help = `Plays an agent that buys something, and prints every request and answer.

  npm run demo

Talks to the sandbox server at PUBLIC_URL or PORT, or starts one for as long as the demo lasts.

  AGENT_API_KEY     the agent's key, if it is not the sandbox's own
  SANDBOX_PSP_PORT  where the simulated payment provider is, as for the server
`;

const tokenVersion = '2026-04-22.preview';
const tokenLifetimeSeconds = 15 * 60;

/** The little of a checkout session that an agent needs to find its way. */
interface Session {
  id: string;
  status: string;
  totals: { type: string; amount: number }[];
  fulfillment_options: { id: string }[];
  messages: { content: string }[];
  order?: { id: string; order_number: string; permalink_url: string };
}

interface Movement {
  session_id: string;
  type: string;
  amount: number;
  currency: string;
}

await runTool(help, async (args, interrupted) => {
  parseArgs({ args, options: {} });
  const config = loadConfig({ LOG_LEVEL: 'warn', ...process.env });
  if (!config.sandbox) throw new ToolError('The demo pays with test money: it runs in sandbox mode only.');
  const shop = await findServer(config);
  if (shop !== undefined) return buy(shop, config, interrupted);

  console.log(`No server answers at ${config.publicUrl}: starting one for this demo.`);
  const { startServer } = await import('../server.js');
  const server = await startServer(config);
  try {
    await buy(`http://127.0.0.1:${config.port}`, config, interrupted);
  } finally {
    await server.stop();
  }
});

async function findServer({ publicUrl, port }: Config): Promise<string | undefined> {
  for (const url of [publicUrl, `http://127.0.0.1:${port}`]) {
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3_000) });
      if (((await response.json()) as { status?: unknown }).status === 'ok') return url;
    } catch {
      // Nobody there, or somebody else.
    }
  }
  return undefined;
}

async function buy(shop: string, config: Config, interrupted: AbortSignal): Promise<void> {
  const talk = new Conversation(interrupted);
  const agent = { Authorization: `Bearer ${config.bootstrapKeys.agent}`, 'API-Version': '2026-04-17' };
  const provider = config.stripe.apiBase ?? '';
  const freshKey = () => ({ ...agent, 'Idempotency-Key': `demo-${randomUUID()}` });
  console.log(`An agent buys at ${shop}. It knows the shop's address, its own key and the protocol.`);

  talk.chapter('It wants two shirts and does not say where to: the session says what is missing.');
  const { body: created } = await talk.exchange<Session>({
    method: 'POST',
    url: `${shop}/checkout_sessions`,
    headers: freshKey(),
    body: { line_items: [{ id: 'item_merino_tee', quantity: 2 }], currency: 'usd', capabilities: {} },
    expect: 201,
    show: only('id', 'status', 'totals', 'messages'),
  });
  const url = `${shop}/checkout_sessions/${created.id}`;
  expectStatus(created, 'not_ready_for_payment');
  expect(created.messages.length > 0, 'The session is not ready and no message says why.');

  talk.chapter('It says where to: now there are ways to deliver, tax, and a total to pay.');
  const { body: addressed } = await talk.exchange<Session>({
    method: 'POST',
    url,
    headers: freshKey(),
    body: {
      fulfillment_details: {
        name: 'Ada Example',
        address: {
          name: 'Ada Example',
          line_one: '1 Main Street',
          city: 'San Francisco',
          state: 'CA',
          country: 'US',
          postal_code: '94105',
        },
      },
    },
    expect: 200,
    show: only('status', 'fulfillment_options', 'selected_fulfillment_options', 'totals', 'messages'),
  });
  expectStatus(addressed, 'ready_for_payment');
  expect(
    addressed.fulfillment_options.some(({ id }) => id === 'ship_express'),
    'Express shipping is not offered.',
  );

  talk.chapter('It is in a hurry and takes the express.');
  const { body: ready } = await talk.exchange<Session>({
    method: 'POST',
    url,
    headers: freshKey(),
    body: {
      selected_fulfillment_options: [
        { type: 'shipping', option_id: 'ship_express', item_ids: ['item_merino_tee'] },
      ],
    },
    expect: 200,
    show: only('status', 'selected_fulfillment_options', 'totals'),
  });
  expectStatus(ready, 'ready_for_payment');
  const total = totalOf(ready);
  expect(total > totalOf(addressed), 'Express shipping does not cost more than what was preselected.');

  talk.chapter("The buyer's wallet lends it a payment token, good for this amount and the next 15 minutes.");
  const { body: token } = await talk.exchange<{ id: string }>({
    method: 'POST',
    url: `${provider}/v1/test_helpers/shared_payment/granted_tokens`,
    headers: { Authorization: `Bearer ${config.stripe.secretKey}`, 'Stripe-Version': tokenVersion },
    body: new URLSearchParams({
      payment_method: 'pm_card_visa',
      'usage_limits[currency]': 'usd',
      'usage_limits[max_amount]': String(total),
      'usage_limits[expires_at]': String(Math.floor(Date.now() / 1000) + tokenLifetimeSeconds),
    }),
    expect: 200,
    show: only('id', 'usage_limits'),
  });

  talk.chapter('It pays. The answer carries the order.');
  const completion = {
    method: 'POST',
    url: `${url}/complete`,
    headers: freshKey(),
    body: {
      buyer: { first_name: 'Ada', last_name: 'Example', email: 'ada@example.com' },
      payment_data: {
        handler_id: 'card_tokenized',
        instrument: { type: 'card', credential: { type: 'spt', token: token.id } },
      },
    },
    expect: 200,
  } as const;
  const first = await talk.exchange<Session>({ ...completion, show: showOrder });
  expectStatus(first.body, 'completed');
  const { order } = first.body;
  if (!order) throw new ToolError('The session is completed and has no order.');

  talk.chapter(
    'The answer might have been lost, so it sends the same again: the same answer, and no second charge.',
  );
  const second = await talk.exchange<Session>({
    ...completion,
    show: only('status'),
    showHeaders: ['Idempotent-Replayed'],
  });
  expect(
    second.headers.get('Idempotent-Replayed') === 'true',
    'The second answer is not marked as a replay.',
  );
  expect(second.text === first.text, 'The second answer differs from the first.');

  talk.chapter('Later it looks at the session again.');
  const { body: found } = await talk.exchange<Session>({
    method: 'GET',
    url,
    headers: agent,
    expect: 200,
    show: showOrder,
  });
  expectStatus(found, 'completed');
  expect(found.order?.id === order.id, 'The session shows another order than the one that was placed.');

  talk.chapter("What money moved, by the payment provider's own books:");
  const ofSession = ({ session_id }: Movement): boolean => session_id === created.id;
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
      charge.amount === total &&
      charge.currency === 'usd',
    `The ledger does not show exactly one charge of ${total} usd for this session.`,
  );

  const page = await fetch(shop + new URL(order.permalink_url).pathname, { signal: interrupted });
  expect(page.ok, `The page of the order answers ${page.status}.`);
  console.log(
    `\nOrder ${order.order_number}, charged once: ${formatMoney(total, 'usd')}.\nThe buyer's page: ${order.permalink_url}`,
  );
}

function showOrder({ status, order }: Session): unknown {
  const members = only('id', 'order_number', 'status', 'estimated_delivery', 'totals', 'permalink_url');
  return { status, order: order && members(order) };
}

function totalOf({ totals }: Session): number {
  return totals.find(({ type }) => type === 'total')?.amount ?? 0;
}

function expectStatus(session: Session, status: string): void {
  expect(session.status === status, `The session is ${session.status} where ${status} was expected.`);
}

function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new ToolError(otherwise);
}
