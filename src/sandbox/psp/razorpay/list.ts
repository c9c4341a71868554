import type { Operation } from './endpoint.js';
import { badRequest } from './errors.js';
import { integerAt } from './params.js';

export const LIST_PARAMS = 'from to count skip';

interface Row {
  created: number;
}

/** The rows a list shows: newest first, `from` and `to` inclusive. The tables keep them oldest first. */
export function listed<R extends Row>(operation: Operation, oldestFirst: Iterable<R>): R[] {
  const { params, listedUntil } = operation;
  const from = integerAt(params, 'from') ?? 0;
  const to = integerAt(params, 'to') ?? Infinity;
  const count = integerAt(params, 'count') ?? 10;
  const skip = integerAt(params, 'skip') ?? 0;
  if (count < 1) throw badRequest('The count must be at least 1.', { field: 'count' });
  if (count > 100) throw badRequest('The count may not be greater than 100.', { field: 'count' });
  const shown = [...oldestFirst].filter(
    ({ created }) => created >= from && created <= to && created <= listedUntil,
  );
  return shown.reverse().slice(skip, skip + count);
}

export function collection(items: unknown[]): unknown {
  return { entity: 'collection', count: items.length, items };
}
