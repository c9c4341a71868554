import { formatMoney } from '../../common/money.js';
import { only } from '../conversation.js';
import {
  expect,
  expectOneCharge,
  expectStatus,
  orderOf,
  type Session,
  showOrder,
  type Stage,
  totalOf,
  withNewKey,
} from './stage.js';

const tokenVersion = '2026-04-22.preview';
const tokenLifetimeSeconds = 15 * 60;

/** A purchase in small steps, paid by a token through Stripe and sent twice. */
export async function buyInDollars(stage: Stage): Promise<void> {
  const { talk, shop } = stage;
  const session = await fillCart(stage);
  const total = totalOf(session);
  const token = await mintToken(stage, total);
  const paid = await payTwice(stage, session, token);

  talk.chapter('Later it looks at the session again.');
  const { body: found } = await talk.exchange<Session>({
    method: 'GET',
    url: `${shop}/checkout_sessions/${session.id}`,
    headers: stage.agent,
    expect: 200,
    show: showOrder,
  });
  expectStatus(found, 'completed');
  const order = orderOf(found);
  expect(order.id === orderOf(paid).id, 'The session shows another order than the one that was placed.');

  talk.chapter("What money moved, by the payment provider's own books:");
  await expectOneCharge(stage, session.id, total, 'usd');

  const page = await fetch(shop + new URL(order.permalink_url).pathname, { signal: stage.interrupted });
  expect(page.ok, `The page of the order answers ${page.status}.`);
  talk.say(
    `Order ${order.order_number}, charged once: ${formatMoney(total, 'usd')}.`,
    `The buyer's page: ${order.permalink_url}`,
  );
}

async function fillCart({ talk, shop, agent }: Stage): Promise<Session> {
  talk.chapter('It wants two shirts and does not say where to: the session says what is missing.');
  const { body: created } = await talk.exchange<Session>({
    method: 'POST',
    url: `${shop}/checkout_sessions`,
    headers: withNewKey(agent),
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
    headers: withNewKey(agent),
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
    headers: withNewKey(agent),
    body: {
      selected_fulfillment_options: [
        { type: 'shipping', option_id: 'ship_express', item_ids: ['item_merino_tee'] },
      ],
    },
    expect: 200,
    show: only('status', 'selected_fulfillment_options', 'totals'),
  });
  expectStatus(ready, 'ready_for_payment');
  expect(
    totalOf(ready) > totalOf(addressed),
    'Express shipping does not cost more than what was preselected.',
  );
  return ready;
}

async function mintToken({ talk, provider, stripeKey }: Stage, total: number): Promise<string> {
  talk.chapter("The buyer's wallet lends it a payment token, good for this amount and the next 15 minutes.");
  const { body: token } = await talk.exchange<{ id: string }>({
    method: 'POST',
    url: `${provider}/v1/test_helpers/shared_payment/granted_tokens`,
    headers: { Authorization: `Bearer ${stripeKey}`, 'Stripe-Version': tokenVersion },
    body: new URLSearchParams({
      payment_method: 'pm_card_visa',
      'usage_limits[currency]': 'usd',
      'usage_limits[max_amount]': String(total),
      'usage_limits[expires_at]': String(Math.floor(Date.now() / 1000) + tokenLifetimeSeconds),
    }),
    expect: 200,
    show: only('id', 'usage_limits'),
  });
  return token.id;
}

async function payTwice({ talk, shop, agent }: Stage, { id }: Session, token: string): Promise<Session> {
  talk.chapter('It pays. The answer carries the order.');
  const completion = {
    method: 'POST',
    url: `${shop}/checkout_sessions/${id}/complete`,
    headers: withNewKey(agent),
    body: {
      buyer: { first_name: 'Ada', last_name: 'Example', email: 'ada@example.com' },
      payment_data: {
        handler_id: 'card_tokenized',
        instrument: { type: 'card', credential: { type: 'spt', token } },
      },
    },
    expect: 200,
  } as const;
  const first = await talk.exchange<Session>({ ...completion, show: showOrder });
  expectStatus(first.body, 'completed');

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
  return first.body;
}
