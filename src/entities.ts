import { Agent } from './access/agents/agent.entity.js';
import { ApiKey } from './access/api-key.entity.js';
import { AuditEntry } from './audit/audit-entry.entity.js';
import { Inventory, InventoryHold } from './catalog/inventory.entity.js';
import { InventoryMovement } from './catalog/inventory-movement.entity.js';
import { Item, ItemPrice } from './catalog/item.entity.js';
import { Product } from './catalog/product.entity.js';
import { CheckoutSession } from './checkout/checkout-session.entity.js';
import { Store } from './database/store.entity.js';
import { EmailMessage } from './emails/email-message.entity.js';
import { IdempotencyClaim } from './idempotency/idempotency-claim.entity.js';
import { OrderFulfillment, OrderFulfillmentEvent } from './orders/fulfillments/order-fulfillment.entity.js';
import { Order, OrderLine } from './orders/order.entity.js';
import { OrderAdjustment } from './orders/order-adjustment.entity.js';
import { OutboxEvent } from './outbox/outbox-event.entity.js';
import { PaymentAttempt } from './payments/payment-attempt.entity.js';
import { PaymentDispute } from './payments/payment-dispute.entity.js';
import { PaymentOperation } from './payments/payment-operation.entity.js';
import { PreparedPayment } from './payments/prepared-payment.entity.js';
import { ProviderMark } from './payments/provider-mark.entity.js';
import { SavedToken } from './payments/saved-token.entity.js';
import { AgentWebhook } from './sandbox/agent-receiver/agent-webhook.entity.js';
import { SettingVersion } from './settings/changes/setting-version.entity.js';
import { Setting } from './settings/setting.entity.js';
import { WebhookEvent } from './webhooks/inbound/webhook-event.entity.js';
import { WebhookAttempt } from './webhooks/outbound/deliveries/webhook-attempt.entity.js';
import { WebhookBody, WebhookDelivery } from './webhooks/outbound/deliveries/webhook-delivery.entity.js';
import { WebhookEndpoint } from './webhooks/outbound/endpoints/webhook-endpoint.entity.js';

/** Every table of the shop. A test compares this list with what the migrations make. */
export const entities = [
  Agent,
  AgentWebhook,
  ApiKey,
  AuditEntry,
  CheckoutSession,
  EmailMessage,
  IdempotencyClaim,
  Inventory,
  InventoryHold,
  InventoryMovement,
  Item,
  ItemPrice,
  Order,
  OrderAdjustment,
  OrderFulfillment,
  OrderFulfillmentEvent,
  OrderLine,
  OutboxEvent,
  PaymentAttempt,
  PaymentDispute,
  PaymentOperation,
  PreparedPayment,
  Product,
  ProviderMark,
  SavedToken,
  Setting,
  SettingVersion,
  Store,
  WebhookAttempt,
  WebhookBody,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEvent,
];
