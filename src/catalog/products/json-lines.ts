/** One line of a text, by its number from 1. Its bytes are null if there were more than wanted. */
export interface Line {
  number: number;
  bytes: Buffer | null;
}

const newline = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The lines of a stream of bytes, those left out that are blank. Holds no more than one line of `maximumBytes` at a
 * time, however long the text and its lines are. A line ends with LF or CR LF, the last one with the text.
 */
export async function* readLines(source: AsyncIterable<Buffer>, maximumBytes: number): AsyncGenerator<Line> {
  let line = new OpenLine(1, maximumBytes);
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      line.add(chunk.subarray(start, end));
      if (!line.blank) yield line.close();
      line = new OpenLine(line.number + 1, maximumBytes);
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  if (!line.blank) yield line.close();
}

/** How many lines there are at most, blank ones and an unended last one included. */
export async function countLines(source: AsyncIterable<Buffer>): Promise<number> {
  let count = 1;
  for await (const chunk of source) {
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) count++;
  }
  return count;
}

/** A line whose end has not come yet. */
class OpenLine {
  private parts: Buffer[] = [];
  private size = 0;
  blank = true;

  constructor(
    readonly number: number,
    private readonly maximumBytes: number,
  ) {}

  add(part: Buffer): void {
    this.size += part.length;
    this.blank &&= part.every((byte) => byte <= 0x20);
    if (this.size <= this.maximumBytes) this.parts.push(part);
    else this.parts = [];
  }

  close(): Line {
    if (this.size > this.maximumBytes) return { number: this.number, bytes: null };
    const bytes = Buffer.concat(this.parts);
    const marked = this.number === 1 && bytes.subarray(0, 3).equals(byteOrderMark);
    return { number: this.number, bytes: marked ? bytes.subarray(3) : bytes };
  }
}
