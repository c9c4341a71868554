import type { MigrationInterface } from 'typeorm';
import { Initial1763769600000 } from './1763769600000-initial.js';
import { PaymentFacts1763850000000 } from './1763850000000-payment-facts.js';
import { WebhookEvents1763856000000 } from './1763856000000-webhook-events.js';
import { AgentAccess1763900000000 } from './1763900000000-agent-access.js';
import { SettingsHistory1764000000000 } from './1764000000000-settings-history.js';
import { InventoryMovements1764100000000 } from './1764100000000-inventory-movements.js';

/** In order. One per change, safe while the version before still runs. */
export const migrations: (new () => MigrationInterface)[] = [
  Initial1763769600000,
  PaymentFacts1763850000000,
  WebhookEvents1763856000000,
  AgentAccess1763900000000,
  SettingsHistory1764000000000,
  InventoryMovements1764100000000,
];
