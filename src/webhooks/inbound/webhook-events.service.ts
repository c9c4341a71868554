import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { apiErrors } from '../../common/api-error.js';
import type { PageRequest } from '../../common/paging.js';
import { Database, rows } from '../../database/database.js';
import { newestFirst } from '../../database/newest-first.js';
import type { Claim, Reply } from '../../idempotency/claim.js';
import { QueueService } from '../../queue/queue.service.js';
import { tryForMs } from './inbox.schedule.js';
import { WebhookEvent, type WebhookEventState } from './webhook-event.entity.js';

export interface WebhookEventFilter {
  provider?: string;
  type?: string;
  state?: WebhookEventState;
}

/** The merchant's view of the inbox. */
@Injectable()
export class WebhookEventsService {
  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    private readonly queue: QueueService,
  ) {}

  async list(page: PageRequest, filter: WebhookEventFilter): Promise<WebhookEvent[]> {
    return newestFirst(this.db.repository(WebhookEvent), page, filter);
  }

  async find(id: string): Promise<WebhookEvent> {
    const event = await this.db.repository(WebhookEvent).findOneBy({ id });
    if (!event) throw apiErrors.notFound('The webhook event');
    return event;
  }

  /** Makes an event due now, whatever became of it, and answers with it as it then is. */
  async replay(
    id: string,
    actor: string,
    claim: Claim,
    reply: (event: WebhookEvent) => Reply,
  ): Promise<void> {
    await this.db.transaction(async (tx) => {
      const events = tx.getRepository(WebhookEvent);
      const before = await events.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!before) throw apiErrors.notFound('The webhook event');
      await rows(
        tx,
        `UPDATE webhook_event SET state = 'received', result = NULL, attempts = 0, next_at = now(),
           try_until = now() + $2 * interval '1 ms', lease_token = NULL, lease_until = NULL, last_error = NULL,
           processed_at = NULL
         WHERE id = $1`,
        [id, tryForMs],
      );
      await this.audit.append(tx, {
        actor,
        action: 'webhook_event.replayed',
        subject: id,
        before: { state: before.state, result: before.result, attempts: before.attempts },
        after: { state: 'received', result: null, attempts: 0 },
      });
      await claim.finish(tx, reply(await events.findOneByOrFail({ id })));
    });
    this.queue.wake('webhooks.process');
  }
}
