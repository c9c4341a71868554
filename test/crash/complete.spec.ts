import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { total } from '../support/agent.js';
import { CrashShop, type Line, persist } from '../support/crash-shop.js';
import { open, type Psp } from '../support/purchases.js';
import { orderOf, playCheckout, proofOf, savedToken } from '../support/razorpay.js';

interface Way {
  psp: Psp;
  /** Moves the money, in one POST. */
  charge: string;
  path: string;
  pay(shop: CrashShop, session: Parameters<typeof orderOf>[0]): Promise<string | object>;
}

const stripe: Way = {
  psp: 'stripe',
  charge: 'StripeProvider.charge',
  path: '^/v1/payment_intents$',
  pay: async () => 'tok_visa',
};
const checkout: Way = {
  psp: 'razorpay',
  charge: 'RazorpayApi.capture',
  path: '/capture$',
  pay: async (shop, session) => proofOf(await playCheckout(shop, orderOf(session)!)),
};
const saved: Way = {
  psp: 'razorpay',
  charge: 'RazorpayApi.chargeToken',
  path: '^/v1/payments/create/',
  pay: async () => savedToken('token_simSuccess'),
};

const linesOf = ({ charge, path }: Way): Record<string, Line> => ({
  'before the claim': { before: 'ClaimStore.claim' },
  'after the claim': { before: 'CompleteCheckoutService.complete' },
  'before intend commits': { after: 'AttemptStore.insert' },
  'after intend': { before: 'SettlementService.advance' },
  'before the charge is sent': { before: charge },
  'while the charge is answered': { during: charge, path },
  'after the charge was answered': { after: charge },
  'before settle commits': { after: 'OutboxService.append' },
  'after settle': { after: 'SettlementService.advance' },
});

const { 'before the charge is sent': _, ...ofSaved } = linesOf(saved);
const capture = linesOf(checkout);

/** Every line at which a completing process can die, then the agent that asks again. */
describe.each<[string, Way, Record<string, Line>]>([
  ['a token at Stripe', stripe, linesOf(stripe)],
  ['what the buyer paid in Razorpay Checkout', checkout, capture],
  [
    'a token saved at Razorpay',
    saved,
    {
      ...ofSaved,
      'before the capture is sent': capture['before the charge is sent']!,
      'while the capture is answered': capture['while the charge is answered']!,
    },
  ],
])('completing with %s', (_name, way, lines) => {
  let shop: CrashShop;
  beforeAll(async () => {
    shop = await CrashShop.open();
    // What mends is what the shop does by itself.
    await shop.simulator.webhookMode({ mode: 'drop' });
  });
  afterAll(() => shop.close());

  const stock = async (): Promise<{ on_hand: number; reserved: number }> =>
    (
      await shop.db.query<{ on_hand: number; reserved: number }>(
        `SELECT on_hand, reserved FROM inventory WHERE item_id = 'item_merino_tee'`,
      )
    )[0]!;

  describe.each(Object.entries(lines))('and a server killed %s', (_point, line) => {
    let sessionId: string;
    let amount: number;
    let onHand: number;
    let key: string;
    let payment: string | object;

    beforeEach(async () => {
      onHand = (await stock()).on_hand;
      key = randomUUID();
      const { body } = await open(shop, way.psp);
      sessionId = body.id;
      amount = total(body)!;
      payment = await way.pay(shop, body);
      await shop.dieAt(line, () => shop.agent.complete(sessionId, payment, { key }));
      await shop.revive();
    });

    const expectOneSale = async (): Promise<void> => {
      expect(await shop.simulator.ledger(sessionId)).toMatchObject([{ type: 'capture', amount }]);
      expect((await shop.agent.get(sessionId)).body).toMatchObject({ status: 'completed', order: {} });
      const orders = await shop.db.query('SELECT id FROM shop_order WHERE session_id = $1', [sessionId]);
      expect(orders).toHaveLength(1);
      expect(
        await shop.db.query('SELECT type, seq FROM outbox_event WHERE order_id = $1', [orders[0]!.id]),
      ).toEqual([{ type: 'order_create', seq: 1 }]);
      expect(await stock()).toEqual({ on_hand: onHand - 1, reserved: 0 });
      expect(await shop.db.query('SELECT 1 FROM inventory_hold')).toEqual([]);
    };

    it('charges once and makes one order when the same key comes again', async () => {
      const answer = await persist(() => shop.agent.complete(sessionId, payment, { key }));
      expect([answer.status, answer.body.status]).toEqual([200, 'completed']);
      expect((await shop.agent.complete(sessionId, payment, { key })).text).toBe(answer.text);
      await expectOneSale();
    });

    it('charges once and makes one order when the agent comes again with a new key', async () => {
      const answer = await persist(() => shop.agent.complete(sessionId, payment));
      expect([200, 405]).toContain(answer.status);
      await expectOneSale();
    });
  });
});
