import pg from 'pg';

/**
 * Counts round trips: waits for the server. Statements that are sent before an earlier one has answered travel
 * together and count once, whatever connection they take. Only the shop's pool counts, not the queue's.
 */
export class RoundTrips {
  private static readonly original = pg.Client.prototype.query;
  private completed = 0;
  private highest = 0;
  readonly statements: string[] = [];

  start(): this {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const counter = this;
    pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
      const result = (RoundTrips.original as (...all: unknown[]) => unknown).apply(this, args);
      const ours = (this as { connectionParameters?: { application_name?: string } }).connectionParameters;
      if (ours?.application_name === 'storekeeper' && result instanceof Promise)
        counter.observe(String(args[0]), result);
      return result;
    } as never;
    return this;
  }

  stop(): number {
    pg.Client.prototype.query = RoundTrips.original;
    return this.highest;
  }

  private observe(sql: string, result: Promise<unknown>): void {
    const level = this.completed + 1;
    this.highest = Math.max(this.highest, level);
    this.statements.push(`${level} ${sql.replace(/\s+/g, ' ').trim().slice(0, 90)}`);
    const done = (): void => {
      this.completed = Math.max(this.completed, level);
    };
    result.then(done, done);
  }
}
