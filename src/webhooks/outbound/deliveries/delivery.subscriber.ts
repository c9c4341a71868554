import { Injectable, type OnModuleInit } from '@nestjs/common';
import { rows, type Tx } from '../../../database/database.js';
import type { OutboxEvent } from '../../../outbox/outbox-event.entity.js';
import { OutboxRelay, type OutboxSubscriber } from '../../../outbox/outbox-relay.js';
import { QueueService } from '../../../queue/queue.service.js';
import { DeliveryStore } from './delivery.store.js';
import type { WebhookEndpoint } from '../endpoints/webhook-endpoint.entity.js';

/** Turns events into one delivery for each endpoint that subscribes to them. */
@Injectable()
export class DeliverySubscriber implements OutboxSubscriber, OnModuleInit {
  readonly name = 'webhooks';

  constructor(
    private readonly relay: OutboxRelay,
    private readonly deliveries: DeliveryStore,
    private readonly queue: QueueService,
  ) {}

  onModuleInit(): void {
    this.relay.add(this);
  }

  async subscribe(tx: Tx, events: OutboxEvent[]): Promise<void> {
    // Locked, so that a change of an endpoint comes before its deliveries or finds them: what it calls off, and what
    // a recovery after it adds, would be too little otherwise.
    const known = await rows<Subscription & { enabled: boolean }>(
      tx,
      `SELECT id, agent_id AS "agentId", profile, events, enabled FROM webhook_endpoint
       WHERE deleted_at IS NULL ORDER BY id FOR KEY SHARE`,
    );
    const endpoints = known.filter(({ enabled }) => enabled);
    await this.deliveries.insert(
      tx,
      events.flatMap((event) =>
        endpoints
          .filter((endpoint) => wants(endpoint, event))
          .map((endpoint) => ({ endpointId: endpoint.id, profile: endpoint.profile, event })),
      ),
    );
  }

  relayed(): void {
    this.queue.wake('webhooks.deliver');
  }
}

export type Subscription = Pick<WebhookEndpoint, 'id' | 'agentId' | 'profile' | 'events'>;

export const wants = (endpoint: Subscription, event: Pick<OutboxEvent, 'agentId' | 'type'>): boolean =>
  (endpoint.agentId === null || endpoint.agentId === event.agentId) && endpoint.events.includes(event.type);
