import type { MigrationInterface } from 'typeorm';
import { Initial1763769600000 } from './1763769600000-initial.js';
import { PaymentFacts1763850000000 } from './1763850000000-payment-facts.js';
import { WebhookEvents1763856000000 } from './1763856000000-webhook-events.js';
import { OrderLife1763900000000 } from './1763900000000-order-life.js';
import { WebhookDeliveries1763910000000 } from './1763910000000-webhook-deliveries.js';
import { Emails1763920000000 } from './1763920000000-emails.js';
import { SandboxReceiver1763930000000 } from './1763930000000-sandbox-receiver.js';
import { AgentAccess1763990000000 } from './1763990000000-agent-access.js';
import { SettingsHistory1764000000000 } from './1764000000000-settings-history.js';
import { InventoryMovements1764100000000 } from './1764100000000-inventory-movements.js';
import { AuditLog1764200000000 } from './1764200000000-audit-log.js';
import { EndedSessions1764300000000 } from './1764300000000-ended-sessions.js';
import { PersonalData1764350000000 } from './1764350000000-personal-data.js';

/** In order. One per change, safe while the version before still runs. */
export const migrations: (new () => MigrationInterface)[] = [
  Initial1763769600000,
  PaymentFacts1763850000000,
  WebhookEvents1763856000000,
  OrderLife1763900000000,
  WebhookDeliveries1763910000000,
  Emails1763920000000,
  SandboxReceiver1763930000000,
  AgentAccess1763990000000,
  SettingsHistory1764000000000,
  InventoryMovements1764100000000,
  AuditLog1764200000000,
  EndedSessions1764300000000,
  PersonalData1764350000000,
];
