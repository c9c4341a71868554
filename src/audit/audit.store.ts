import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { ChainedEntry } from './audit-chain.js';
import type { AuditFilter } from './audit.filter.js';

/** `actorName` is the agent's, if it is one. */
export type ShownEntry = ChainedEntry & { actorName: string | null };

/** Entries are listed by time, and those of one moment by position. */
export interface Moment {
  at: Date;
  position: number;
}

const batchSize = 1000;

/** The time to the microsecond, where somebody has put more than the milliseconds that are written. */
const columns = `e.id, e.position, e.actor, e.action, e.subject, e.request_id AS "requestId", e.before, e.after, e.hash,
  regexp_replace(to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '000Z$', 'Z') AS at`;

/** The audit log as it is read. */
@Injectable()
export class AuditStore {
  constructor(private readonly db: Database) {}

  /** Newest first. */
  async find(filter: AuditFilter, limit: number, after?: Moment): Promise<ShownEntry[]> {
    const parameters: unknown[] = [];
    const $ = (value: unknown): string => `$${parameters.push(value)}`;
    const conditions = [
      'true',
      ...(filter.actor ? [`e.actor = ${$(filter.actor)}`] : []),
      ...(filter.action ? [`e.action = ${$(filter.action)}`] : []),
      ...(filter.thing ? [`split_part(e.action, '.', 1) = ${$(filter.thing)}`] : []),
      ...(filter.subject ? [`e.subject = ${$(filter.subject)}`] : []),
      ...(filter.requestId ? [`e.request_id = ${$(filter.requestId)}`] : []),
      ...(filter.from ? [`e.at >= ${$(filter.from)}`] : []),
      ...(filter.to ? [`e.at <= ${$(filter.to)}`] : []),
      ...(after ? [`(e.at, e.position) < (${$(after.at)}, ${$(after.position)})`] : []),
    ];
    return this.db.query<ShownEntry>(
      `SELECT ${columns}, a.name AS "actorName" FROM audit_entry e LEFT JOIN agent a ON a.id = e.actor
       WHERE ${conditions.join(' AND ')} ORDER BY e.at DESC, e.position DESC LIMIT ${$(limit)}`,
      parameters,
    );
  }

  /**
   * The whole chain, the first entry first. Appends go on meanwhile: they wait for each other until they are committed, so
   * no entry appears before one that was read. The next batch is read when the one before was taken.
   */
  async *chain(): AsyncGenerator<ChainedEntry, void> {
    for (let after: number | null = null; ;) {
      const batch: ChainedEntry[] = await this.db.query<ChainedEntry>(
        `SELECT ${columns} FROM audit_entry e WHERE $1::bigint IS NULL OR e.position > $1
         ORDER BY e.position LIMIT ${batchSize}`,
        [after],
      );
      yield* batch;
      if (batch.length < batchSize) return;
      after = batch.at(-1)?.position ?? null;
    }
  }
}
