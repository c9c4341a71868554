import type { Endpoint, Operation } from './endpoint.js';
import { invalidRequest } from './errors.js';
import { expansions, integerAt, requiredText, shape, textAt } from './params.js';
import type { PaymentIntentRow } from './tables.js';
import { paymentIntentView } from './views.js';

const PATH = '/v1/payment_intents/search';
const OPERATORS: Record<string, (a: number, b: number) => boolean> = {
  ':': (a, b) => a === b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

/**
 * docs.stripe.com/search: terms joined by AND or by OR. The index of the real service lags by up to a minute, as
 * this one does with the fault `search_lag`.
 */
export const searchEndpoint: Endpoint = {
  method: 'GET',
  path: PATH,
  params: shape('query limit page', { expand: 'anything' }),
  run(operation) {
    const { change, params, listedUntil } = operation;
    const matches = parseQuery(requiredText(params, 'query'));
    const limit = integerAt(params, 'limit') ?? 10;
    const start = offsetOf(operation);
    const expand = expansions(params);
    const found = [...change.world.rows('stripe_payment_intents')]
      .filter((row) => row.created <= listedUntil && matches(row))
      .reverse();
    const more = found.length > start + limit;
    return {
      object: 'search_result',
      data: found.slice(start, start + limit).map((row) => paymentIntentView(change, row, expand)),
      has_more: more,
      next_page: more ? `page_${start + limit}` : null,
      url: PATH,
    };
  },
};

function offsetOf({ params }: Operation): number {
  const text = textAt(params, 'page');
  if (text === null) return 0;
  if (!/^page_\d{1,9}$/.test(text)) throw invalidRequest(`Invalid page: ${text}`, { param: 'page' });
  return Number(text.slice('page_'.length));
}

type Matches = (row: PaymentIntentRow) => boolean;

function parseQuery(query: string): Matches {
  const words = query.trim().split(/\s+(AND|OR)\s+(?=(?:[^'"]|'[^']*'|"[^"]*")*$)/i);
  const terms = words.filter((_, index) => index % 2 === 0).map(parseTerm);
  const joints = new Set(words.filter((_, index) => index % 2 === 1).map((word) => word.toUpperCase()));
  if (joints.size > 1) throw malformed('AND and OR cannot be combined in one query.');
  return joints.has('OR')
    ? (row) => terms.some((term) => term(row))
    : (row) => terms.every((term) => term(row));
}

/** `status:'succeeded'`, `amount>1000`, `metadata['attempt_id']:'a1'`, any of them after a minus for "not". */
function parseTerm(text: string): Matches {
  const match =
    /^(-?)(?:(\w+)|metadata\[(?:'([^']+)'|"([^"]+)")\])\s*(:|>=|<=|>|<)\s*(?:'([^']*)'|"([^"]*)"|(\d+))$/.exec(
      text,
    );
  if (!match) throw malformed(`The query is not understood at: ${text}`);
  const [, minus, field, single, double, operator = ':', quoted, doubleQuoted, number] = match;
  const wanted = quoted ?? doubleQuoted ?? number ?? '';
  const key = single ?? double;
  const compare = OPERATORS[operator];
  const matches: Matches =
    field === 'amount' || field === 'created'
      ? (row) => compare?.(row[field], Number(wanted)) ?? false
      : (row) => textOf(row, field, key) === wanted;
  if (field !== undefined && !FIELDS.includes(field)) throw malformed(`Field \`${field}\` is unsupported.`);
  return minus ? (row) => !matches(row) : matches;
}

const FIELDS = ['amount', 'created', 'currency', 'customer', 'status'];

function textOf(row: PaymentIntentRow, field: string | undefined, key: string | undefined): string | null {
  if (key !== undefined) return row.metadata[key] ?? null;
  if (field === 'customer') return row.customer ?? null;
  return field === 'currency' ? row.currency : row.status;
}

function malformed(message: string) {
  return invalidRequest(message, { param: 'query' });
}
