import { invalidRequest } from './errors.js';

/** In minor units, for the currencies whose minimum is more than one (docs.stripe.com/currencies). */
const MINIMUM_CHARGE: Record<string, number> = {
  usd: 50,
  eur: 50,
  gbp: 30,
  cad: 50,
  aud: 50,
  inr: 50,
  jpy: 50,
};
const MAXIMUM_CHARGE = 99_999_999;

export function assertChargeableAmount(amount: number, currency: string): void {
  const minimum = MINIMUM_CHARGE[currency] ?? 1;
  if (amount < minimum) {
    const message = `Amount must be at least ${amountText(minimum, currency)}${currency === 'usd' ? ' usd' : ''}`;
    throw invalidRequest(message, { code: 'amount_too_small', param: 'amount' });
  }
  if (amount > MAXIMUM_CHARGE) {
    const message = `Amount must be no more than ${amountText(MAXIMUM_CHARGE, currency)}`;
    throw invalidRequest(message, { code: 'amount_too_large', param: 'amount' });
  }
}

/** `$20.00` for dollars, minor units for the rest; only for reading. */
export function amountText(amount: number, currency: string): string {
  const digits = String(amount).padStart(3, '0');
  return currency === 'usd' ? `$${digits.slice(0, -2)}.${digits.slice(-2)}` : `${amount} ${currency}`;
}
