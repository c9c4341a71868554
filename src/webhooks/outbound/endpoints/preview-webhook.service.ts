import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Database } from '../../../database/database.js';
import type { Claim } from '../../../idempotency/claim.js';
import type { OrderEventType } from '../../../outbox/outbox-event.entity.js';
import { EndpointSecretsService } from './endpoint-secrets.service.js';
import { outboundErrors } from '../outbound.errors.js';
import { renderBody, requestIdOf } from '../profiles/render.js';
import { sampleSnapshot } from '../profiles/sample-order.js';
import { headersFor } from '../profiles/sign.js';
import type { WebhookEndpoint } from './webhook-endpoint.entity.js';

/** An event, and its delivery to the endpoint if there is one. */
interface KnownEvent {
  id: string;
  deliveryId: string | null;
  type: OrderEventType;
  seq: number;
  snapshot: string;
}

/** Shows what an endpoint would be sent: the exact body, and headers as they would be now. */
@Injectable()
export class PreviewWebhookService {
  constructor(
    private readonly db: Database,
    private readonly config: Config,
    private readonly secrets: EndpointSecretsService,
  ) {}

  /** Answers `{url, headers, body}` of the newest event of the order that the endpoint is told of, or of a sample. */
  async preview(endpoint: WebhookEndpoint, orderId: string | null, claim: Claim): Promise<void> {
    const event = orderId === null ? this.sample(endpoint) : await this.newestEvent(endpoint, orderId);
    if (!event) throw outboundErrors.orderNotFound();
    const now = new Date();
    const secrets = this.secrets.readable(endpoint, now);
    if (!secrets) throw outboundErrors.secretUnreadable();
    const { url, profile, signatureHeader } = endpoint;
    const body = renderBody(profile, event);
    const requestId = requestIdOf(profile, event);
    const headers = headersFor({
      ...{ profile, signatureHeader, secret: secrets.current, nextSecret: secrets.next },
      ...{ body, requestId, seq: event.seq, deliveryId: event.deliveryId ?? 'whd_not_made_yet', now },
    });
    await this.db.transaction((tx) => claim.finish(tx, { status: 200, body: { url, headers, body } }));
  }

  private sample({ events }: WebhookEndpoint): KnownEvent {
    const [type = 'order_create'] = [...events].sort();
    const snapshot = sampleSnapshot(this.config.publicUrl);
    return { id: 'evt_sample', deliveryId: 'whd_sample', type, seq: 0, snapshot };
  }

  private async newestEvent(
    { id, agentId, events }: WebhookEndpoint,
    orderId: string,
  ): Promise<KnownEvent | undefined> {
    const [event] = await this.db.query<KnownEvent>(
      `SELECT e.id, d.id AS "deliveryId", e.type, e.seq, e.snapshot
       FROM outbox_event AS e LEFT JOIN webhook_delivery AS d ON d.endpoint_id = $1 AND d.event_id = e.id
       WHERE e.order_id = $2 AND ($3::text IS NULL OR e.agent_id = $3) AND e.type = ANY($4)
       ORDER BY e.seq DESC LIMIT 1`,
      [id, orderId, agentId, events],
    );
    return event;
  }
}
