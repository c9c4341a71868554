import type { RedisCache } from '../../database/redis-cache.js';

/** How many are counted here at a time; of more, those heard of longest ago are forgotten. */
const maximumNames = 10_000;

export interface Counted {
  count: number;
  /** How long until the count begins anew. */
  msLeft: number;
}

/**
 * Counts per name in fixed windows of time: for all processes together with Redis, for this one without, or while it
 * is away.
 */
export class WindowCounter {
  private readonly here = new Map<string, { window: number; count: number }>();

  constructor(
    private readonly redis: RedisCache,
    private readonly purpose: string,
    private readonly windowMs: number,
  ) {}

  async add(name: string): Promise<Counted> {
    const now = Date.now();
    const window = Math.floor(now / this.windowMs);
    const shared = this.redis.enabled
      ? await this.redis.count(`${this.purpose}:${name}:${window}`, 2 * this.windowMs)
      : null;
    return { count: shared ?? this.addHere(name, window), msLeft: (window + 1) * this.windowMs - now };
  }

  /** Names that are remembered in this process. */
  get size(): number {
    return this.here.size;
  }

  private addHere(name: string, window: number): number {
    const known = this.here.get(name);
    const count = known?.window === window ? known.count + 1 : 1;
    // To the end of the order: the first is the one not heard of for longest.
    this.here.delete(name);
    this.here.set(name, { window, count });
    const [first] = this.here.keys();
    if (this.here.size > maximumNames && first !== undefined) this.here.delete(first);
    return count;
  }
}
