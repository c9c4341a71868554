/**
 * Repeats a statement or transaction that works on at most `size` things and tells how many it found, until one finds
 * fewer. Returns how many there were in all. Small transactions: nobody waits long for a row, and what is done is done.
 */
export async function inBatches(
  size: number,
  work: (size: number) => Promise<number>,
  stopping = (): boolean => false,
): Promise<number> {
  for (let total = 0; ;) {
    const found = await work(size);
    total += found;
    if (found < size || stopping()) return total;
  }
}
