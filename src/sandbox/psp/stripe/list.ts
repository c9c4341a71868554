import { invalidRequest } from './errors.js';
import type { Operation } from './endpoint.js';
import { at, integerAt, textAt } from './params.js';

interface Row {
  id: string;
  created: number;
}

/** A page of rows, newest first (docs.stripe.com/api/pagination). `oldestFirst` is how the tables keep them. */
export function page<R extends Row>(
  operation: Operation,
  url: string,
  oldestFirst: Iterable<R>,
  view: (row: R) => unknown,
) {
  const { params } = operation;
  const limit = integerAt(params, 'limit') ?? 10;
  if (limit < 1 || limit > 100) {
    const message = limit < 1 ? 'This value must be greater than or equal to 1.' : 'Limit cannot exceed 100.';
    throw invalidRequest(message, { code: 'parameter_invalid_integer', param: 'limit' });
  }
  const inWindow = createdWindow(operation);
  const rows = [...oldestFirst].filter(inWindow).reverse();
  const after = textAt(params, 'starting_after');
  const before = textAt(params, 'ending_before');
  if (before !== null) {
    const end = indexOf(rows, before, 'ending_before');
    return listView(url, rows.slice(Math.max(0, end - limit), end).map(view), end > limit);
  }
  const start = after === null ? 0 : indexOf(rows, after, 'starting_after') + 1;
  return listView(url, rows.slice(start, start + limit).map(view), rows.length > start + limit);
}

/** `created` is an exact second or any of `gt`, `gte`, `lt`, `lte`. */
function createdWindow(operation: Operation): (row: Row) => boolean {
  const { params, listedUntil } = operation;
  const exact = typeof at(params, 'created') === 'string' ? integerAt(params, 'created') : null;
  const from = exact ?? integerAt(params, 'created', 'gte') ?? -Infinity;
  const until = exact ?? integerAt(params, 'created', 'lte') ?? Infinity;
  const after = integerAt(params, 'created', 'gt') ?? -Infinity;
  const before = integerAt(params, 'created', 'lt') ?? Infinity;
  return ({ created }) =>
    created >= from && created <= until && created > after && created < before && created <= listedUntil;
}

function indexOf(rows: Row[], id: string, param: string): number {
  const index = rows.findIndex((row) => row.id === id);
  if (index < 0) throw invalidRequest(`No such object: '${id}'`, { code: 'resource_missing', param });
  return index;
}

function listView(url: string, data: unknown[], hasMore: boolean) {
  return { object: 'list', data, has_more: hasMore, url };
}
