import type { AttemptFailure, InstrumentSummary } from '../payment-attempt.entity.js';

/** What a provider needs to charge. Every field comes from the attempt's row, so two sends of it are identical. */
export interface ChargeRequest {
  attemptId: string;
  /** The provider's idempotency key: the same for every send of this attempt. */
  key: string;
  /** What the charge is for; travels as metadata, to be recognised in webhooks and lists. */
  subjectId: string;
  storeInstance: string;
  /** Minor units. */
  amount: number;
  /** ISO 4217, lowercase. */
  currency: string;
  capture: 'automatic' | 'manual';
  description: string;
  /** Decrypted only to be sent: looking a charge up needs none. Throws if it is gone or cannot be read. */
  credential(): Credential;
  /** Known once the provider has answered for this attempt. */
  reference: string | null;
  createdAt: Date;
}

/** What the agent sent to pay with. The token is a secret: encrypted at rest, never logged. */
export interface Credential {
  kind: string;
  token: string;
}

/** The bank wants the buyer to authenticate (ACP §7); the session shows this as `authentication_metadata`. */
export interface AuthenticationDemand {
  acquirer: { bin: string; country: string; merchantId: string; name: string };
  directoryServer: 'american_express' | 'mastercard' | 'visa';
}

/**
 * What became of a charge. Declines are values. Only `unknown` leaves open whether money moved: a timeout is
 * not a decline. `maybeExecuted: false` means that the provider certainly did not see the request.
 */
export type PaymentOutcome =
  | { state: 'captured' | 'authorized'; reference: string; instrument?: InstrumentSummary }
  | { state: 'pending' | 'requires_action'; reference: string }
  | { state: 'canceled'; reference: string }
  | { state: 'declined'; reference?: string; failure: AttemptFailure }
  | { state: 'authentication_required'; reference?: string; demand: AuthenticationDemand }
  /** The credential is malformed or unknown to the provider: the agent's mistake, nothing executed. */
  | { state: 'invalid'; message: string }
  /** The provider refuses us, not the buyer: wrong key, account not enabled. Nothing executed. */
  | { state: 'misconfigured'; cause: string }
  | { state: 'unknown'; cause: string; maybeExecuted: boolean };

/** One way to pay, as a session declares it (ACP §6.1 `PaymentHandler`). */
export interface PaymentHandler {
  id: string;
  name: string;
  displayName: string;
  /** Date of the handler's specification. */
  version: string;
  spec: string;
  requiresDelegatePayment: boolean;
  requiresPciCompliance: boolean;
  psp: string;
  configSchema: string;
  instrumentSchemas: string[];
  config: Record<string, unknown>;
  /** The instrument and credential types that `complete` may carry for this handler. */
  accepts: { instrument: string; credentials: string[] }[];
}

/** `notConfigured`: the merchant has not set this provider up, so it is not offered. */
export type HandlerOffer = { handler: PaymentHandler } | { belowMinimum: number } | { notConfigured: true };

/** A payment service provider. Values in, values out: nothing here knows checkouts or rows. */
export interface PaymentProvider {
  readonly code: string;
  /** The handler a session of this total may pay with, or the smallest amount the provider takes. */
  offer(total: { amount: number; currency: string }): Promise<HandlerOffer>;
  /** Reads the credential; a sentence says why if it can never be one. */
  parseCredential(credential: { type: string; token: string }): Promise<Credential | { problem: string }>;
  /** Sends the charge. Sent again with the same request it takes no money twice. Never throws for the outside's faults. */
  charge(request: ChargeRequest): Promise<PaymentOutcome>;
  /**
   * Looks for the charge without making one. `not_found` is no proof that none is on its way, and without
   * `lookedEverywhere` not even that there is none: there was more to look through than is sensible.
   */
  lookup(request: ChargeRequest): Promise<PaymentOutcome | { state: 'not_found'; lookedEverywhere: boolean }>;
}
