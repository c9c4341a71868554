import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countLines, readLines } from './json-lines.js';

/** The text in pieces that end anywhere, in the middle of a character too. */
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = async (
  text: string | Buffer,
  { size = 7, maximumBytes = 100 } = {},
): Promise<[number, string | null][]> => {
  const found: [number, string | null][] = [];
  for await (const { number, bytes } of readLines(
    inPieces(Buffer.from(text as string), size),
    maximumBytes,
  )) {
    found.push([number, bytes?.toString() ?? null]);
  }
  return found;
};

describe('reading lines', () => {
  it('numbers them from 1 and leaves blank ones out', async () => {
    expect(await read('a\n\n \t\r\nb\r\n\nc')).toEqual([
      [1, 'a'],
      [4, 'b\r'],
      [6, 'c'],
    ]);
    expect(await read('')).toEqual([]);
    expect(await read('\n\n')).toEqual([]);
  });

  it('takes a byte order mark for no part of the first line, and for nothing but a part elsewhere', async () => {
    expect(await read('\uFEFFa\n\uFEFFb')).toEqual([
      [1, 'a'],
      [2, '\uFEFFb'],
    ]);
  });

  it('drops what is longer than wanted, to the byte, and reads on behind it', async () => {
    expect(
      await read(`${'x'.repeat(8)}\n${'y'.repeat(9)}\nz\n${'é'.repeat(5)}`, { maximumBytes: 8 }),
    ).toEqual([
      [1, 'xxxxxxxx'],
      [2, null],
      [3, 'z'],
      [4, null],
    ]);
  });

  it('is the same wherever the pieces end', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constant('')), { maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        async (lines, size) => {
          const text = lines.map((line) => line.replaceAll('\n', '').replace(/^\uFEFF/, '')).join('\n');
          const expected = text
            .split('\n')
            .map((line, index): [number, string] => [index + 1, line])
            .filter(([, line]) => Buffer.from(line).some((byte) => byte > 0x20));
          expect(await read(text, { size })).toEqual(expected);
          expect(await countLines(inPieces(Buffer.from(text), size))).toBe(text.split('\n').length);
        },
      ),
    ));
});
