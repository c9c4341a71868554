import { Injectable } from '@nestjs/common';
import { DeliveryLog } from './delivery-log.js';
import { DeliveryMetrics } from './delivery.metrics.js';
import type { Recorded } from './delivery.recorder.js';
import type { Sent } from './delivery.sender.js';

/** Tells people and machines how deliveries went, once it is committed. */
@Injectable()
export class DeliveryReport {
  constructor(
    private readonly log: DeliveryLog,
    private readonly metrics: DeliveryMetrics,
  ) {}

  tell(endpoint: { endpointId: string; url: string }, sent: Sent[], recorded: Recorded): void {
    const host = new URL(endpoint.url).host;
    const { endpointId } = endpoint;
    for (const one of sent) this.attempt(one, recorded, { endpointId, host });
    for (const { id, by } of recorded.superseded)
      this.log.notice({ event: 'webhook.superseded', deliveryId: id, endpointId, supersededBy: by });
    if (recorded.disabled) {
      this.metrics.disabled({ endpoint: endpointId });
      const { disabled: reason } = recorded;
      this.log.notice({ event: 'webhook.endpoint_disabled', endpointId, host, reason });
    }
  }

  private attempt(
    { delivery, status, error, latencyMs }: Sent,
    { deliveries }: Recorded,
    where: { endpointId: string; host: string },
  ): void {
    const { state, nextAt = null } = deliveries.get(delivery.id) ?? {};
    const outcome = error === null ? 'delivered' : state === 'dead' ? 'dead' : 'failed';
    const { id: deliveryId, eventId, orderId, attempts: attempt } = delivery;
    this.log.attempt({
      ...where,
      ...{ deliveryId, eventId, orderId, attempt, outcome, status, error, latencyMs, nextAt },
    });
    this.metrics.attempts({ endpoint: where.endpointId, outcome });
    if (outcome === 'delivered' && eventId !== null)
      this.metrics.lag((Date.now() - delivery.occurredAt.getTime()) / 1000);
  }
}
