import { testCard } from './cards.js';
import type { GrantedTokenRow, PaymentMethodRow } from './tables.js';

/** What can be charged, as the API shows it: payment methods and the shared payment tokens that lend them. */
export function paymentMethodView(row: PaymentMethodRow) {
  return {
    id: row.id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    card: cardView(row.card),
    created: row.created,
    customer: null,
    livemode: false,
    metadata: row.metadata,
    type: 'card',
  };
}

/** Expiry is a matter of the clock and not of a row: nobody has to come by for a token to be over. */
export function grantedTokenView(
  row: GrantedTokenRow,
  method: PaymentMethodRow | undefined,
  nowSeconds: number,
) {
  const expired = row.deactivatedAt === null && row.expiresAt !== null && row.expiresAt <= nowSeconds;
  return {
    id: row.id,
    object: 'shared_payment.granted_token',
    agent_details: { network_business_profile: 'profile_sandbox' },
    created: row.created,
    deactivated_at: expired ? row.expiresAt : row.deactivatedAt,
    deactivated_reason: expired ? 'expired' : row.deactivatedReason,
    livemode: false,
    payment_method_details: { type: 'card', billing_details: null, card: cardView(method?.card ?? 'visa') },
    risk_details: null,
    shared_metadata: row.sharedMetadata,
    usage_details: { amount_captured: { currency: row.currency, value: row.amountCaptured } },
    usage_limits: { currency: row.currency, expires_at: row.expiresAt, max_amount: row.maxAmount },
  };
}

export function cardView(name: string, cvcCheck: 'pass' | 'fail' | 'unchecked' = 'unchecked') {
  const { brand, last4 } = testCard(name);
  return {
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: cvcCheck },
    country: 'US',
    display_brand: brand,
    exp_month: 12,
    exp_year: 2034,
    fingerprint: `sandbox${brand}${last4}`,
    funding: name.endsWith('_debit') ? 'debit' : name.endsWith('_prepaid') ? 'prepaid' : 'credit',
    last4,
    networks: { available: [brand], preferred: null },
    wallet: null,
  };
}
