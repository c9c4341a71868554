import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import type { PageRequest } from '../../../common/paging.js';
import { Database, rows } from '../../../database/database.js';
import { newestFirst } from '../../../database/newest-first.js';
import type { Claim } from '../../../idempotency/claim.js';
import { QueueService } from '../../../queue/queue.service.js';
import { outboundErrors } from '../outbound.errors.js';
import { WebhookAttempt } from './webhook-attempt.entity.js';
import { type DeliveryState, WebhookBody, WebhookDelivery } from './webhook-delivery.entity.js';
import { deliveryView, deliveryDetailView } from './webhook-delivery.view.js';
import { WebhookEndpoint } from '../endpoints/webhook-endpoint.entity.js';
import { isOfAgent } from './webhook-recovery.service.js';

export interface DeliveryFilter {
  endpointId?: string;
  orderId?: string;
  eventId?: string;
  state?: DeliveryState;
}

/** More attempts than the schedule has only come of many replays. */
const attemptsShown = 100;

/** The merchant's view of what was sent. */
@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    private readonly queue: QueueService,
  ) {}

  async list(page: PageRequest, filter: DeliveryFilter): Promise<WebhookDelivery[]> {
    return newestFirst(this.db.repository(WebhookDelivery), page, filter);
  }

  async show(id: string): Promise<object> {
    const [delivery, attempts] = await Promise.all([
      this.db.repository(WebhookDelivery).findOneBy({ id }),
      this.db
        .repository(WebhookAttempt)
        .find({ where: { deliveryId: id }, order: { id: 'DESC' }, take: attemptsShown }),
    ]);
    if (!delivery) throw outboundErrors.deliveryNotFound();
    const { body } = await this.db.repository(WebhookBody).findOneByOrFail({ id: delivery.bodyId });
    return deliveryDetailView(delivery, body, attempts.toReversed());
  }

  /** Makes a delivery due now, whatever became of it, with the whole schedule before it. The bytes stay the same. */
  async replay(id: string, actor: string, claim: Claim): Promise<void> {
    await this.db.transaction(async (tx) => {
      const deliveries = tx.getRepository(WebhookDelivery);
      const before = await deliveries.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!before) throw outboundErrors.deliveryNotFound();
      if (before.eventId === null) throw outboundErrors.testNotReplayed();
      const endpoint = await tx.getRepository(WebhookEndpoint).findOneByOrFail({ id: before.endpointId });
      if (endpoint.deletedAt) throw outboundErrors.endpointDeleted();
      // One that is on its way keeps its lease: nobody sends it twice at once.
      const replayed = await rows(
        tx,
        `UPDATE webhook_delivery AS d
         SET state = 'pending', attempts = 0, next_at = now(), ended_at = NULL, superseded_by = NULL
         WHERE id = $1 AND ${isOfAgent('$2')} RETURNING id`,
        [id, endpoint.agentId],
      );
      if (replayed.length === 0) throw outboundErrors.anotherAgents();
      await this.audit.append(tx, {
        actor,
        action: 'webhook_delivery.replayed',
        subject: id,
        before: { state: before.state, attempts: before.attempts },
        after: { state: 'pending', attempts: 0 },
      });
      const body = deliveryView(await deliveries.findOneByOrFail({ id }));
      await claim.finish(tx, { status: 200, body });
    });
    this.queue.wake('webhooks.deliver');
  }
}
