import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { StoreService } from './store.service.js';

const commandTimeoutMs = 50;

/** A connection for things that may be lost: short on patience, and quiet when Redis is away. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    commandTimeout: commandTimeoutMs,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (times) => Math.min(times * 200, 2_000),
  });
  const logger = new Logger('RedisCache');
  let down = false;
  redis.on('ready', () => {
    if (down) logger.log('Redis is back');
    down = false;
  });
  redis.on('error', (error) => {
    if (!down) logger.warn(`Redis is away, PostgreSQL answers alone: ${error.message}`);
    down = true;
  });
  return redis;
}

/**
 * What Redis does for us besides the queue: a cache in front of PostgreSQL, never the truth. Without Redis, or
 * while it is away, every read is a miss and every write is forgotten.
 */
@Injectable()
export class RedisCache implements OnApplicationShutdown {
  constructor(
    @Inject(Redis) private readonly redis: Redis | null,
    private readonly store: StoreService,
  ) {}

  get enabled(): boolean {
    return this.redis !== null;
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }

  async get(key: string): Promise<string | null> {
    return this.attempt((redis) => redis.get(this.store.cachePrefix + key));
  }

  /** False if Redis has not taken it. */
  async set(key: string, value: string, ttlMs: number): Promise<boolean> {
    if (ttlMs <= 0) return false;
    const name = this.store.cachePrefix + key;
    return (await this.attempt((redis) => redis.set(name, value, 'PX', Math.floor(ttlMs)))) === 'OK';
  }

  /** Only where there is nothing yet. */
  async add(key: string, value: string, ttlMs: number): Promise<void> {
    const name = this.store.cachePrefix + key;
    if (ttlMs > 0) await this.attempt((redis) => redis.set(name, value, 'PX', Math.floor(ttlMs), 'NX'));
  }

  /** Counts in a window of `ttlMs` shared by all processes; null when Redis cannot say. */
  async count(key: string, ttlMs: number): Promise<number | null> {
    const name = this.store.cachePrefix + key;
    return this.attempt(async (redis) => {
      const results = await redis.multi().incr(name).pexpire(name, ttlMs, 'NX').exec();
      return Number(results?.[0]?.[1]);
    });
  }

  private async attempt<T>(command: (redis: Redis) => Promise<T>): Promise<T | null> {
    if (!this.redis) return null;
    try {
      return await command(this.redis);
    } catch {
      // A miss is the answer; `connectRedis` has already reported that Redis is away.
      return null;
    }
  }
}
