import {
  type Break,
  breakAt,
  type ChainedEntry,
  follows,
  type Head,
  type Surroundings,
} from './audit-chain.js';

export interface ChainReport {
  /** Entries that follow each from the one before. */
  count: number;
  /** The last of them; undefined if there is none. */
  head: Head | undefined;
  broken?: Break;
}

/**
 * Walks a chain from its first entry, which must be at position 1. Stops at the first break. `expected` is a head that was noted
 * earlier: a chain that was cut off, or rewritten from some place on, is whole in itself and shows only by that.
 */
export async function checkChain(
  entries: AsyncIterable<ChainedEntry>,
  expected?: Head,
): Promise<ChainReport> {
  let count = 0;
  let beforeLast: ChainedEntry | undefined;
  let last: ChainedEntry | undefined;
  let suspect: ChainedEntry | undefined;
  const report = (broken?: Break): ChainReport => ({
    count,
    head: last && { position: last.position, hash: last.hash },
    ...(broken && { broken }),
  });
  const broken = (at: Pick<Surroundings, 'suspect' | 'next'>): ChainReport =>
    report(breakAt({ beforeLast, last, ...at }));
  for await (const entry of entries) {
    // A break is judged with the entry after it.
    if (suspect) return broken({ suspect, next: entry });
    if (entry.position !== (last?.position ?? 0) + 1 || !follows(last, entry)) {
      suspect = entry;
      continue;
    }
    [beforeLast, last] = [last, entry];
    count++;
    if (entry.position === expected?.position && entry.hash !== expected.hash)
      return report(rewritten(entry));
  }
  if (suspect) return broken({ suspect, next: undefined });
  return report(expected && (last?.position ?? 0) < expected.position ? cutOff(expected, last) : undefined);
}

const rewritten = ({ position, at, hash }: ChainedEntry): Break => ({
  position,
  kind: 'rewritten',
  message: `Entry ${position} (${at}) has the hash ${hash}, which is not the expected one: the log was rewritten.`,
});

const cutOff = ({ position }: Head, last: ChainedEntry | undefined): Break => ({
  position: (last?.position ?? 0) + 1,
  kind: 'cut off',
  message: last
    ? `The log ends with entry ${last.position} (${last.at}), and ${position} was there: its end was cut off.`
    : `The log is empty, and entry ${position} was there.`,
});
