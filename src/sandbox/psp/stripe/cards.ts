/** What the issuer says when it refuses. */
export interface Decline {
  code: string;
  decline_code: string;
  message: string;
  param?: string;
  advice_code?: string;
  network_decline_code?: string;
}

export interface TestCard {
  brand: string;
  last4: string;
  /** Refused when charged; with `challenge`, refused after the buyer authenticated. */
  decline?: Decline;
  /** The issuer wants 3-D Secure first. */
  challenge?: true;
  blockedByRadar?: boolean;
  refund?: 'stays_pending';
  /** The issuer takes its time: the charge is pending until it is told to go on. */
  processing?: true;
  dispute?: { reason: string; inquiry?: boolean };
  fraudWarning?: true;
}

const DECLINED = 'Your card was declined.';

function cardDeclined(decline_code: string, message = DECLINED, more: Partial<Decline> = {}): Decline {
  return { code: 'card_declined', decline_code, message, ...more };
}

/** Test mode repeats the code as the decline code for these. */
function sameCode(code: string, message: string, more: Partial<Decline>): Decline {
  return { code, decline_code: code, message, ...more };
}

const insufficientFunds = cardDeclined('insufficient_funds', 'Your card has insufficient funds.', {
  advice_code: 'try_again_later',
  network_decline_code: '51',
});
const incorrectCvc = sameCode('incorrect_cvc', "Your card's security code is incorrect.", {
  param: 'cvc',
  advice_code: 'confirm_card_data',
});

/**
 * docs.stripe.com/testing, by the part of the name after `pm_card_` or `tok_`.
 */
const CARDS: Record<string, Partial<TestCard>> = {
  visa: {},
  visa_debit: { last4: '5556' },
  mastercard: { brand: 'mastercard', last4: '4444' },
  mastercard_debit: { brand: 'mastercard', last4: '8210' },
  mastercard_prepaid: { brand: 'mastercard', last4: '5100' },
  amex: { brand: 'amex', last4: '8431' },
  discover: { brand: 'discover', last4: '1117' },
  diners: { brand: 'diners', last4: '0004' },
  jcb: { brand: 'jcb', last4: '0505' },
  unionpay: { brand: 'unionpay', last4: '0005' },
  bypassPending: { last4: '0077' },
  createDispute: { last4: '0259', dispute: { reason: 'fraudulent' } },
  createDisputeProductNotReceived: { last4: '2685', dispute: { reason: 'product_not_received' } },
  createDisputeInquiry: { last4: '1976', dispute: { reason: 'fraudulent', inquiry: true } },
  createIssuerFraudRecord: { last4: '5423', fraudWarning: true },
  pendingRefund: { last4: '7726', refund: 'stays_pending' },
  refundFail: { last4: '5126' },
  // Not one of Stripe's, whose cards are never slow.
  simProcessing: { last4: '6666', processing: true },

  chargeDeclined: {
    last4: '0002',
    decline: cardDeclined('generic_decline', DECLINED, { advice_code: 'try_again_later' }),
  },
  chargeDeclinedInsufficientFunds: { last4: '9995', decline: insufficientFunds },
  chargeDeclinedLostCard: {
    last4: '9987',
    decline: cardDeclined('lost_card', DECLINED, { advice_code: 'do_not_try_again' }),
  },
  chargeDeclinedStolenCard: {
    last4: '9979',
    decline: cardDeclined('stolen_card', DECLINED, { advice_code: 'do_not_try_again' }),
  },
  chargeDeclinedExpiredCard: {
    last4: '0069',
    decline: sameCode('expired_card', 'Your card has expired.', {
      param: 'exp_month',
      advice_code: 'confirm_card_data',
    }),
  },
  chargeDeclinedIncorrectCvc: { last4: '0127', decline: incorrectCvc },
  chargeDeclinedProcessingError: {
    last4: '0119',
    decline: sameCode(
      'processing_error',
      'An error occurred while processing your card. Try again in a little bit.',
      { advice_code: 'try_again_later' },
    ),
  },
  chargeDeclinedVelocityLimitExceeded: {
    last4: '6975',
    decline: cardDeclined(
      'card_velocity_exceeded',
      'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
    ),
  },
  chargeDeclinedFraudulent: { last4: '0019', decline: cardDeclined('fraudulent') },
  radarBlock: { last4: '4954', decline: cardDeclined('fraudulent'), blockedByRadar: true },
  riskLevelHighest: { last4: '4954', decline: cardDeclined('fraudulent'), blockedByRadar: true },
  chargeCustomerFail: { last4: '0341', decline: cardDeclined('generic_decline') },
  // These two pass on a bare account; here the Radar rules that refuse a failed check are switched on.
  cvcCheckFail: { last4: '0101', decline: incorrectCvc, blockedByRadar: true },
  avsZipFail: {
    last4: '0036',
    decline: sameCode('incorrect_zip', 'The postal code you provided failed validation.', {
      param: 'address_zip',
    }),
    blockedByRadar: true,
  },

  authenticationRequired: { last4: '3184', challenge: true },
  threeDSecure2Required: { last4: '3220', challenge: true },
  threeDSecureRequired: { last4: '3063', challenge: true },
  threeDSecureOptional: { last4: '3055' },
  authenticationRequiredChargeDeclinedInsufficientFunds: {
    last4: '8341',
    challenge: true,
    decline: insufficientFunds,
  },
  threeDSecureRequiredChargeDeclined: {
    last4: '8357',
    challenge: true,
    decline: cardDeclined('generic_decline', DECLINED, { advice_code: 'try_again_later' }),
  },
};

/** The card behind `pm_card_...` or `tok_...`, with or without `visa_` in the name, or null if there is none. */
export function cardNameOf(instrument: string, prefix: 'pm_card' | 'tok'): string | null {
  if (!instrument.startsWith(`${prefix}_`)) return null;
  const name = instrument.slice(prefix.length + 1);
  if (Object.hasOwn(CARDS, name)) return name;
  const short = name.replace(/^visa_/, '');
  return Object.hasOwn(CARDS, short) && CARDS[short]?.brand === undefined ? short : null;
}

export function testCard(name: string): TestCard {
  return { brand: 'visa', last4: '4242', ...CARDS[name] };
}
