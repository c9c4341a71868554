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

interface RupeeSession extends Session {
  capabilities: { payment: { handlers: { id: string; psp: string; config: RazorpayOrder }[] } };
}

interface RazorpayOrder {
  order_id?: string;
  amount: number;
}

/** What Razorpay Checkout hands to whoever opened it. */
interface SignedPayment {
  razorpay_payment_id: string;
  razorpay_order_id: string;
  razorpay_signature: string;
}

export interface Purchase {
  orderId: string;
  /** Razorpay's id. */
  payment: string;
  /** Paise. */
  total: number;
}

/** A purchase that the buyer pays in Razorpay Checkout; the agent brings the proof. */
export async function buyInRupees(stage: Stage): Promise<Purchase> {
  const { talk } = stage;
  const session = await open(stage);
  const total = totalOf(session);
  const proof = await payInCheckout(stage, session);
  const order = orderOf(await complete(stage, session, proof));

  talk.chapter("What money moved, by Razorpay's own books:");
  await expectOneCharge(stage, session.id, total, 'inr');
  talk.say(`Order ${order.order_number}, charged once: ${formatMoney(total, 'inr')}.`);
  return { orderId: order.id, payment: proof.razorpay_payment_id, total };
}

async function open({ talk, shop, agent }: Stage): Promise<RupeeSession> {
  talk.chapter(
    'Another buyer is in Mumbai. Rupees go through Razorpay: the session names the order to pay there.',
  );
  const { body: session } = await talk.exchange<RupeeSession>({
    method: 'POST',
    url: `${shop}/checkout_sessions`,
    headers: withNewKey(agent),
    body: {
      line_items: [{ id: 'item_enamel_mug', quantity: 2 }],
      currency: 'inr',
      capabilities: {},
      fulfillment_details: {
        name: 'Asha Example',
        address: {
          name: 'Asha Example',
          line_one: '1 Marine Drive',
          city: 'Mumbai',
          state: 'MH',
          country: 'IN',
          postal_code: '400001',
        },
      },
    },
    expect: 201,
    show: ({ id, status, totals, capabilities }) => ({
      id,
      status,
      totals,
      handlers: capabilities.payment.handlers.map(({ id: handler, psp, config }) => ({
        id: handler,
        psp,
        config: only('key_id', 'order_id', 'amount', 'currency')(config),
      })),
    }),
  });
  expectStatus(session, 'ready_for_payment');
  expect(
    razorpayOrder(session)?.amount === totalOf(session),
    'No Razorpay order is offered for exactly the total.',
  );
  return session;
}

async function payInCheckout({ talk, provider }: Stage, session: RupeeSession): Promise<SignedPayment> {
  talk.chapter('The buyer pays that order by UPI in Razorpay Checkout, which the simulator plays.');
  const { body: proof } = await talk.exchange<SignedPayment>({
    method: 'POST',
    url: `${provider}/_sim/razorpay/checkout`,
    body: { order_id: razorpayOrder(session)?.order_id, method: 'upi', vpa: 'success@razorpay' },
    expect: 200,
    show: only('razorpay_payment_id', 'razorpay_order_id', 'razorpay_signature'),
  });
  return proof;
}

async function complete(
  { talk, shop, agent }: Stage,
  { id }: Session,
  proof: SignedPayment,
): Promise<Session> {
  talk.chapter(
    'The agent hands in what Razorpay signed. The shop checks it, and the answer carries the order.',
  );
  const { body: paid } = await talk.exchange<Session>({
    method: 'POST',
    url: `${shop}/checkout_sessions/${id}/complete`,
    headers: withNewKey(agent),
    body: {
      buyer: { first_name: 'Asha', last_name: 'Example', email: 'asha@example.com' },
      payment_data: {
        handler_id: 'razorpay',
        instrument: {
          type: 'razorpay_payment',
          credential: {
            type: 'razorpay_payment',
            token: proof.razorpay_payment_id,
            order_id: proof.razorpay_order_id,
            signature: proof.razorpay_signature,
          },
        },
      },
    },
    expect: 200,
    show: showOrder,
  });
  expectStatus(paid, 'completed');
  return paid;
}

function razorpayOrder({ capabilities }: RupeeSession): RazorpayOrder | undefined {
  return capabilities.payment.handlers.find(({ psp }) => psp === 'razorpay')?.config;
}
