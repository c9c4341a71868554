import { Injectable } from '@nestjs/common';
import { apiErrors } from '../../common/api-error.js';
import { Metrics } from '../../common/metrics.js';
import { RedisCache } from '../../database/redis-cache.js';
import { SettingsService } from '../../settings/settings.service.js';
import { AccessSettings } from '../access.settings.js';
import { WindowCounter } from './window-counter.js';

const secondMs = 1_000;

/** So many requests in each second: of one agent everywhere, of one address at the providers' webhooks. */
@Injectable()
export class RateLimiter {
  private readonly agents: WindowCounter;
  private readonly webhooks: WindowCounter;
  private readonly refused: (labels: { of: string }) => void;

  constructor(
    private readonly settings: SettingsService,
    redis: RedisCache,
    metrics: Metrics,
  ) {
    this.agents = new WindowCounter(redis, 'rate', secondMs);
    this.webhooks = new WindowCounter(redis, 'webhooks', secondMs);
    this.refused = metrics.counter('rate_limited_total', 'Requests above a limit, answered with 429.', [
      'of',
    ]);
  }

  async takeAgent(agentId: string): Promise<void> {
    const { requestsPerSecond } = await this.settings.get(AccessSettings);
    const { count } = await this.agents.add(agentId);
    if (count > requestsPerSecond) throw this.refusal('agent');
  }

  /** Before anything of a webhook is read: its signature costs more than this. */
  async takeWebhook(address: string): Promise<void> {
    const { webhookRequestsPerSecondPerAddress } = await this.settings.get(AccessSettings);
    const { count } = await this.webhooks.add(address);
    if (count > webhookRequestsPerSecondPerAddress) throw this.refusal('webhook_address');
  }

  private refusal(of: string): Error {
    this.refused({ of });
    return apiErrors.rateLimited(1);
  }
}
