import { Module } from '@nestjs/common';
import { CheckoutModule } from '../../checkout/checkout.module.js';
import { InboundWebhooksController } from './inbound-webhooks.controller.js';
import { InboxMetrics } from './inbox.metrics.js';
import { InboxProcessor } from './inbox.processor.js';
import { InboxStore } from './inbox.store.js';
import { ReceiveWebhookService } from './receive-webhook.service.js';
import { WebhookEventsAdminController } from './webhook-events.admin.controller.js';
import { WebhookEventsService } from './webhook-events.service.js';

/** Provider webhooks: verified, stored, answered; then acted on by a job, as often as it takes. */
@Module({
  imports: [CheckoutModule],
  controllers: [InboundWebhooksController, WebhookEventsAdminController],
  providers: [ReceiveWebhookService, InboxStore, InboxProcessor, InboxMetrics, WebhookEventsService],
})
export class InboundWebhooksModule {}
