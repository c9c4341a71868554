import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '../database/database.js';
import { EraseSubjectService } from '../privacy/erase-subject.service.js';
import { OnJob } from '../queue/on-job.decorator.js';
import { SettingsService } from '../settings/settings.service.js';
import { forgetBuyers, forgetFailedCheckouts } from './forget-people.js';
import { RetentionSettings } from './retention.settings.js';
import type { Trim } from './trim.js';
import { trimCheckouts } from './trim-checkouts.js';
import { trimDeliveries } from './trim-deliveries.js';
import { trimMovements } from './trim-movements.js';
import { trimProviderWebhooks } from './trim-provider-webhooks.js';

/** Removes what has been kept for long enough. What one kind of it cannot be removed does not keep the others. */
@Injectable()
export class RetentionSweep implements OnModuleDestroy {
  private readonly logger = new Logger('retention');
  private readonly trims: [keyof RetentionSettings, Trim][];
  private stopping = false;

  constructor(
    private readonly db: Database,
    private readonly settings: SettingsService,
    subjects: EraseSubjectService,
  ) {
    this.trims = [
      ['abandonedCheckouts', trimCheckouts],
      ['abandonedCheckouts', forgetFailedCheckouts(subjects)],
      ['buyerDetails', forgetBuyers(subjects)],
      ['inventoryMovements', trimMovements],
      ['providerWebhookBodies', trimProviderWebhooks],
      ['webhookDeliveries', trimDeliveries],
    ];
  }

  onModuleDestroy(): void {
    this.stopping = true;
  }

  @OnJob('retention.sweep')
  async sweep(): Promise<void> {
    const kept = await this.settings.get(RetentionSettings);
    for (const [what, trim] of this.trims) {
      const days = kept[what];
      if (days === 0 || this.stopping) continue;
      try {
        const count = await trim(this.db, days, () => this.stopping);
        if (count > 0) this.logger.log({ event: 'retention.trimmed', what, count, days });
      } catch (error) {
        this.logger.error({ event: 'retention.failed', what, error });
      }
    }
  }
}
