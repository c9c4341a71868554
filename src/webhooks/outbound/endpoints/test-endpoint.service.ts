import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import { newId } from '../../../common/id.js';
import { Config } from '../../../config/config.js';
import { Database } from '../../../database/database.js';
import type { Claim } from '../../../idempotency/claim.js';
import { DeliveryProcessor } from '../deliveries/delivery.processor.js';
import { DeliveryStore } from '../deliveries/delivery.store.js';
import { renderBody, requestIdOf } from '../profiles/render.js';
import { sampleSnapshot } from '../profiles/sample-order.js';
import { WebhookDeliveriesService } from '../deliveries/webhook-deliveries.service.js';
import type { WebhookEndpoint } from './webhook-endpoint.entity.js';

/** Tries an endpoint out with a sample order, as often as the merchant asks for it, and once each time. */
@Injectable()
export class TestEndpointService {
  constructor(
    private readonly db: Database,
    private readonly config: Config,
    private readonly store: DeliveryStore,
    private readonly processor: DeliveryProcessor,
    private readonly deliveries: WebhookDeliveriesService,
    private readonly audit: AuditService,
  ) {}

  /** Answers with the delivery and how its one attempt went; a disabled endpoint can be tried too. */
  async test(endpoint: WebhookEndpoint, actor: string, claim: Claim): Promise<void> {
    const { id: endpointId, profile } = endpoint;
    const id = newId('whd');
    const snapshot = sampleSnapshot(this.config.publicUrl);
    const [type = 'order_create'] = [...endpoint.events].sort();
    const requestId = requestIdOf(profile, { id, snapshot });
    await this.db.transaction(async (tx) => {
      const body = renderBody(profile, { type, snapshot });
      await this.store.insertTest(tx, { id, endpointId, type, profile, requestId, body });
      await this.audit.append(tx, {
        actor,
        action: 'webhook_endpoint.tested',
        subject: endpointId,
        after: { delivery_id: id },
      });
    });
    await this.processor.attemptNow(id);
    const shown = await this.deliveries.show(id);
    await this.db.transaction((tx) => claim.finish(tx, { status: 200, body: shown }));
  }
}
