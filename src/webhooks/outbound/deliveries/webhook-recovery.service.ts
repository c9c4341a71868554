import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { AuditService } from '../../../audit/audit.service.js';
import { Database, rows, type Tx } from '../../../database/database.js';
import type { Claim } from '../../../idempotency/claim.js';
import type { OutboxEvent } from '../../../outbox/outbox-event.entity.js';
import { QueueService } from '../../../queue/queue.service.js';
import { DeliveryStore } from './delivery.store.js';
import { outboundErrors } from '../outbound.errors.js';
import type { RecoverDeliveriesDto } from './recover-deliveries.dto.js';
import { WebhookEndpoint } from '../endpoints/webhook-endpoint.entity.js';

const batch = 200;

/** What an endpoint has missed since a moment is sent to it: what was never tried, and what was given up. */
@Injectable()
export class WebhookRecoveryService {
  constructor(
    private readonly db: Database,
    private readonly deliveries: DeliveryStore,
    private readonly audit: AuditService,
    private readonly queue: QueueService,
  ) {}

  /** Safe to repeat: what is on its way is not added again. Answers `{enqueued}`. */
  async recover(
    endpointId: string,
    wanted: RecoverDeliveriesDto,
    actor: string,
    claim: Claim,
  ): Promise<void> {
    const added = await this.addMissing(endpointId, new Date(wanted.since));
    await this.db.transaction(async (tx) => {
      const enqueued = added + (await makeDue(tx, await holdBack(tx, endpointId), wanted));
      await this.audit.append(tx, {
        actor,
        action: 'webhook_endpoint.recovered',
        subject: endpointId,
        after: { ...wanted, enqueued },
      });
      await claim.finish(tx, { status: 200, body: { enqueued } });
    });
    this.queue.wake('webhooks.deliver');
  }

  /** Deliveries of events that went by while the endpoint was disabled, or before it was there. */
  private async addMissing(endpointId: string, since: Date): Promise<number> {
    let added = 0;
    for (let afterId = ''; ;) {
      const { count, last } = await this.db.transaction(async (tx) => {
        const endpoint = await holdBack(tx, endpointId);
        const events = await missingEvents(tx, endpoint, since, afterId);
        const wanted = events.map((event) => ({ endpointId, profile: endpoint.profile, event }));
        return { count: await this.deliveries.insert(tx, wanted), last: events.at(-1) };
      });
      added += count;
      if (!last) return added;
      afterId = last.id;
    }
  }
}

/**
 * The endpoint, of which nothing is claimed until the transaction ends; what is on its way is written down before that
 * or after it. Else an older update could be made due beside a newer one that arrives, each without seeing the other.
 */
async function holdBack(tx: Tx, id: string): Promise<WebhookEndpoint> {
  const endpoint = await tx.getRepository(WebhookEndpoint).findOne({
    where: { id, deletedAt: IsNull() },
    lock: { mode: 'for_no_key_update' },
  });
  if (!endpoint) throw outboundErrors.endpointNotFound();
  await tx.query(
    `SELECT 1 FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'pending' AND lease_token IS NOT NULL FOR UPDATE`,
    [id],
  );
  return endpoint;
}

/** A newer update of the same order has arrived: what is older is no news to this endpoint. */
const newerArrived = (order: string, seq: string): string =>
  `EXISTS (SELECT 1 FROM webhook_delivery AS newer
     WHERE newer.endpoint_id = $1 AND newer.order_id = ${order} AND newer.seq > ${seq}
       AND newer.type = 'order_update' AND newer.state = 'delivered')`;

/** Relayed ones only: what is still to be relayed comes by itself. */
const missingEvents = (
  tx: Tx,
  { id, agentId, events }: WebhookEndpoint,
  since: Date,
  afterId: string,
): Promise<OutboxEvent[]> =>
  rows(
    tx,
    `SELECT id, order_id AS "orderId", agent_id AS "agentId", seq, type, snapshot, occurred_at AS "occurredAt"
     FROM outbox_event AS e
     WHERE occurred_at >= $2 AND relayed_at IS NOT NULL AND id > $3 AND type = ANY($4)
       AND ($5::text IS NULL OR agent_id = $5)
       AND NOT EXISTS (SELECT 1 FROM webhook_delivery AS d WHERE d.endpoint_id = $1 AND d.event_id = e.id)
       AND (type = 'order_create' OR NOT ${newerArrived('e.order_id', 'e.seq')})
     ORDER BY id LIMIT ${batch}`,
    [id, since, afterId, events, agentId],
  );

/** An endpoint may have been another agent's before. */
export const isOfAgent = (agentId: string): string =>
  `(${agentId}::text IS NULL OR EXISTS (SELECT 1 FROM outbox_event AS e WHERE e.id = d.event_id AND e.agent_id = ${agentId}))`;

/** What was given up or called off begins anew, what waits for its next attempt goes now; on request also what had arrived. */
async function makeDue(
  tx: Tx,
  { id, agentId }: WebhookEndpoint,
  { since, include_delivered: includeDelivered = false }: RecoverDeliveriesDto,
): Promise<number> {
  const due = await rows(
    tx,
    `UPDATE webhook_delivery AS d
     SET state = 'pending', attempts = 0, next_at = now(), ended_at = NULL, superseded_by = NULL
     WHERE endpoint_id = $1 AND occurred_at >= $2 AND event_id IS NOT NULL AND ${isOfAgent('$4')}
       AND (state IN ('dead', 'canceled') AND ($3 OR type = 'order_create' OR NOT ${newerArrived('d.order_id', 'd.seq')})
         OR state = 'pending' AND attempts > 0 AND (lease_until IS NULL OR lease_until < now())
         OR $3 AND state IN ('delivered', 'superseded')) RETURNING id`,
    [id, new Date(since), includeDelivered, agentId],
  );
  return due.length;
}
