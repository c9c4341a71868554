import { randomBytes } from 'node:crypto';
import { StartError } from '../../common/start-error.js';
import { Journal } from './journal.js';
import { emptyTables, type SimulatorRow, type TableName, type Tables } from './tables.js';

/** One journal line: all rows one request changed, as they are afterwards, and the id counter. */
interface JournalLine {
  n: number;
  put: [table: TableName, row: Tables[TableName]][];
}

export type Put = JournalLine['put'];

/** All state, in memory, rebuilt from the journal on start. Rows are never changed in place: see `Change`. */
export class World {
  private readonly tables = emptyTables();
  private counter = 0;
  private readonly journal: Journal;
  private readonly listeners: ((put: Put) => void)[] = [];
  /** Where the simulator can be reached, for the links it hands out; known once it listens. */
  url = '';

  constructor(folder: string) {
    this.journal = Journal.open(folder, (line) => this.apply(readLine(line)));
    if (this.find('simulator', 'self')) return;
    const change = this.begin();
    change.put('simulator', { id: 'self', simulatorId: randomBytes(6).toString('hex'), clockOffsetMs: 0 });
    this.commit(change);
  }

  get simulator(): SimulatorRow {
    const row = this.find('simulator', 'self');
    if (!row) throw new Error('The PSP simulator has no identity row.');
    return row;
  }

  /** Milliseconds on the simulator's clock. */
  now(): number {
    return Date.now() + this.simulator.clockOffsetMs;
  }

  /** Unique over restarts and over simulators, and in order of creation. */
  nextId(prefix: string): string {
    this.counter += 1;
    return `${prefix}_${this.simulator.simulatorId}${this.counter.toString(36).padStart(8, '0')}`;
  }

  find<T extends TableName>(table: T, id: string): Tables[T] | undefined {
    return this.tables[table].get(id);
  }

  /** Oldest first. */
  rows<T extends TableName>(table: T): Iterable<Tables[T]> {
    return this.tables[table].values();
  }

  count(table: TableName): number {
    return this.tables[table].size;
  }

  begin(): Change {
    return new Change(this);
  }

  /** The whole change is one line: after a kill it happened with all its consequences or not at all. */
  commit(change: Change): void {
    const line: JournalLine = { n: this.counter, put: change.staged() };
    if (line.put.length === 0) return;
    this.journal.append(line);
    this.apply(line);
    for (const listener of this.listeners) listener(line.put);
  }

  /** Called after every commit, at once. */
  subscribe(listener: (put: Put) => void): void {
    this.listeners.push(listener);
  }

  /** Forgets a row that can no longer be asked for. The journal keeps it; whoever forgets does so again after a start. */
  forget(table: TableName, id: string): void {
    this.tables[table].delete(id);
  }

  close(): void {
    this.journal.close();
  }

  private apply(line: JournalLine): void {
    this.counter = line.n;
    for (const [table, row] of line.put) {
      (this.tables[table] as Map<string, Tables[TableName]>).set(row.id, row);
    }
  }
}

/** What one request is about to change. Dropped, it leaves no trace; committed, it is one journal line. */
export class Change {
  private readonly rows = new Map<string, [TableName, Tables[TableName]]>();

  constructor(readonly world: World) {}

  put<T extends TableName>(table: T, row: Tables[T]): Tables[T] {
    this.rows.set(`${table}/${row.id}`, [table, row]);
    return row;
  }

  find<T extends TableName>(table: T, id: string): Tables[T] | undefined {
    const staged = this.rows.get(`${table}/${id}`);
    return staged ? (staged[1] as Tables[T]) : this.world.find(table, id);
  }

  staged(): Put {
    return [...this.rows.values()];
  }

  /** What becomes of the rows of one table: as they were, and as they will be. */
  changes<T extends TableName>(table: T): { before: Tables[T] | undefined; after: Tables[T] }[] {
    const rows = this.staged().filter(([name]) => name === table);
    return rows.map(([, row]) => ({ before: this.world.find(table, row.id), after: row as Tables[T] }));
  }
}

/** Rows are trusted, since only `commit` writes them; a table this version does not know is not. */
function readLine(value: unknown): JournalLine {
  const line = value as JournalLine;
  const known = emptyTables();
  for (const [table] of line.put) {
    if (!(table in known)) {
      throw new StartError(
        `The PSP simulator's journal holds "${table}", which this version does not know; update it or move the journal away.`,
      );
    }
  }
  return line;
}
