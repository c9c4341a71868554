import type { ErrorFields } from './errors.js';

export type Notes = Record<string, string | number | boolean>;

export interface OrderRow {
  id: string;
  created: number;
  /** Whose secret signs what Checkout hands over. */
  keyId: string;
  amount: number;
  amountPaid: number;
  currency: string;
  receipt: string | null;
  status: 'created' | 'attempted' | 'paid';
  attempts: number;
  /** `payment_capture`: an authorized payment is captured at once. */
  autoCapture: boolean;
  customer: string | null;
  /** The payment link that made this order. */
  link: string | null;
  notes: Notes;
}

export interface PaymentRow {
  id: string;
  created: number;
  order: string;
  amount: number;
  currency: string;
  status: 'created' | 'authorized' | 'captured' | 'refunded' | 'failed';
  /** Stays true when a captured payment is refunded; never true for one that was given back uncaptured. */
  captured: boolean;
  amountRefunded: number;
  method: 'card' | 'upi' | 'netbanking';
  vpa: string | null;
  last4: string | null;
  customer: string | null;
  token: string | null;
  email: string;
  contact: string;
  description: string | null;
  error: ErrorFields | null;
  /** Refunds of this payment wait for the bank instead of being processed at once. */
  slowRefunds: boolean;
  /** When the clock moves it on: a pending payment to authorized, an authorized one back to the buyer. */
  dueMs: number | null;
  notes: Notes;
}

export interface RefundRow {
  id: string;
  created: number;
  payment: string;
  amount: number;
  currency: string;
  status: 'pending' | 'processed' | 'failed';
  receipt: string | null;
  speed: 'normal' | 'optimum';
  notes: Notes;
}

export interface PaymentLinkRow {
  id: string;
  created: number;
  updated: number;
  order: string;
  /** The captured one. */
  payment: string | null;
  amount: number;
  amountPaid: number;
  currency: string;
  status: 'created' | 'paid' | 'cancelled' | 'expired';
  referenceId: string;
  description: string;
  callbackUrl: string;
  /** Unix seconds; 0 for never. */
  expireBy: number;
  expiredAt: number;
  cancelledAt: number;
  customer: Record<string, unknown>;
  notify: Record<string, unknown>;
  reminders: boolean;
  notes: Notes;
}

export interface CustomerRow {
  id: string;
  created: number;
  name: string | null;
  email: string | null;
  contact: string | null;
  gstin: string | null;
  notes: Notes;
}

export interface DisputeRow {
  id: string;
  created: number;
  payment: string;
  amount: number;
  amountDeducted: number;
  currency: string;
  reason: string;
  respondBy: number;
  status: 'open' | 'under_review' | 'won' | 'lost' | 'closed';
}

/** The stored answer of a refund request; the id is its `X-Refund-Idempotency`. */
export interface RefundKeyRow {
  id: string;
  fingerprint: string;
  body: string;
}

/** A customer's saved token that can no longer be charged; the id is `customer token`. */
export interface CancelledTokenRow {
  id: string;
  cancelled: number;
}

/** The secret a key id was last seen with; the simulator signs with it. */
export interface KeyRow {
  id: string;
  secret: string;
}

/** How the account is set up, as on the dashboard. One row. */
export interface OptionsRow {
  id: 'self';
  uniqueReceipts: boolean;
}

/** The rows of the Razorpay surface; each table's name begins with `razorpay_`. */
export interface RazorpayTables {
  razorpay_orders: OrderRow;
  razorpay_payments: PaymentRow;
  razorpay_refunds: RefundRow;
  razorpay_payment_links: PaymentLinkRow;
  razorpay_customers: CustomerRow;
  razorpay_disputes: DisputeRow;
  razorpay_refund_keys: RefundKeyRow;
  razorpay_cancelled_tokens: CancelledTokenRow;
  razorpay_keys: KeyRow;
  razorpay_options: OptionsRow;
}

export function emptyRazorpayTables(): { [T in keyof RazorpayTables]: Map<string, RazorpayTables[T]> } {
  return {
    razorpay_orders: new Map(),
    razorpay_payments: new Map(),
    razorpay_refunds: new Map(),
    razorpay_payment_links: new Map(),
    razorpay_customers: new Map(),
    razorpay_disputes: new Map(),
    razorpay_refund_keys: new Map(),
    razorpay_cancelled_tokens: new Map(),
    razorpay_keys: new Map(),
    razorpay_options: new Map(),
  };
}
