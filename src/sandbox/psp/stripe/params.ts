import type { FormObject, FormValue } from '../form.js';
import { invalidRequest } from './errors.js';
import type { Metadata } from './tables.js';

/** Names an endpoint accepts: a leaf, one that needs a preview version, anything below, or an object of known members. */
export type Shape = { [name: string]: 'value' | 'preview' | 'anything' | Shape };

/** `shape('amount currency', {metadata: 'anything'})` */
export function shape(values: string, nested: Shape = {}): Shape {
  return { ...Object.fromEntries(values.split(/\s+/).map((name) => [name, 'value' as const])), ...nested };
}

/** The real service refuses what it does not know, and so finds the misspelt parameter of an integration. */
export function refuseUnknown(params: FormObject, known: Shape, preview: boolean, path: string[] = []): void {
  for (const [name, value] of Object.entries(params)) {
    const expected = Object.hasOwn(known, name) ? known[name] : undefined;
    const param = bracketed([...path, name]);
    if (expected === undefined || (expected === 'preview' && !preview)) {
      throw invalidRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
    }
    if (expected === 'anything') continue;
    if (typeof expected === 'string') {
      if (typeof value !== 'string') throw invalidRequest(`Invalid string: ${param}`, { param });
    } else if (typeof value === 'object') {
      refuseUnknown(value, expected, preview, [...path, name]);
    } else if (value !== '') {
      throw invalidRequest('Invalid object', { param });
    }
  }
}

function bracketed([first, ...rest]: string[]): string {
  return `${first}${rest.map((step) => `[${step}]`).join('')}`;
}

/** The value at `a`, or at `a[b]` for two names; an empty string is how the API says "cleared". */
export function at(params: FormObject, ...path: string[]): FormValue | undefined {
  return path.reduce<FormValue | undefined>(
    (node, step) => (typeof node === 'object' ? node[step] : undefined),
    params,
  );
}

export function textAt(params: FormObject, ...path: string[]): string | null {
  const value = at(params, ...path);
  return typeof value === 'string' && value !== '' ? value : null;
}

export function requiredText(params: FormObject, ...path: string[]): string {
  const value = textAt(params, ...path);
  const param = bracketed(path);
  if (value !== null) return value;
  throw invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
}

export function integerAt(params: FormObject, ...path: string[]): number | null {
  const text = textAt(params, ...path);
  if (text === null) return null;
  const param = bracketed(path);
  if (!/^-?\d{1,15}$/.test(text)) {
    throw invalidRequest(`Invalid integer: ${text}`, { code: 'parameter_invalid_integer', param });
  }
  return Number(text);
}

export function requiredInteger(params: FormObject, ...path: string[]): number {
  requiredText(params, ...path);
  return integerAt(params, ...path) ?? 0;
}

export function positiveAt(params: FormObject, ...path: string[]): number | null {
  const value = integerAt(params, ...path);
  if (value === null || value > 0) return value;
  const param = bracketed(path);
  throw invalidRequest('This value must be greater than or equal to 1.', {
    code: 'parameter_invalid_integer',
    param,
  });
}

export function flagAt(params: FormObject, ...path: string[]): boolean {
  const text = textAt(params, ...path);
  if (text === null || text === 'false') return false;
  if (text === 'true') return true;
  throw invalidRequest(`Invalid boolean: ${text}`, { param: bracketed(path) });
}

export function choiceAt<T extends string>(
  params: FormObject,
  name: string,
  choices: readonly T[],
): T | null {
  const text = textAt(params, name);
  if (text === null) return null;
  const choice = choices.find((known) => known === text);
  if (choice) return choice;
  throw invalidRequest(`Invalid ${name}: must be one of ${choices.join(', ')}`, { param: name });
}

/** Merged into what is there: an empty value removes its key, an empty `metadata` removes all. */
export function mergedMetadata(current: Metadata, params: FormObject, name = 'metadata'): Metadata {
  const given = params[name];
  if (given === undefined) return current;
  if (typeof given === 'string') return {};
  const merged = { ...current };
  for (const [key, value] of Object.entries(given)) {
    if (typeof value !== 'string') {
      throw invalidRequest('Metadata values must be strings.', { param: `${name}[${key}]` });
    }
    if (value === '') delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

const EXPANDABLE = ['charge', 'customer', 'latest_charge', 'payment_intent', 'payment_method'];

/** Names to expand. In a list they are written `data.latest_charge`. */
export function expansions(params: FormObject): Set<string> {
  const given = params.expand;
  const names = typeof given === 'object' ? Object.values(given) : [];
  return new Set(names.map(expandable));
}

function expandable(value: FormValue): string {
  const name = typeof value === 'string' ? value : '';
  const known = EXPANDABLE.find((one) => one === name.replace(/^data\./, ''));
  if (known) return known;
  throw invalidRequest(`This property cannot be expanded (${name}).`, { param: 'expand' });
}
