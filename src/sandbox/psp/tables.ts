import { emptyRazorpayTables, type RazorpayTables } from './razorpay/tables.js';
import type { StripeTables } from './stripe/tables.js';
import type { WebhookTables } from './webhooks/tables.js';

/** Who this simulator is and what time it believes it is. One row, created with the journal. */
export interface SimulatorRow {
  id: 'self';
  simulatorId: string;
  clockOffsetMs: number;
}

/**
 * The truth about money moved, one entry per movement. A refund the bank sends back is a second `refund` entry with
 * a negative amount, so that the sum stays right and no entry ever changes.
 */
export interface LedgerEntry {
  id: string;
  provider: 'stripe' | 'razorpay';
  payment: string;
  reference: string | null;
  sessionId: string | null;
  type: 'capture' | 'refund' | 'dispute';
  /** In the currency's minor unit. */
  amount: number;
  currency: string;
  at: string;
}

/** Every row the simulator keeps. A further provider adds its tables here and in `emptyTables`. */
export interface Tables extends StripeTables, RazorpayTables, WebhookTables {
  simulator: SimulatorRow;
  ledger: LedgerEntry;
}
export type TableName = keyof Tables;

export function emptyTables(): { [T in TableName]: Map<string, Tables[T]> } {
  return {
    simulator: new Map(),
    ledger: new Map(),
    webhooks: new Map(),
    events: new Map(),
    dispatches: new Map(),
    deliveries: new Map(),
    stripe_payment_intents: new Map(),
    stripe_charges: new Map(),
    stripe_refunds: new Map(),
    stripe_payment_methods: new Map(),
    stripe_granted_tokens: new Map(),
    stripe_disputes: new Map(),
    stripe_fraud_warnings: new Map(),
    stripe_customers: new Map(),
    stripe_idempotency: new Map(),
    ...emptyRazorpayTables(),
  };
}
