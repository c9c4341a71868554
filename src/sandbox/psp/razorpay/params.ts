import { isRecord } from '../control-input.js';
import { badRequest } from './errors.js';
import type { Notes } from './tables.js';

/** The members of a JSON body, or the parameters of a query. */
export type Params = Record<string, unknown>;

const MAX_NOTES = 15;
const MAX_NOTE_LENGTH = 256;

/** Smallest chargeable amount in minor units; anything else that is whole will do in other currencies. */
const MINIMUM_INR = 100;

export function readJson(text: string): Params {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest('The request body is not valid JSON.');
  }
  // An empty object comes from some clients as an empty list.
  if (Array.isArray(value) && value.length === 0) return {};
  if (!isRecord(value)) throw badRequest('The request body must be a JSON object.');
  return value;
}

export function refuseUnknown(params: Params, known: string): void {
  const names = known.split(' ');
  const unknown = Object.keys(params).filter((name) => !names.includes(name) && !name.startsWith('expand'));
  if (unknown.length === 0) return;
  throw badRequest(`${unknown.join(', ')} is/are not required and should not be sent`);
}

export function textAt(params: Params, name: string): string | null {
  const value = params[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  throw badRequest(`The ${words(name)} must be a string.`, { field: name });
}

export function requiredText(params: Params, name: string): string {
  return textAt(params, name) ?? missing(name);
}

export function shortText(params: Params, name: string, length: number): string | null {
  const text = textAt(params, name);
  if (text === null || [...text].length <= length) return text;
  throw badRequest(`The ${words(name)} may not be greater than ${length} characters.`, { field: name });
}

/** A phone number comes as text or as a number. */
export function phoneAt(params: Params, name: string): string | null {
  const value = params[name];
  return typeof value === 'number' ? String(value) : textAt(params, name);
}

/** Whole and zero or more, as a number or as digits. */
export function integerAt(params: Params, name: string): number | null {
  const value = params[name];
  if (value === undefined || value === null || value === '') return null;
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw badRequest(`The ${words(name)} must be an integer.`, { field: name });
}

export function amountAt(params: Params, currency: string): number | null {
  const amount = integerAt(params, 'amount');
  if (amount === null || amount >= (currency === 'INR' ? MINIMUM_INR : 1)) return amount;
  throw badRequest(`The amount must be at least ${currency} 1.00.`, { field: 'amount' });
}

export function requiredAmount(params: Params, currency: string): number {
  return amountAt(params, currency) ?? missing('amount');
}

export function requiredCurrency(params: Params): string {
  const currency = requiredText(params, 'currency');
  if (/^[A-Z]{3}$/.test(currency)) return currency;
  throw badRequest('The currency should be a valid ISO code.', {
    field: 'currency',
    reason: 'invalid_currency',
  });
}

/** Booleans come as such, as 0 and 1, and as text. */
export function flagAt(params: Params, name: string): boolean | null {
  const value = params[name];
  if (value === undefined || value === null || value === '') return null;
  if (value === true || value === 1 || value === '1' || value === 'true') return true;
  if (value === false || value === 0 || value === '0' || value === 'false') return false;
  throw badRequest(`The ${words(name)} field must be true or false.`, { field: name });
}

export function objectAt(params: Params, name: string): Params {
  const value = params[name] ?? {};
  if (isRecord(value)) return value;
  throw badRequest(`The ${words(name)} must be an object.`, { field: name });
}

export function notesAt(params: Params): Notes {
  const given = params.notes ?? {};
  if (Array.isArray(given) && given.length === 0) return {};
  if (!isRecord(given)) throw badRequest('The notes must be an object.', { field: 'notes' });
  const entries = Object.entries(given);
  if (entries.length > MAX_NOTES) {
    throw badRequest(`Number of fields in notes should be less than or equal to ${MAX_NOTES}.`, {
      field: 'notes',
    });
  }
  for (const [key, value] of entries) {
    const scalar = ['string', 'number', 'boolean'].includes(typeof value);
    if (!scalar) throw badRequest('The notes values must be strings.', { field: 'notes' });
    if ([...key].length > MAX_NOTE_LENGTH || [...String(value)].length > MAX_NOTE_LENGTH) {
      throw badRequest(`The notes may not be greater than ${MAX_NOTE_LENGTH} characters.`, {
        field: 'notes',
      });
    }
  }
  return given as Notes;
}

export function missing(name: string): never {
  throw badRequest(`The ${words(name)} field is required.`, { field: name });
}

/** `order_id` reads "order id" in the real messages. */
function words(name: string): string {
  return name.replaceAll('_', ' ');
}
