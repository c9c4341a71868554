import { apiErrors } from './api-error.js';

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

export interface PageRequest {
  limit: number;
  /** The id after which the page begins; lists run from the newest id to the oldest. */
  afterId: string | undefined;
}

const maximumLimit = 100;

const idPattern = /^[a-z]{2,3}_[0-9a-z]{36}$/;

/** Reads `?limit=&cursor=`. A cursor is opaque to the client: the last id of the page before, as `ids` describes it. */
export function parsePageRequest(query: Record<string, unknown>, ids = idPattern): PageRequest {
  const { limit = '20', cursor } = query;
  if (
    typeof limit !== 'string' ||
    !/^\d{1,3}$/.test(limit) ||
    Number(limit) < 1 ||
    Number(limit) > maximumLimit
  ) {
    throw apiErrors.invalid('$.limit', `limit must be a whole number from 1 to ${maximumLimit}.`);
  }
  if (cursor === undefined) return { limit: Number(limit), afterId: undefined };
  const afterId = typeof cursor === 'string' ? Buffer.from(cursor, 'base64url').toString() : '';
  if (!ids.test(afterId)) {
    throw apiErrors.invalid('$.cursor', 'cursor must be the next_cursor of an earlier page.');
  }
  return { limit: Number(limit), afterId };
}

/** Turns `limit + 1` rows into a page of `limit` and the cursor of the next one. */
export function toPage<R extends { id: string }, T>(rows: R[], limit: number, view: (row: R) => T): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(view),
    next_cursor: rows.length > limit && last ? Buffer.from(last.id).toString('base64url') : null,
  };
}
