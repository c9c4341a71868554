import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RedisCache } from '../../database/redis-cache.js';
import type { StoreService } from '../../database/store.service.js';
import { WindowCounter } from './window-counter.js';

describe('WindowCounter without Redis', () => {
  const counter = (): WindowCounter =>
    new WindowCounter(new RedisCache(null, {} as StoreService), 'test', 60_000);

  beforeEach(() => vi.useFakeTimers({ now: 120_000 }));
  afterEach(() => vi.useRealTimers());

  it('counts each name by itself, and anew in the next window', async () => {
    const counted = counter();
    expect(await counted.add('a')).toEqual({ count: 1, msLeft: 60_000 });
    vi.setSystemTime(179_000);
    expect(await counted.add('a')).toEqual({ count: 2, msLeft: 1_000 });
    expect((await counted.add('b')).count).toBe(1);
    vi.setSystemTime(180_000);
    expect((await counted.add('a')).count).toBe(1);
  });

  it('stays small however many names there are, and remembers those that come often', async () => {
    const counted = counter();
    await counted.add('persistent');
    for (let n = 0; n < 30_000; n++) {
      await counted.add(`198.18.${n >> 8}.${n & 255}`);
      if (n % 5_000 === 0) await counted.add('persistent');
    }
    expect(counted.size).toBeLessThanOrEqual(10_000);
    expect((await counted.add('persistent')).count).toBe(8);
  });
});
