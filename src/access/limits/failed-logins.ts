import { Injectable } from '@nestjs/common';
import { type ApiError, apiErrors } from '../../common/api-error.js';
import { Metrics } from '../../common/metrics.js';
import { pause } from '../../common/pause.js';
import { RedisCache } from '../../database/redis-cache.js';
import { SettingsService } from '../../settings/settings.service.js';
import { AccessSettings } from '../access.settings.js';
import { WindowCounter } from './window-counter.js';

const minuteMs = 60_000;
const longestDelayMs = 2_000;
/** Each holds a socket: whoever comes when so many wait is refused at once. */
const maximumDelayed = 100;

/**
 * What somebody is told who tries keys that are not valid. The first half of the limit is answered at once, the
 * second ever more slowly, and what comes above it with 429 for the rest of the minute.
 *
 * Asked only after a key was found wrong: a valid key always gets in, whoever else is behind the same address.
 */
@Injectable()
export class FailedLogins {
  private readonly attempts: WindowCounter;
  private readonly counted: (labels: { outcome: string }) => void;
  private delayed = 0;

  constructor(
    private readonly settings: SettingsService,
    redis: RedisCache,
    metrics: Metrics,
  ) {
    this.attempts = new WindowCounter(redis, 'failed_logins', minuteMs);
    this.counted = metrics.counter('failed_logins_total', 'Requests with a key that is not valid.', [
      'outcome',
    ]);
  }

  /** Counts one from this address and resolves with the refusal when it is time to send it. */
  async refusal(address: string): Promise<ApiError> {
    const { failedLoginsPerMinute: limit } = await this.settings.get(AccessSettings);
    const { count, msLeft } = await this.attempts.add(address);
    const delayMs = delayOf(count, limit);
    if (count > limit || (delayMs > 0 && this.delayed >= maximumDelayed)) {
      this.counted({ outcome: 'refused' });
      return apiErrors.rateLimited(Math.ceil((count > limit ? msLeft : longestDelayMs) / 1_000));
    }
    this.counted({ outcome: delayMs > 0 ? 'delayed' : 'answered' });
    await this.delay(delayMs);
    return apiErrors.unauthorized();
  }

  private async delay(ms: number): Promise<void> {
    if (ms === 0) return;
    this.delayed += 1;
    try {
      await pause(ms);
    } finally {
      this.delayed -= 1;
    }
  }
}

/** Milliseconds before the `count`-th failure of a minute is answered; 0 in the first half of the limit. */
export function delayOf(count: number, limit: number): number {
  const free = Math.ceil(limit / 2);
  const slowed = Math.min(count, limit) - free;
  return slowed <= 0 ? 0 : Math.round((longestDelayMs * slowed) / (limit - free));
}
