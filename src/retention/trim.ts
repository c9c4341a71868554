import type { Database } from '../database/database.js';

/** Removes what is older than so many days (at least 1), in batches, until nothing is or `stopping`. Returns how many. */
export type Trim = (db: Database, days: number, stopping: () => boolean) => Promise<number>;

/** The moment before which something is too old, as SQL over a parameter in days. By the database's clock. */
export const tooOld = (days: string): string => `now() - ${days}::int * interval '1 day'`;
