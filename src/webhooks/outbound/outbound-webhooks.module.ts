import { Module } from '@nestjs/common';
import { SafeHttp } from '../../common/safe-http/safe-http.js';
import { Config } from '../../config/config.js';
import { OutboxModule } from '../../outbox/outbox.module.js';
import { DeliveryLog } from './deliveries/delivery-log.js';
import { DeliveryMetrics } from './deliveries/delivery.metrics.js';
import { DeliveryProcessor } from './deliveries/delivery.processor.js';
import { DeliveryRecorder } from './deliveries/delivery.recorder.js';
import { DeliveryReport } from './deliveries/delivery.report.js';
import { DeliverySender } from './deliveries/delivery.sender.js';
import { DeliveryStore } from './deliveries/delivery.store.js';
import { DeliverySubscriber } from './deliveries/delivery.subscriber.js';
import { EndpointHealth } from './endpoints/endpoint-health.js';
import { PreviewWebhookService } from './endpoints/preview-webhook.service.js';
import { RotateSecretService } from './endpoints/rotate-secret.service.js';
import { TestEndpointService } from './endpoints/test-endpoint.service.js';
import { WebhookEndpointsAdminController } from './endpoints/webhook-endpoints.admin.controller.js';
import { WebhookEndpointsService } from './endpoints/webhook-endpoints.service.js';
import { EndpointSecretsService } from './endpoints/endpoint-secrets.service.js';
import { WebhookDeliveriesAdminController } from './deliveries/webhook-deliveries.admin.controller.js';
import { WebhookDeliveriesService } from './deliveries/webhook-deliveries.service.js';
import { WebhookRecoveryAdminController } from './deliveries/webhook-recovery.admin.controller.js';
import { WebhookRecoveryService } from './deliveries/webhook-recovery.service.js';

/** Events of orders, told to whoever wants to hear: each to every endpoint, in order, until it has arrived. */
@Module({
  imports: [OutboxModule],
  controllers: [
    WebhookEndpointsAdminController,
    WebhookDeliveriesAdminController,
    WebhookRecoveryAdminController,
  ],
  providers: [
    { provide: SafeHttp, inject: [Config], useFactory: ({ sandbox }: Config) => new SafeHttp({ sandbox }) },
    DeliveryLog,
    DeliveryMetrics,
    DeliveryProcessor,
    DeliveryRecorder,
    DeliveryReport,
    DeliverySender,
    DeliveryStore,
    DeliverySubscriber,
    EndpointHealth,
    EndpointSecretsService,
    PreviewWebhookService,
    RotateSecretService,
    TestEndpointService,
    WebhookEndpointsService,
    WebhookDeliveriesService,
    WebhookRecoveryService,
  ],
})
export class OutboundWebhooksModule {}
