import type { Line } from '../support/crash-shop.js';
import type { Psp } from '../support/purchases.js';
import { orderOf, playCheckout, proofOf, savedToken } from '../support/razorpay.js';
import type { Shop } from '../support/shop.js';

/** A way to pay, and the lines at which the money moves. */
export interface Way {
  name: string;
  psp: Psp;
  lines: Record<string, Line>;
  pay(shop: Shop, session: Parameters<typeof orderOf>[0]): Promise<string | object>;
}

const around = (what: string, method: string, path: string): Record<string, Line> => ({
  [`before the ${what} is sent`]: { before: method },
  [`while the ${what} is answered`]: { during: method, path },
  [`after the ${what} was answered`]: { after: method },
});

const capture = around('capture', 'RazorpayApi.capture', '/capture$');
/** One that may not have been sent is not sent again: that is another story. */
const { 'before the charge is sent': _, ...savedCharge } = around(
  'charge',
  'RazorpayApi.chargeToken',
  '^/v1/payments/create/',
);

export const ways: Way[] = [
  {
    name: 'a token at Stripe',
    psp: 'stripe',
    lines: around('charge', 'StripeProvider.charge', '^/v1/payment_intents$'),
    pay: async () => 'tok_visa',
  },
  {
    name: 'what the buyer paid in Razorpay Checkout',
    psp: 'razorpay',
    lines: capture,
    pay: async (shop, session) => proofOf(await playCheckout(shop, orderOf(session)!)),
  },
  {
    name: 'a token saved at Razorpay',
    psp: 'razorpay',
    lines: { ...savedCharge, ...capture },
    pay: async () => savedToken('token_simSuccess'),
  },
];
