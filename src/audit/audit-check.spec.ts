import { describe, expect, it } from 'vitest';
import { type ChainedEntry, hashOf } from './audit-chain.js';
import { checkChain } from './audit-check.js';

/** A whole chain. */
function chainOf(length: number): ChainedEntry[] {
  const entries: ChainedEntry[] = [];
  for (let position = 1; position <= length; position++) {
    const at = new Date(Date.UTC(2026, 0, 1, 0, 0, position)).toISOString();
    const [id, subject] = [`aud_${String(position).padStart(3, '0')}`, `ord_${position}`];
    const entry = { id, position, at, actor: 'cli', action: 'order.canceled', subject };
    add(entries, { ...entry, requestId: null, before: { n: position }, after: { n: -position } });
  }
  return entries;
}

/** With the hash that it has here, as whoever knows how it is made can compute it. */
function add(entries: ChainedEntry[], entry: Omit<ChainedEntry, 'hash'>): void {
  entries.push({ ...entry, hash: hashOf(entries.at(-1)?.hash ?? null, entry) });
}

async function* given(entries: ChainedEntry[]): AsyncGenerator<ChainedEntry, void> {
  yield* await Promise.resolve(entries);
}

const brokenAt = async (entries: ChainedEntry[]) => {
  const { broken } = await checkChain(given(entries));
  return [broken?.position, broken?.kind];
};

/** With other positions, as an UPDATE gives them. */
const renumbered = (entries: ChainedEntry[]): ChainedEntry[] =>
  entries.map((entry, index) => ({ ...entry, position: index + 1 }));

const forged = (chain: ChainedEntry[]): ChainedEntry => ({ ...chain[3]!, id: 'aud_003x', subject: 'ord_x' });

describe('a chain of entries', () => {
  it.each([0, 1, 2, 7])('of %i that is whole is told with its head', async (length) => {
    const chain = chainOf(length);
    const last = chain.at(-1);
    const head = last && { position: last.position, hash: last.hash };
    expect(await checkChain(given(chain), head)).toEqual({ count: length, head });
  });

  const values: Partial<ChainedEntry> = {
    id: 'aud_x',
    at: '2026-01-01T00:00:04.001Z',
    actor: 'boot',
    action: 'order.approved',
    subject: 'ord_5',
    requestId: 'req_1',
    before: { n: 4, m: undefined, extra: null },
    after: null,
    hash: hashOf(null, chainOf(2)[1]!),
  };
  it.each(Object.entries(values))('shows that `%s` of an entry was changed', async (name, value) => {
    for (const position of [1, 4, 7]) {
      const chain = chainOf(7);
      chain[position - 1] = { ...chain[position - 1]!, [name]: value };
      expect([position, ...(await brokenAt(chain))]).toEqual([position, position, 'changed']);
    }
  });

  it('shows an entry that was changed and hashed anew by the one after it', async () => {
    const chain = chainOf(7);
    const changed = { ...chain[3]!, subject: 'ord_x' };
    chain[3] = { ...changed, hash: hashOf(chain[2]!.hash, changed) };
    expect((await checkChain(given(chain))).broken).toMatchObject({
      position: 5,
      kind: 'changed',
      message: expect.stringMatching(
        /Entry 5 .*2026-01-01T00:00:05.000Z.* or entry 4 .* hashed anew/,
      ) as string,
    });
  });

  it.each([
    ['a middle one', [4], 4],
    ['the first', [1], 1],
    ['several', [3, 4, 5], 3],
    ['the last but one', [6], 6],
  ])('shows that %s is missing', async (_, gone, position) => {
    const chain = chainOf(7).filter((entry) => !gone.includes(entry.position));
    expect(await brokenAt(chain)).toEqual([position, 'missing']);
  });

  it('shows that one is missing although the others have moved up', async () => {
    const chain = renumbered(chainOf(7).filter(({ position }) => position !== 4));
    expect(await brokenAt(chain)).toEqual([4, 'missing']);
  });

  it.each([
    [4, 5],
    [2, 6],
    [1, 2],
    [6, 7],
    [1, 7],
  ])('shows that %i and %i have changed places', async (one, other) => {
    const chain = chainOf(7);
    const [first, second] = [chain[one - 1]!, chain[other - 1]!];
    chain[one - 1] = { ...second, position: one };
    chain[other - 1] = { ...first, position: other };
    expect(await brokenAt(chain)).toEqual([one, 'reordered']);
    const lines = chainOf(7);
    [lines[one - 1], lines[other - 1]] = [second, first];
    expect((await brokenAt(lines))[0]).toBe(one);
  });

  it('shows what was inserted, with the hash it should have or another', async () => {
    const whole = chainOf(7);
    const guest = forged(whole);
    const with_ = (entry: ChainedEntry): ChainedEntry[] =>
      renumbered([...whole.slice(0, 3), entry, ...whole.slice(3)]);
    expect(await brokenAt(with_(guest))).toEqual([4, 'inserted']);
    const hash = hashOf(whole[2]!.hash, { ...guest, position: 4 });
    expect(await brokenAt(with_({ ...guest, hash }))).toEqual([4, 'inserted']);
    for (const position of [0, -1])
      expect(await brokenAt([{ ...guest, position }, ...whole])).toEqual([position, 'inserted']);
    expect(await brokenAt([...whole.slice(0, 4), { ...guest, position: 4 }, ...whole.slice(4)])).toEqual([
      4,
      'inserted',
    ]);
  });

  it('shows a cut end and a rewritten chain to who has noted the head', async () => {
    const chain = chainOf(7);
    const head = { position: 6, hash: chain[5]!.hash };
    expect((await checkChain(given(chain), head)).broken).toBeUndefined();
    const cut = await checkChain(given(chain.slice(0, 5)), head);
    expect(cut).toMatchObject({ count: 5, broken: { position: 6, kind: 'cut off' } });
    expect((await checkChain(given([]), head)).broken).toMatchObject({ position: 1, kind: 'cut off' });
    const rewritten: ChainedEntry[] = [];
    for (const entry of chain) add(rewritten, { ...entry, actor: 'boot' });
    expect((await checkChain(given(rewritten))).broken).toBeUndefined();
    expect((await checkChain(given(rewritten), head)).broken).toMatchObject({
      position: 6,
      kind: 'rewritten',
    });
  });
});
