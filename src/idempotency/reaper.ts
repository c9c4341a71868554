import { Injectable, Logger } from '@nestjs/common';
import { OnJob } from '../queue/on-job.decorator.js';
import { ClaimStore } from './claim.store.js';

@Injectable()
export class IdempotencyReaper {
  private readonly logger = new Logger(IdempotencyReaper.name);

  constructor(private readonly claims: ClaimStore) {}

  @OnJob('idempotency.reap')
  async reap(): Promise<void> {
    const count = await this.claims.reap();
    if (count > 0) this.logger.log({ event: 'idempotency.reaped', count });
  }
}
