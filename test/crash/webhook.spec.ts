import Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { total } from '../support/agent.js';
import { CrashShop, type Line } from '../support/crash-shop.js';
import { adminOrder, buy, good, open, psps } from '../support/purchases.js';
import { linkOf, payLink } from '../support/razorpay.js';
import { until } from '../support/wait.js';
import { eventsOf } from './operations.js';

interface Session {
  id: string;
  amount: number;
}

let shop: CrashShop;
beforeAll(async () => {
  shop = await CrashShop.open();
});
afterAll(() => shop.close());

const isCompleted = ({ id }: Session): Promise<unknown> =>
  until(async () => (await shop.agent.get(id)).body.status === 'completed');
const isWorkedOff = (): Promise<unknown> =>
  until(
    () =>
      shop.db.query(
        `SELECT type, state, last_error FROM webhook_event WHERE state NOT IN ('processed', 'ignored')`,
      ),
    (left) => left.length === 0,
  );
const areDelivered = (): Promise<unknown> =>
  until(
    () => shop.simulator.events(),
    (events) => events.every(({ state }) => state === 'delivered'),
  );
// What still comes of one test would get to the lines of the next.
afterEach(async () => {
  await shop.simulator.replay();
  await areDelivered();
  await isWorkedOff();
});
const stock = async (): Promise<number> =>
  (
    await shop.db.query<{ on_hand: number }>(
      `SELECT on_hand - reserved AS on_hand FROM inventory WHERE item_id = 'item_merino_tee'`,
    )
  )[0]!.on_hand;

const expectOneSale = async ({ id, amount }: Session): Promise<void> => {
  expect(await shop.simulator.ledger(id)).toMatchObject([{ type: 'capture', amount }]);
  const { order } = (await shop.agent.get(id)).body;
  expect((await adminOrder(shop, order.id)).payment).toMatchObject({ captured: amount, refunded: 0 });
  expect(await eventsOf(shop, order.id)).toEqual(['1 order_create']);
  const payments = await shop.db.query(
    'SELECT a.state, o.kind FROM payment_attempt a LEFT JOIN payment_operation o ON o.payment_id = a.id WHERE subject_id = $1',
    [id],
  );
  expect(payments).toEqual([{ state: 'captured', kind: null }]);
};

/** The buyer pays without the agent, and only the webhook tells of it. */
describe('a payment that a webhook tells of', () => {
  const lines = Object.entries<Line>({
    'before the webhook is stored': { before: 'InboxStore.keep' },
    'before the webhook is answered': { after: 'InboxStore.keep' },
    'before it is looked at': { before: 'PaymentFactsService.sync' },
    'before settle commits': { after: 'FoundMoneyService.adopt' },
    'between settle and the mark': { after: 'PaymentFactsService.sync' },
  });

  it.each(lines)('pays one order after a kill %s', async (_point, line) => {
    const before = await stock();
    const { body } = await open(shop, 'razorpay');
    const session = { id: body.id as string, amount: total(body)! };
    await shop.stop(line, () => payLink(shop, linkOf(body)));
    await shop.restart();
    // What had no 2xx comes again, and what had one does no harm.
    await shop.simulator.replay();
    await isCompleted(session);
    await isWorkedOff();
    await expectOneSale(session);
    expect(await stock()).toBe(before - 1);
  });
});

describe.each(psps)('a charge at %s whose server was killed before it knew', (psp) => {
  it('is settled once by the webhook, even if that server is killed between settle and the mark', async () => {
    const charge = psp === 'stripe' ? 'StripeProvider.charge' : 'RazorpayApi.capture';
    const { body } = await open(shop, psp);
    const session = { id: body.id as string, amount: total(body)! };
    await shop.simulator.webhookMode({ mode: 'manual' });
    await shop.stop({ after: charge }, () => shop.agent.complete(session.id, good(psp)));
    await shop.kill();
    // As if the sweep that asks by itself were long in coming.
    await shop.db.query(
      `UPDATE payment_attempt SET lease_until = now() + interval '1 hour' WHERE subject_id = $1`,
      [session.id],
    );
    await shop.revive('all');
    await shop.stop({ before: 'InboxStore.finish' }, () => shop.simulator.release());
    await shop.simulator.clearWebhookModes();
    await shop.restart();
    await isCompleted(session);
    await isWorkedOff();
    await expectOneSale(session);
  });
});

describe('a refund that somebody made in the dashboard', () => {
  const lines = Object.entries<Line>({
    'before it commits': { after: 'OperationStore.insertFound' },
    'between settle and the mark': { after: 'OrderRefundsService.sync' },
  });

  it.each(lines)('is written down once after a kill %s', async (_point, line) => {
    const bought = await buy(shop, 'stripe');
    await areDelivered();
    await isWorkedOff();
    const { port } = new URL(shop.simulator.url);
    const stripe = new Stripe('sk_test_sandbox', { host: '127.0.0.1', protocol: 'http', port });
    await shop.stop(line, () => stripe.refunds.create({ payment_intent: bought.reference, amount: 300 }));
    await shop.restart();
    await until(async () => (await adminOrder(shop, bought.orderId)).payment!.refunded > 0);
    await isWorkedOff();
    const { payment, adjustments } = await adminOrder(shop, bought.orderId);
    expect(payment!.refunded).toBe(300);
    expect(adjustments).toMatchObject([{ type: 'refund', status: 'completed', amount: 300 }]);
    expect(await eventsOf(shop, bought.orderId)).toEqual(['1 order_create', '2 order_update']);
  });
});
