/** Money is an integer count of the currency's minor unit, next to a lowercase ISO 4217 code. */
export interface Money {
  amountMinor: number;
  currency: string;
}

const ppmPerPercent = 10_000;

/**
 * A share of an amount, rounded half up to a whole minor unit. `percent` may have up to four decimals
 * (8.875 % is 88,750 parts per million); the multiplication is done in integers.
 */
export function percentageOf(amountMinor: number, percent: number): number {
  const ppm = BigInt(Math.round(percent * ppmPerPercent));
  return Number((BigInt(amountMinor) * ppm + 500_000n) / 1_000_000n);
}

/** Reads PostgreSQL's `int8`. Beyond 2^53 - 1 a number would silently change its value, so that throws. */
export function parseInt8(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`int8 value ${text} is beyond 2^53 - 1`);
  return number;
}

const currencies = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

/** Whether it is an ISO 4217 code as it is written here: in small letters. */
export const isCurrency = (code: string): boolean => currencies.has(code);

/** The minor digits of a currency by ISO 4217, for people to read; arithmetic never needs them. */
export function formatMoney(amountMinor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: currency.toUpperCase() });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  const text = String(Math.abs(amountMinor)).padStart(digits + 1, '0');
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return format.format(`${amountMinor < 0 ? '-' : ''}${decimal}` as Intl.StringNumericLiteral);
}
