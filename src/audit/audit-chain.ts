import { fingerprint } from '../common/json.js';

/** An entry as it is stored, exported and covered by its hash. */
export interface ChainedEntry {
  id: string;
  /** From 1, without a gap. */
  position: number;
  /** ISO 8601, UTC, milliseconds. */
  at: string;
  actor: string;
  action: string;
  subject: string;
  requestId: string | null;
  before: unknown;
  after: unknown;
  hash: string;
}

/** An entry of a chain, by which later somebody knows whether it is still the same chain. */
export interface Head {
  position: number;
  hash: string;
}

/** Where a chain is broken first. `kind` is what it looks like: who writes to the table can make it look otherwise. */
export interface Break {
  position: number;
  kind: 'changed' | 'missing' | 'inserted' | 'reordered' | 'cut off' | 'rewritten';
  /** A sentence that says what is wrong, and of when. */
  message: string;
}

/** SHA-256 over RFC 8785 canonical JSON of the entry and the hash of the one before it. */
export const hashOf = (previous: string | null, entry: Omit<ChainedEntry, 'hash'>): string => {
  const { id, position, at, actor, action, subject, requestId, before, after } = entry;
  return fingerprint({ previous, id, position, at, actor, action, subject, requestId, before, after });
};

/** Three entries in a row where the chain breaks, and the two before them; undefined beyond either end. */
export interface Surroundings {
  beforeLast: ChainedEntry | undefined;
  last: ChainedEntry | undefined;
  suspect: ChainedEntry;
  next: ChainedEntry | undefined;
}

const start = { position: 0, hash: null };

/** Whether an entry is what was written after `previous`, at `position`. */
export function follows(
  previous: { hash: string | null } | undefined,
  entry: ChainedEntry,
  position = entry.position,
): boolean {
  return hashOf(previous?.hash ?? null, { ...entry, position }) === entry.hash;
}

/** Judges what was done to a chain that breaks at `suspect`. */
export function breakAt({ beforeLast, last, suspect, next }: Surroundings): Break {
  const { position } = suspect;
  const expected = (last ?? start).position + 1;
  if (position !== expected) return misplaced(expected, { last, suspect, next });
  if (last && follows(beforeLast, suspect, position - 1)) return inserted(last);
  if (next && !follows(suspect, next)) {
    if (follows(next, suspect, position + 1)) return reordered(suspect);
    if (follows(last, next, position)) return inserted(suspect);
    if (follows(suspect, next, next.position + 1)) return missing(position, last, suspect);
    // Ids grow with time.
    if (next.id < suspect.id) return reordered(suspect);
  }
  if (last && suspect.id < last.id) return reordered(suspect);
  return changed(suspect, last);
}

function misplaced(
  expected: number,
  { last, suspect, next }: Pick<Surroundings, 'last' | 'suspect' | 'next'>,
): Break {
  if (suspect.position < expected) return inserted(suspect);
  if (next?.position === expected) return { ...reordered(suspect), position: expected };
  return missing(expected, last, suspect);
}

const told = ({ position, at, action, id }: ChainedEntry): string => `${position} (${action}, ${at}, ${id})`;

const changed = (entry: ChainedEntry, last: ChainedEntry | undefined): Break => ({
  position: entry.position,
  kind: 'changed',
  message:
    `Entry ${told(entry)} is not what was written: it was changed` +
    (last ? `, or entry ${told(last)} was changed or replaced and hashed anew.` : '.'),
});

const missing = (position: number, last: ChainedEntry | undefined, next: ChainedEntry): Break => ({
  position,
  kind: 'missing',
  message: `Entry ${position} is missing, between ${last ? told(last) : 'the beginning'} and ${told(next)}.`,
});

const inserted = (entry: ChainedEntry): Break => ({
  position: entry.position,
  kind: 'inserted',
  message: `Entry ${told(entry)} was inserted: what was written next does not follow from it.`,
});

const reordered = (entry: ChainedEntry): Break => ({
  position: entry.position,
  kind: 'reordered',
  message: `Entry ${told(entry)} is not in its place: entries were reordered.`,
});
