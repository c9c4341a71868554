import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { PoolClient } from 'pg';
import {
  DataSource,
  type EntityManager,
  type EntityTarget,
  type ObjectLiteral,
  type Repository,
} from 'typeorm';
import { pause } from '../common/pause.js';
import { CommitUnknownError, isRerunnable, sqlState } from '../common/database-errors.js';

/** One open transaction. Everything inside it goes through this, never through a second connection. */
export type Tx = EntityManager;

const maximumRuns = 3;

/**
 * Nobody waits for a lock for long, and nobody is waited for: a process that stops in the middle (a frozen machine)
 * loses its transaction, or all who want its rows would wait as long as it is frozen.
 */
const begin = `BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '5s'`;

/**
 * To select from in a single statement that stands outside `transaction()`: bounds its wait for a lock too. It is
 * evaluated before the rows are touched, and ends with the statement.
 */
export const boundedWait = `(SELECT set_config('lock_timeout', '2s', true)) AS bounded`;

/** What TypeORM's runner has beyond its interface: we send BEGIN and COMMIT ourselves and judge their answers. */
interface TransactionRunner {
  readonly manager: EntityManager;
  isTransactionActive: boolean;
  connect(): Promise<PoolClient>;
  releasePostgresConnection(error?: Error): Promise<void>;
}

@Injectable()
export class Database implements OnApplicationShutdown {
  private readonly followUps = new WeakMap<Tx, Set<() => void>>();

  constructor(@Inject(DataSource) readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  /** Reads and single statements outside a transaction. */
  async query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return rowsOf<Row>(await this.dataSource.query(sql, parameters));
  }

  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity> {
    return this.dataSource.getRepository(entity);
  }

  /**
   * Runs `work` in one transaction (READ COMMITTED) and returns what it returns once COMMIT is confirmed.
   * Runs again on a serialization failure or deadlock, so `work` must do nothing but talk to `tx`: no network,
   * no logs, no wake-ups; those follow after the commit.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let run = 1; ; run++) {
      try {
        return await this.runOnce(work);
      } catch (error) {
        if (run === maximumRuns || !isRerunnable(error)) throw error;
        await pause(Math.random() * 20 * run);
      }
    }
  }

  /**
   * Has `follow` called once this transaction is committed, once however often it was asked for. For wake-ups: what
   * must not be lost is a row. It must neither wait nor throw.
   */
  afterCommit(tx: Tx, follow: () => void): void {
    const following = this.followUps.get(tx) ?? new Set();
    this.followUps.set(tx, following.add(follow));
  }

  private async runOnce<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner() as unknown as TransactionRunner;
    const client = await runner.connect();
    // Told by hand, because TypeORM would wait for BEGIN; sent like this it travels with the first statements.
    runner.isTransactionActive = true;
    let broken: Error | undefined;
    try {
      const [, result] = await together([client.query(begin), work(runner.manager)]);
      await commit(client);
      for (const follow of this.followUps.get(runner.manager) ?? []) follow();
      return result;
    } catch (error) {
      broken = error instanceof CommitUnknownError ? error : await rollback(client);
      throw error;
    } finally {
      runner.isTransactionActive = false;
      await runner.releasePostgresConnection(broken);
    }
  }
}

/**
 * Waits for statements that were sent together. Judges the first error: what failed after it in the same
 * transaction only says that the transaction was already aborted.
 */
export async function together<T extends readonly unknown[]>(
  statements: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  const outcomes = await Promise.allSettled<unknown>(statements as readonly Promise<unknown>[]);
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  );
  if (failures.length > 0) throw failures.find((reason) => sqlState(reason) !== '25P02') ?? failures[0];
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** An aborted transaction answers COMMIT with the tag ROLLBACK and no error, so the tag is what counts. */
async function commit(client: PoolClient): Promise<void> {
  let tag: string;
  try {
    tag = (await client.query('COMMIT')).command;
  } catch (error) {
    if (sqlState(error)) throw error;
    throw new CommitUnknownError(error);
  }
  if (tag !== 'COMMIT') throw new Error(`the transaction ended with ${tag} instead of COMMIT`);
}

/** Returns the error that makes the connection unfit for the pool, if any. */
async function rollback(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** TypeORM returns rows for SELECT and INSERT, and `[rows, count]` for UPDATE and DELETE. */
export function rowsOf<Row>(result: unknown): Row[] {
  const pair = result as [Row[], number];
  return Array.isArray(pair) && pair.length === 2 && Array.isArray(pair[0]) && typeof pair[1] === 'number'
    ? pair[0]
    : (result as Row[]);
}

/** Runs a statement in a transaction and returns its rows. */
export async function rows<Row>(tx: Tx, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  return rowsOf<Row>(await tx.query(sql, parameters));
}

/**
 * Inserts entities. Unlike a repository's `insert` it is sent at once, so that statements of one round trip reach
 * the server in the order they stand in the code: the lock order.
 */
export async function insert<Entity extends ObjectLiteral>(
  tx: Tx,
  entity: EntityTarget<Entity>,
  values: Entity[],
): Promise<void> {
  const query = tx.createQueryBuilder().insert().into(entity).values(values);
  await tx.query(...query.getQueryAndParameters());
}
