import pg from 'pg';

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/** Longer than a machine stands still, shorter than the pool waits for an answer. */
const patience = [
  [`lock_timeout = '2s'`, `lock_timeout = '12s'`],
  [`'lock_timeout', '2s'`, `'lock_timeout', '12s'`],
  [`idle_in_transaction_session_timeout = '5s'`, `idle_in_transaction_session_timeout = '12s'`],
] as const;

/**
 * While it lasts, whoever waits for a lock in this process waits longer than the two seconds of the shop, after which a
 * request is answered with 503: for tests in which the order of things counts, and not how long they take.
 */
export class LockPatience {
  private static readonly original = pg.Client.prototype.query as Query;
  private static wanted = 0;

  /** Returns what ends it. */
  static begin(): () => void {
    LockPatience.wanted += 1;
    pg.Client.prototype.query = function (this: pg.Client, sql: unknown, ...rest: unknown[]) {
      return LockPatience.original.call(this, patient(sql), ...rest);
    } as never;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      LockPatience.wanted -= 1;
      if (LockPatience.wanted === 0) pg.Client.prototype.query = LockPatience.original as never;
    };
  }
}

const patient = (sql: unknown): unknown =>
  typeof sql === 'string' ? patience.reduce((text, [short, long]) => text.replaceAll(short, long), sql) : sql;
