import { sqlState } from '../common/database-errors.js';
import { boundedWait, type Database } from '../database/database.js';
import type { SecretBox } from '../settings/secret-box.js';
import type { EncryptedColumn } from './encrypted-columns.js';

const batchSize = 100;
const concurrency = 4;
const maximumPasses = 20;

export interface ColumnReport {
  /** `table.column`. */
  place: string;
  rotated: number;
  /** Keys of rows with a ciphertext that neither key can read. They are left as they are. */
  unreadable: string[];
}

export interface Rotation {
  columns: ColumnReport[];
  /** False if it was interrupted, or rows were changed as fast as it looked at them. */
  complete: boolean;
}

interface Row {
  key: string[];
  value: unknown;
}

/**
 * Re-encrypts with the current key what the previous one has written. Every row is a commit of its own and is only
 * written if nobody has changed it meanwhile, so servers may run, and what was interrupted goes on where it stopped.
 * Passes are repeated until one finds nothing: what a server writes meanwhile may carry an old ciphertext along.
 */
export class KeyRotation {
  constructor(
    private readonly db: Database,
    private readonly box: SecretBox,
    private readonly columns: EncryptedColumn[],
    private readonly interrupted: AbortSignal,
    private readonly progress: (place: string, rotated: number) => void = () => undefined,
  ) {}

  async run(): Promise<Rotation> {
    const reports = new Map<string, ColumnReport>();
    for (let pass = 1; pass <= maximumPasses; pass++) {
      let changed = 0;
      for (const column of this.columns) changed += await this.pass(column, reports);
      if (this.interrupted.aborted) break;
      if (changed === 0) return { columns: [...reports.values()], complete: true };
    }
    return { columns: [...reports.values()], complete: false };
  }

  /** Returns how many rows had something to be rotated, whether or not somebody else was quicker. */
  private async pass(column: EncryptedColumn, reports: Map<string, ColumnReport>): Promise<number> {
    const place = `${column.table}.${column.column}`;
    const report = { place, rotated: reports.get(place)?.rotated ?? 0, unreadable: [] as string[] };
    reports.set(place, report);
    let seen = 0;
    const rotate = async ({ key, value }: Row): Promise<void> => {
      if (this.interrupted.aborted) return;
      const { resealed, unreadable } = this.reseal(column, key, value);
      if (unreadable) report.unreadable.push(key.join(' '));
      if (resealed === undefined) return;
      seen++;
      if (await this.replace(column, key, value, resealed)) report.rotated++;
    };
    for await (const batch of this.batchesOf(column)) {
      const before = report.rotated;
      for (let at = 0; at < batch.length; at += concurrency)
        await Promise.all(batch.slice(at, at + concurrency).map(rotate));
      if (batch.length === batchSize && report.rotated > before) this.progress(place, report.rotated);
      if (this.interrupted.aborted) break;
    }
    return seen;
  }

  private async *batchesOf({ table, key, column, kind }: EncryptedColumn): AsyncIterable<Row[]> {
    const keys = key.join(', ');
    const names = key.map((name) => `${name}::text`).join(', ');
    for (let after: unknown[] | null = null; ;) {
      const places = key.map((_, index) => `$${index + 3}`).join(', ');
      const batch: (Row & { raw: unknown[] })[] = await this.db.query(
        `SELECT jsonb_build_array(${keys}) AS raw, ARRAY[${names}] AS key, "${column}" AS value FROM ${table}
         WHERE "${column}" IS NOT NULL AND ${kind === 'text' ? `"${column}" NOT LIKE $1` : `$1::text IS NOT NULL`}
           ${after ? `AND (${keys}) > (${places})` : ''}
         ORDER BY ${keys} LIMIT $2`,
        [`${this.box.currentPrefix}%`, batchSize, ...(after ?? [])],
      );
      yield batch;
      if (batch.length < batchSize) return;
      after = batch.at(-1)?.raw ?? null;
    }
  }

  /** `resealed` is undefined if there is nothing to write. */
  private reseal(
    column: EncryptedColumn,
    key: string[],
    value: unknown,
  ): { resealed?: unknown; unreadable: boolean } {
    let unreadable = false;
    const reseal = (ciphertext: unknown, member: string): unknown => {
      if (!this.box.isCiphertext(ciphertext) || ciphertext.startsWith(this.box.currentPrefix))
        return ciphertext;
      const context = column.context(key, member);
      try {
        return this.box.encrypt(this.box.decrypt(ciphertext, context), context);
      } catch {
        unreadable = true;
        return ciphertext;
      }
    };
    if (column.kind === 'text') {
      const resealed = reseal(value, '');
      return { unreadable, ...(resealed !== value && { resealed }) };
    }
    const members = Object.entries(value as object) as [string, unknown][];
    const next = members.map(([name, member]) => [name, reseal(member, name)] as const);
    const differs = next.some(([, member], index) => member !== members[index]?.[1]);
    return { unreadable, ...(differs && { resealed: Object.fromEntries(next) }) };
  }

  /** False if the row is no longer as it was read, or somebody has it. */
  private async replace(
    { table, key, column, kind }: EncryptedColumn,
    keyValues: string[],
    before: unknown,
    after: unknown,
  ): Promise<boolean> {
    const where = key.map((name, index) => `${name}::text = $${index + 3}`).join(' AND ');
    const type = kind === 'text' ? 'text' : 'jsonb';
    const text = (value: unknown): unknown => (kind === 'text' ? value : JSON.stringify(value));
    // A statement of its own: no row is locked longer than it takes to write it, and none beside it.
    const updated = await this.db
      .query(
        `UPDATE ${table} SET "${column}" = $1::${type} FROM ${boundedWait}
       WHERE ${where} AND "${column}" = $2::${type} RETURNING 1`,
        [text(after), text(before), ...keyValues],
      )
      .catch(tooBusy);
    return updated.length === 1;
  }
}

/** Somebody works on the row for longer than we wait; the next pass comes back to it. */
function tooBusy(error: unknown): unknown[] {
  if (sqlState(error) === '55P03') return [];
  throw error;
}
