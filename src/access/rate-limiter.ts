import { Injectable } from '@nestjs/common';
import { apiErrors } from '../common/api-error.js';
import { RedisCache } from '../database/redis-cache.js';
import { SettingsService } from '../settings/settings.service.js';
import { AccessSettings } from './access.settings.js';

const windowMs = 1_000;

/** So many requests per agent in each second: shared by all processes with Redis, per process without. */
@Injectable()
export class RateLimiter {
  private window = 0;
  private counts = new Map<string, number>();

  constructor(
    private readonly settings: SettingsService,
    private readonly redis: RedisCache,
  ) {}

  async take(agentId: string): Promise<void> {
    const { requestsPerSecond } = await this.settings.get(AccessSettings);
    const window = Math.floor(Date.now() / windowMs);
    const shared = this.redis.enabled
      ? await this.redis.count(`rate:${agentId}:${window}`, 2 * windowMs)
      : null;
    if ((shared ?? this.countHere(agentId, window)) > requestsPerSecond) throw apiErrors.rateLimited(1);
  }

  private countHere(agentId: string, window: number): number {
    if (window !== this.window) {
      this.window = window;
      this.counts = new Map();
    }
    const count = (this.counts.get(agentId) ?? 0) + 1;
    this.counts.set(agentId, count);
    return count;
  }
}
