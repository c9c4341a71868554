import { describe, expect, it } from 'vitest';
import { OneAtATime } from './one-at-a-time.js';

/** Work that ends when it is told to. */
class Work {
  begun = 0;
  private readonly ends: ((error?: Error) => void)[] = [];

  readonly run = (): Promise<void> => {
    this.begun++;
    return new Promise((resolve, reject) => {
      this.ends.push((error) => (error ? reject(error) : resolve()));
    });
  };

  async end(error?: Error): Promise<void> {
    this.ends.shift()?.(error);
    await new Promise(setImmediate);
  }
}

describe('one at a time', () => {
  it('does once more what was asked for while it ran, however often that was', async () => {
    const [turns, work] = [new OneAtATime(), new Work()];
    const first = turns.run('a', work.run, { again: true });
    for (let n = 0; n < 3; n++) await turns.run('a', work.run, { again: true });
    await work.end();
    expect(work.begun).toBe(2);
    await work.end();
    await first;
    expect(work.begun).toBe(2);
  });

  it('drops what need not be done again', async () => {
    const [turns, work] = [new OneAtATime(), new Work()];
    const first = turns.run('a', work.run, { again: false });
    await turns.run('a', work.run, { again: false });
    await work.end();
    await first;
    expect(work.begun).toBe(1);
  });

  it('does different work side by side', () => {
    const [turns, work] = [new OneAtATime(), new Work()];
    void turns.run('a', work.run, { again: true });
    void turns.run('b', work.run, { again: true });
    expect(work.begun).toBe(2);
  });

  it('does it again although it failed, and begins anew after a failure', async () => {
    const [turns, work] = [new OneAtATime(), new Work()];
    const first = turns.run('a', work.run, { again: true });
    await turns.run('a', work.run, { again: true });
    await work.end(new Error('once'));
    expect(work.begun).toBe(2);
    const failed = expect(first).rejects.toThrow('twice');
    await work.end(new Error('twice'));
    await failed;
    const next = turns.run('a', work.run, { again: true });
    await work.end();
    await next;
    expect(work.begun).toBe(3);
  });

  it('is idle when what was under way has ended, in whatever way', async () => {
    const [turns, work] = [new OneAtATime(), new Work()];
    turns.run('a', work.run, { again: true }).catch(() => undefined);
    let idle = false;
    const waiting = turns.idle().then(() => (idle = true));
    await new Promise(setImmediate);
    expect(idle).toBe(false);
    await work.end(new Error('failed'));
    await waiting;
  });
});
