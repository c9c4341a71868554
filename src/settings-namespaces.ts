import { AccessSettings } from './access/access.settings.js';
import { AcpSettings } from './access/acp.settings.js';
import { CheckoutSettings } from './checkout/checkout.settings.js';
import { ShippingSettings } from './checkout/strategies/shipping.settings.js';
import { TaxSettings } from './checkout/strategies/tax.settings.js';
import { MonitoringSettings } from './monitoring/monitoring.settings.js';
import { OrdersSettings } from './orders/orders.settings.js';
import { PaymentsSettings } from './payments/payments.settings.js';
import { RetentionSettings } from './retention/retention.settings.js';
import type { AnyNamespace } from './settings/namespace.js';
import { StoreSettings } from './settings/store.settings.js';
import { WebhooksSettings } from './webhooks/outbound/webhooks.settings.js';

/** All settings of the shop but those of its payment providers, which come with their classes. */
export const settingsNamespaces: AnyNamespace[] = [
  AccessSettings,
  AcpSettings,
  CheckoutSettings,
  MonitoringSettings,
  OrdersSettings,
  PaymentsSettings,
  RetentionSettings,
  ShippingSettings,
  StoreSettings,
  TaxSettings,
  WebhooksSettings,
];
