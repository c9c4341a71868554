import type { HandlerOffer, Money } from '../payment-provider.js';
import type { StripeSettings } from './stripe.settings.js';

/** https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const minimumAmounts: Record<string, number | undefined> = {
  usd: 50,
  eur: 50,
  gbp: 30,
  cad: 50,
  aud: 50,
  inr: 50,
};

/** ACP's handler for tokenized cards (ACP §6.2). */
export function offerOf(
  { amount, currency }: Money,
  { merchantId, secretKey, acquirer }: StripeSettings,
): HandlerOffer {
  const minimum = minimumAmounts[currency] ?? 0;
  if (amount < minimum) return { belowMinimum: minimum };
  if (!secretKey || !merchantId) return { notConfigured: true };
  return {
    handler: {
      id: 'card_tokenized',
      name: 'dev.acp.tokenized.card',
      displayName: 'Card',
      version: '2026-01-22',
      spec: 'https://acp.dev/handlers/tokenized.card',
      requiresDelegatePayment: true,
      requiresPciCompliance: false,
      psp: 'stripe',
      configSchema: 'https://acp.dev/schemas/handlers/tokenized.card/config.json',
      instrumentSchemas: ['https://acp.dev/schemas/handlers/tokenized.card/instrument.json'],
      config: {
        merchant_id: merchantId,
        psp: 'stripe',
        accepted_brands: ['visa', 'mastercard', 'amex', 'discover', 'diners', 'jcb', 'unionpay'],
        accepted_funding_types: ['credit', 'debit', 'prepaid'],
        supports_3ds: acquirer !== undefined,
        ...(acquirer && { '3ds_versions': ['2.2'] }),
        environment: isTestKey(secretKey) ? 'sandbox' : 'production',
      },
      accepts: [{ instrument: 'card', credentials: ['spt', 'agentic_token'] }],
    },
  };
}

export const isTestKey = (secretKey: string): boolean => /^(sk|rk)_test_/.test(secretKey);
