/**
 * What of Razorpay's answers is used. The types of `razorpay` promise members that are not always there, so each
 * answer is read here and refused if what is needed is missing. https://razorpay.com/docs/api
 */

export interface WirePayment {
  id: string;
  amount: number;
  currency: string;
  status: string;
  captured: boolean;
  /** What of it has gone back. */
  refunded: number;
  orderId: string | null;
  method: string;
  card: { network?: string; last4?: string } | null;
  errorReason: string;
  notes: Notes;
  createdAt: number;
}

export interface WireOrder {
  id: string;
  amount: number;
  currency: string;
  notes: Notes;
}

export interface WireLink {
  id: string;
  amount: number;
  currency: string;
  status: string;
  url: string;
  /** The order it is paid on; not in every answer before somebody tried to pay. */
  orderId: string | null;
}

export interface WireRefund {
  id: string;
  payment: string;
  amount: number;
  currency: string;
  status: string;
  receipt: string | null;
  notes: Notes;
  createdAt: number;
}

export interface WireDispute {
  id: string;
  payment: string;
  amount: number;
  currency: string;
  status: string;
  reason: string;
  createdAt: number;
}

export type Notes = Record<string, string>;

/** An answer that is not what its documentation says. */
export class UnreadableAnswer extends Error {}

type Wire = Record<string, unknown>;

export function readPayment(answer: unknown): WirePayment {
  const wire = record(answer);
  const card = isRecord(wire.card) ? wire.card : null;
  return {
    ...money(wire, 'pay'),
    status: text(wire, 'status'),
    captured: wire.captured === true,
    refunded: typeof wire.amount_refunded === 'number' ? wire.amount_refunded : 0,
    orderId: optional(wire.order_id),
    method: optional(wire.method) ?? 'unknown',
    card: card && { network: optional(card.network) ?? undefined, last4: optional(card.last4) ?? undefined },
    errorReason: optional(wire.error_reason) ?? '',
    notes: notesOf(wire.notes),
    createdAt: whole(wire, 'created_at'),
  };
}

export function readOrder(answer: unknown): WireOrder {
  const wire = record(answer);
  return { ...money(wire, 'order'), notes: notesOf(wire.notes) };
}

export function readLink(answer: unknown): WireLink {
  const wire = record(answer);
  return {
    ...money(wire, 'plink'),
    status: text(wire, 'status'),
    url: text(wire, 'short_url'),
    orderId: optional(wire.order_id),
  };
}

export function readRefund(answer: unknown): WireRefund {
  const wire = record(answer);
  return {
    ...money(wire, 'rfnd'),
    payment: id(wire.payment_id, 'pay'),
    status: text(wire, 'status'),
    receipt: optional(wire.receipt),
    notes: notesOf(wire.notes),
    createdAt: whole(wire, 'created_at'),
  };
}

export function readDispute(answer: unknown): WireDispute {
  const wire = record(answer);
  return {
    ...money(wire, 'disp'),
    payment: id(wire.payment_id, 'pay'),
    status: text(wire, 'status'),
    reason: optional(wire.reason_code) ?? 'unknown',
    createdAt: whole(wire, 'created_at'),
  };
}

/** The id of the payment that charging a token made. */
export const readCharged = (answer: unknown): string => id(record(answer).razorpay_payment_id, 'pay');

/** A collection's `items`; payment links come under a name of their own. */
export function readAll<T>(answer: unknown, read: (item: unknown) => T, name = 'items'): T[] {
  const items = record(answer)[name];
  if (!Array.isArray(items)) throw new UnreadableAnswer(`no ${name}`);
  return items.map(read);
}

/** An empty map comes as a list, since the service is written in PHP. */
export function notesOf(value: unknown): Notes {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

export const isRecord = (value: unknown): value is Wire =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Prefix = 'pay' | 'order' | 'plink' | 'rfnd' | 'token' | 'cust' | 'disp';

/** The package writes ids into addresses as they are, so nothing else may reach it. */
export const isId = (value: unknown, prefix: Prefix): value is string =>
  typeof value === 'string' && new RegExp(`^${prefix}_[A-Za-z0-9]{1,40}$`).test(value);

function money(wire: Wire, prefix: Prefix): { id: string; amount: number; currency: string } {
  return {
    id: id(wire.id, prefix),
    amount: whole(wire, 'amount'),
    currency: text(wire, 'currency').toLowerCase(),
  };
}

function record(answer: unknown): Wire {
  if (isRecord(answer)) return answer;
  throw new UnreadableAnswer('not an object');
}

function id(value: unknown, prefix: Prefix): string {
  if (isId(value, prefix)) return value;
  throw new UnreadableAnswer(`not the id of a ${prefix}`);
}

function text(wire: Wire, name: string): string {
  const value = wire[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new UnreadableAnswer(`${name} is missing`);
}

function whole(wire: Wire, name: string): number {
  const value = wire[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new UnreadableAnswer(`${name} is not a whole number`);
}

const optional = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;
