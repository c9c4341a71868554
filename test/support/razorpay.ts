import type { Answer } from './agent.js';
import type { Shop } from './shop.js';

export const mumbaiAddress = {
  name: 'Ada Example',
  line_one: '1 Marine Drive',
  city: 'Mumbai',
  state: 'MH',
  country: 'IN',
  postal_code: '400001',
};

/** A session in rupees: a tee to Mumbai unless said otherwise. */
export const createInRupees = (shop: Shop, body: object = {}): Promise<Answer> =>
  shop.agent.create({ currency: 'inr', fulfillment_details: { address: mumbaiAddress }, ...body });

interface HandlerConfig {
  order_id?: string;
  amount: number;
}
interface ShownSession {
  capabilities: { payment: { handlers: { psp: string; config: HandlerConfig }[] } };
}

/** The Razorpay order that the session publishes. */
export const orderOf = (session: ShownSession): string | undefined =>
  session.capabilities.payment.handlers.find(({ psp }) => psp === 'razorpay')?.config.order_id;

export interface CheckoutTriple {
  razorpay_payment_id: string;
  razorpay_order_id: string;
  razorpay_signature: string;
}

/** The buyer pays in Razorpay Checkout. */
export const playCheckout = async (
  shop: Shop,
  orderId: string,
  how: object = { method: 'upi', vpa: 'success@razorpay' },
): Promise<CheckoutTriple> =>
  (await shop.simulator.post('/_sim/razorpay/checkout', { order_id: orderId, ...how })) as CheckoutTriple;

export const proofOf = (triple: CheckoutTriple): object => ({
  payment_data: {
    handler_id: 'razorpay',
    instrument: {
      type: 'razorpay_payment',
      credential: {
        type: 'razorpay_payment',
        token: triple.razorpay_payment_id,
        order_id: triple.razorpay_order_id,
        signature: triple.razorpay_signature,
      },
    },
  },
});

export const savedToken = (token: string, customerId = 'cust_1'): object => ({
  payment_data: {
    handler_id: 'razorpay',
    instrument: {
      type: 'razorpay_token',
      credential: { type: 'razorpay_token', token, customer_id: customerId },
    },
  },
});

/** The id of the payment link behind a `continue_url`. */
export const linkOf = (session: { continue_url?: string }): string => {
  const id = /plink_[A-Za-z0-9]+/.exec(session.continue_url ?? '')?.[0];
  if (!id) throw new Error('the session has no payment link');
  return id;
};

/** The buyer pays a link. */
export const payLink = (shop: Shop, linkId: string, how: object = {}): Promise<unknown> =>
  shop.simulator.post(`/_sim/razorpay/links/${linkId}/pay`, how);

/** The merchant's view. */
export async function admin<T>(
  shop: Shop,
  path: string,
  init: { body?: object; key?: string } = {},
): Promise<T> {
  const { status, body } = await adminCall(shop, path, init);
  if (status >= 400) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  return body as T;
}

export async function adminCall(
  shop: Shop,
  path: string,
  { body, key, method }: { body?: object; key?: string; method?: string } = {},
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
): Promise<{ status: number; body: any }> {
  const response = await fetch(`${shop.url}${path}`, {
    method: method ?? (body ? 'POST' : 'GET'),
    headers: {
      Authorization: 'Bearer admin_sandbox_key',
      'Content-Type': 'application/json',
      ...(key !== undefined && { 'Idempotency-Key': key }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}
