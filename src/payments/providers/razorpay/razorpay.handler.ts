import type { HandlerOffer, Money, PreparedObject } from '../payment-provider.js';
import type { RazorpaySettings } from './razorpay.settings.js';

/** ₹1: https://razorpay.com/docs/api/orders/create */
const minimumAmount = 100;

const home = 'https://storekeeper.dev/handlers/razorpay_checkout';

/** A handler of our own, since Razorpay publishes none for ACP and `com.razorpay.*` is theirs (ACP §6.1). */
export function offerOf(
  { amount, currency }: Money,
  prepared: PreparedObject[],
  { keyId, keySecret, savedTokens }: RazorpaySettings,
): HandlerOffer {
  if (currency !== 'inr' || !keyId || !keySecret) return { notConfigured: true };
  if (amount < minimumAmount) return { belowMinimum: minimumAmount };
  const order = prepared.find(({ kind }) => kind === 'order');
  return {
    handler: {
      id: 'razorpay',
      name: 'dev.storekeeper.razorpay_checkout',
      displayName: 'UPI / Cards (Razorpay)',
      version: '2026-11-21',
      spec: home,
      requiresDelegatePayment: false,
      requiresPciCompliance: false,
      psp: 'razorpay',
      configSchema: `${home}/config.json`,
      instrumentSchemas: [`${home}/instrument.json`],
      config: {
        merchant_id: keyId,
        psp: 'razorpay',
        key_id: keyId,
        ...(order && { order_id: order.reference }),
        amount,
        currency: 'INR',
        methods: ['upi', 'card', 'netbanking'],
        environment: keyId.startsWith('rzp_test_') ? 'sandbox' : 'production',
      },
      accepts: [proofOfPayment, ...(savedTokens ? [savedToken] : [])].map((type) => ({
        instrument: type,
        credentials: [type],
      })),
      prepared,
    },
  };
}

/** What Checkout hands over when the buyer has paid. */
export const proofOfPayment = 'razorpay_payment';
/** A mandate or a saved card: charged without the buyer. */
export const savedToken = 'razorpay_token';
