/** A COMMIT was sent and the connection was lost: it may have happened or not. Never re-run, the retry finds the truth. */
export class CommitUnknownError extends Error {
  constructor(cause: unknown) {
    super('the connection was lost while a transaction was being committed', { cause });
  }
}

/** PostgreSQL's five-character SQLSTATE, also through TypeORM's wrapper. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  // With a digit: EPIPE has five capital letters too, and is no answer of PostgreSQL's.
  if (typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code)) return code;
  return driverError === undefined ? undefined : sqlState(driverError);
}

/** `serialization_failure` and `deadlock_detected`: the transaction was rolled back and may simply run again. */
export const isRerunnable = (error: unknown): boolean => ['40001', '40P01'].includes(sqlState(error) ?? '');

/** Beyond the classes: a lock not given in time, a transaction that its process had left, and a server that does not let us in (any more). */
const unavailableStates = new Set(['55P03', '25P03', '25P04', '55000', '28000', '28P01', '3D000']);

/**
 * The database cannot serve us now: connection refused, lost or refused by the server (classes 08, 53, 57), or a
 * transaction that kept colliding (40). https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof CommitUnknownError) return true;
  const state = sqlState(error);
  if (state) return /^(08|40|53|57)/.test(state) || unavailableStates.has(state);
  const { code, message, driverError } = (error ?? {}) as {
    code?: string;
    message?: string;
    driverError?: unknown;
  };
  if (driverError !== undefined) return isDatabaseUnavailable(driverError);
  // TypeORM's words for a connection that broke between two statements of a transaction.
  if (error instanceof Error && /^QueryRunner(Provider)?AlreadyReleasedError$/.test(error.name)) return true;
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'].includes(code ?? '') ||
    /Connection terminated|timeout exceeded when trying to connect|not queryable|Query read timeout/.test(
      message ?? '',
    )
  );
}

/** The name of the unique constraint or index that a statement would have broken. */
export function brokenUniqueness(error: unknown): string | undefined {
  if (sqlState(error) !== '23505') return undefined;
  const { constraint, driverError } = error as { constraint?: unknown; driverError?: unknown };
  return typeof constraint === 'string' ? constraint : brokenUniqueness(driverError);
}
