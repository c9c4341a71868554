import { apiErrors } from '../../common/api-error.js';
import { isTimestamp } from '../../common/http/timestamp.js';
import { unknownStatus } from '../order.view.js';

/** What a list of orders is narrowed to; all that is there has to hold. */
export interface OrderFilter {
  merchantStatus?: string;
  /** The merchant statuses that show as a protocol status; `others`: and every one that the map does not know. */
  status?: { among: string[]; known: string[]; others: boolean };
  agentId?: string;
  currency?: string;
  needsReview?: boolean;
  createdFrom?: Date;
  createdTo?: Date;
  number?: number;
  email?: string;
  paymentReference?: string;
  q?: string;
}

const longest = 320;
const currencies = new Set(Intl.supportedValuesOf('currency'));

type Query = Record<string, unknown>;

/**
 * Reads the filters of a query string: `status` (the protocol's), `merchant_status`, `agent_id`, `currency`,
 * `needs_review`, `created_from`, `created_to`, `number`, `email`, `payment_reference` and `q`, which is any of number,
 * order id, session id, payment reference or e-mail. Throws a 400 that names the first one that means nothing.
 */
export function parseOrderFilter(query: Query, statuses: Record<string, string>): OrderFilter {
  const read = <T>(name: string, meaning: (text: string) => T | undefined, wanted: string): T | undefined => {
    const text = query[name];
    if (text === undefined) return undefined;
    const value = typeof text === 'string' && isSayable(text) ? meaning(text) : undefined;
    if (value === undefined) throw apiErrors.invalid(`$.${name}`, `${name} must be ${wanted}.`);
    return value;
  };
  const known = Object.keys(statuses);
  const shown = [...new Set(Object.values(statuses))];
  const text = (given: string): string => given;
  return {
    status: read(
      'status',
      (status) =>
        shown.includes(status) || status === unknownStatus
          ? {
              among: known.filter((name) => statuses[name] === status),
              known,
              others: status === unknownStatus,
            }
          : undefined,
      `one of ${shown.join(', ')}`,
    ),
    merchantStatus: read('merchant_status', oneOf(known), `one of ${known.join(', ')}`),
    agentId: read('agent_id', matching(/^agt_[0-9a-z]{36}$/), 'the id of an agent'),
    currency: read('currency', currencyOf, 'an ISO 4217 currency'),
    needsReview: read('needs_review', (given) => ({ true: true, false: false })[given], 'true or false'),
    createdFrom: read('created_from', timeOf, 'an RFC 3339 time'),
    createdTo: read('created_to', timeOf, 'an RFC 3339 time'),
    number: read('number', numberOf, 'a whole number'),
    email: read('email', matching(/^\S+@\S+$/), 'an e-mail address'),
    paymentReference: read('payment_reference', text, `a text of 1 to ${longest} characters`),
    q: read('q', (given) => given.trim() || undefined, `a text of 1 to ${longest} characters`),
  };
}

/** PostgreSQL knows no NUL. */
const isSayable = (text: string): boolean =>
  text.length > 0 && text.length <= longest && !text.includes('\0');

const oneOf =
  (known: string[]) =>
  (text: string): string | undefined =>
    known.find((one) => one === text);

const matching =
  (pattern: RegExp) =>
  (text: string): string | undefined =>
    pattern.test(text) ? text : undefined;

const currencyOf = (text: string): string | undefined =>
  currencies.has(text.toUpperCase()) ? text.toLowerCase() : undefined;

const timeOf = (text: string): Date | undefined => (isTimestamp(text) ? new Date(text) : undefined);

export const numberOf = (text: string): number | undefined =>
  /^\d{1,15}$/.test(text) ? Number(text) : undefined;
