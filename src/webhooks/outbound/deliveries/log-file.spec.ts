import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogFile } from './log-file.js';

let folder: string;
let troubles: Error[];

const patient = { interval: 10, timeout: 60_000 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-log-'));
  troubles = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

const logTo = (path: string, limits?: ConstructorParameters<typeof LogFile>[2]): LogFile =>
  new LogFile(path, (error) => troubles.push(error), limits);

const line = (writer: string, number: number): string =>
  JSON.stringify({ writer, number, filler: 'x'.repeat(40) });

/** Closes them. A disk gets two seconds for that; this one takes everything, however long a busy machine needs. */
async function written(...logs: LogFile[]): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await Promise.all(logs.map((log) => log.close()));
  vi.useRealTimers();
}

async function linesOf(path: string): Promise<{ writer: string; number: number }[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((each) => each !== '')
    .map((each) => JSON.parse(each) as { writer: string; number: number });
}

describe('a log file', () => {
  it('is begun anew at its size, and only so many full ones are kept', async () => {
    const log = logTo(join(folder, 'webhooks.log'), { size: '1K', kept: 3 });
    for (let number = 0; number < 200; number += 1) log.write(line('one', number));
    await written(log);

    const names = (await readdir(folder)).sort();
    expect(names).toEqual(['webhooks.log', 'webhooks.log.1', 'webhooks.log.2', 'webhooks.log.3']);
    const numbers: number[] = [];
    for (const name of names.reverse()) {
      const lines = await linesOf(join(folder, name));
      expect(JSON.stringify(lines).length).toBeLessThan(1300);
      numbers.push(...lines.map(({ number }) => number));
    }
    // The newest, without a gap.
    expect(numbers).toEqual(Array.from(numbers, (_, index) => 200 - numbers.length + index));
    expect(numbers.length).toBeGreaterThan(30);
  });

  it('holds whole lines of two that write to it at once', async () => {
    const path = join(folder, 'webhooks.log');
    const [one, two] = [logTo(path), logTo(path)];
    for (let number = 0; number < 2000; number += 1) {
      one.write(line('one', number));
      two.write(line('two', number));
    }
    await written(one, two);

    const lines = await linesOf(path);
    for (const writer of ['one', 'two'])
      expect(lines.filter((each) => each.writer === writer).map(({ number }) => number)).toEqual(
        Array.from({ length: 2000 }, (_, index) => index),
      );
  });

  it('is found again when somebody else has moved it away', async () => {
    const path = join(folder, 'webhooks.log');
    const log = logTo(path, { recheckMs: 0 });
    log.write(line('one', 0));
    await expect.poll(() => linesOf(path).catch(() => []), patient).toHaveLength(1);
    await rename(path, `${path}.1`);
    log.write(line('one', 1));
    await written(log);
    expect(await linesOf(path)).toMatchObject([{ number: 1 }]);
  });

  it('that cannot be written is told of once, and written again when it can be', async () => {
    const inTheWay = join(folder, 'data');
    await writeFile(inTheWay, '');
    const path = join(inTheWay, 'webhooks.log');
    const log = logTo(path, { retryMs: 1 });
    let number = 0;
    await expect
      .poll(() => {
        log.write(line('lost', (number += 1)));
        return [troubles.length, number > 20];
      }, patient)
      .toEqual([1, true]);

    await rm(inTheWay);
    await mkdir(inTheWay);
    await expect
      .poll(() => {
        log.write(line('kept', (number += 1)));
        return linesOf(path).catch(() => []);
      }, patient)
      .not.toHaveLength(0);
    await written(log);
    expect(troubles).toHaveLength(1);
  });

  it('is closed at once if nothing was written, and leaves no file', async () => {
    await logTo(join(folder, 'webhooks.log')).close();
    expect(await readdir(folder)).toEqual([]);
  });
});
