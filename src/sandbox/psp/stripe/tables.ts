import type { ErrorFields } from './errors.js';

export type Metadata = Record<string, string>;

export interface PaymentIntentRow {
  id: string;
  created: number;
  amount: number;
  currency: string;
  status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'processing'
    | 'requires_capture'
    | 'succeeded'
    | 'canceled';
  captureMethod: 'automatic' | 'automatic_async' | 'manual';
  amountCapturable: number;
  amountReceived: number;
  paymentMethod: string | null;
  /** The shared payment token to be charged, if that is how the payment method came. */
  grantedToken: string | null;
  latestCharge: string | null;
  /** A failed confirmation takes the payment method off the intent and remembers it here. */
  lastError: { fields: ErrorFields; paymentMethod: string } | null;
  canceledAt: number | null;
  cancellationReason: string | null;
  description: string | null;
  receiptEmail: string | null;
  metadata: Metadata;
  customer?: string | null;
  /** The buyer can be sent to another page, and from there comes back to this one. */
  mayRedirect?: boolean;
  returnUrl?: string | null;
}

export interface ChargeRow {
  id: string;
  created: number;
  paymentIntent: string;
  paymentMethod: string;
  amount: number;
  amountCaptured: number;
  amountRefunded: number;
  currency: string;
  status: 'pending' | 'succeeded' | 'failed';
  captured: boolean;
  authenticated: boolean;
  failure: ErrorFields | null;
  /** Radar refused it: the network never saw the charge. */
  blocked: boolean;
  description: string | null;
  metadata: Metadata;
  dispute?: string | null;
}

export interface RefundRow {
  id: string;
  created: number;
  paymentIntent: string;
  charge: string;
  amount: number;
  currency: string;
  status: 'pending' | 'succeeded' | 'failed';
  reason: string | null;
  failureReason: string | null;
  metadata: Metadata;
}

export interface PaymentMethodRow {
  id: string;
  created: number;
  /** Name in the table of test cards, which decides what happens when it is charged. */
  card: string;
  metadata: Metadata;
}

export interface GrantedTokenRow {
  id: string;
  created: number;
  paymentMethod: string;
  currency: string;
  maxAmount: number;
  expiresAt: number | null;
  amountCaptured: number;
  /** Authorized and not yet captured or canceled. */
  amountReserved: number;
  deactivatedAt: number | null;
  deactivatedReason: 'consumed' | 'revoked' | null;
  sharedMetadata: Metadata;
}

export type DisputeStatus =
  | 'needs_response'
  | 'under_review'
  | 'won'
  | 'lost'
  | 'warning_needs_response'
  | 'warning_under_review'
  | 'warning_closed';

export interface DisputeRow {
  id: string;
  created: number;
  charge: string;
  paymentIntent: string;
  amount: number;
  currency: string;
  reason: string;
  status: DisputeStatus;
  /** The money is gone for now, or for good. */
  withdrawn: boolean;
  evidence: Record<string, string>;
  submissions: number;
  metadata: Metadata;
}

export interface FraudWarningRow {
  id: string;
  created: number;
  charge: string;
  paymentIntent: string;
}

export interface CustomerRow {
  id: string;
  created: number;
  description: string | null;
  email: string | null;
  name: string | null;
  phone: string | null;
  metadata: Metadata;
}

/** The stored answer of a keyed request; the id is the key. */
export interface IdempotencyRow {
  id: string;
  savedAtMs: number;
  fingerprint: string;
  requestId: string;
  status: number;
  body: string;
}

export interface StripeTables {
  stripe_payment_intents: PaymentIntentRow;
  stripe_charges: ChargeRow;
  stripe_refunds: RefundRow;
  stripe_payment_methods: PaymentMethodRow;
  stripe_granted_tokens: GrantedTokenRow;
  stripe_disputes: DisputeRow;
  stripe_fraud_warnings: FraudWarningRow;
  stripe_customers: CustomerRow;
  stripe_idempotency: IdempotencyRow;
}
