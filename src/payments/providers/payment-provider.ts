/** Minor units, and ISO 4217 in lowercase. */
export interface Money {
  amount: number;
  currency: string;
}

/** What the buyer may read about the instrument; never a full number. */
export interface InstrumentSummary {
  method: string;
  brand?: string;
  last4?: string;
}

/** Why an attempt ended without money. */
export interface AttemptFailure {
  reason: string;
  message: string;
  retry: 'same_instrument' | 'other_instrument' | 'never';
}

/** An object that exists at the provider before anybody pays: what the buyer then pays against. */
export interface PreparedObject {
  /** Our own record of it, committed before the provider was asked for it; travels in its notes. */
  id: string;
  kind: 'order' | 'link';
  /** The provider's id. */
  reference: string;
  /** Where a person can pay a link. */
  url?: string;
}

/** What a provider needs to prepare an order or a link. */
export interface PrepareRequest extends Money {
  /** Our own record's id. */
  id: string;
  kind: PreparedObject['kind'];
  subjectId: string;
  storeInstance: string;
  description: string;
  /** Nobody waits for the payment after this. */
  expiresAt: Date;
}

/** What a provider needs to charge. Every field comes from the attempt's row, so two sends of it are identical. */
export interface ChargeRequest extends Money {
  attemptId: string;
  /** The provider's idempotency key: the same for every send of this attempt. */
  key: string;
  /** What the charge is for; travels as metadata, to be recognised in webhooks and lists. */
  subjectId: string;
  storeInstance: string;
  capture: 'automatic' | 'manual';
  description: string;
  credentialKind: string;
  /** Decrypted only to be sent: looking a charge up needs none. Throws if it is gone or cannot be read. */
  credential(): Credential;
  /** What had been prepared for this total when the charge was frozen. */
  prepared: PreparedObject[];
  /** Known once the provider has answered for this attempt, or before if the credential names the payment. */
  reference: string | null;
  createdAt: Date;
}

/** What the agent sent to pay with. The token is a secret: encrypted at rest, never logged. */
export interface Credential {
  kind: string;
  /** Opaque to all but the provider that made it in `parseCredential`. */
  token: string;
  /** The provider's id of the payment, if the credential is the proof of one. */
  reference?: string;
  /** Set if anybody who knows these could charge: outside the sandbox the agent must have registered them. */
  savedToken?: { token: string; customerId: string };
  authentication?: AuthenticationProof;
}

/** The credential as the wire carries it: `type` and `token` always, what else belongs to the type. */
export type RawCredential = { type: string; token: string } & Record<string, unknown>;

/** Why something can never be a credential: a sentence, and which member of it is wrong. */
export interface CredentialProblem {
  problem: string;
  member: string;
}

/** What 3-D Secure, done elsewhere, proved (ACP §7 `outcome_details`). */
export interface AuthenticationProof {
  cryptogram: string;
  electronicCommerceIndicator: string;
  transactionId: string;
  version: string;
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
  /** `refunded`: how much of it has gone back already, whoever sent it. */
  | { state: 'captured'; reference: string; instrument?: InstrumentSummary; refunded?: number }
  | { state: 'authorized'; reference: string; instrument?: InstrumentSummary }
  | { state: 'pending' | 'requires_action'; reference: string }
  | { state: 'canceled'; reference: string }
  | { state: 'declined'; reference?: string; failure: AttemptFailure }
  | { state: 'authentication_required'; reference?: string; demand: AuthenticationDemand }
  /** The credential is malformed, unknown to the provider or for something else: the agent's mistake, nothing executed. */
  | { state: 'invalid'; message: string }
  /** Another payment for the same subject is under way outside our hands (a payment link); nothing executed. */
  | { state: 'blocked'; cause: string }
  /** The provider refuses us, not the buyer: wrong key, account not enabled. Nothing executed. */
  | { state: 'misconfigured'; cause: string }
  | { state: 'unknown'; cause: string; maybeExecuted: boolean };

/** A payment as the provider has it now, whoever made it. */
export interface ProviderPayment extends Money {
  reference: string;
  /** Whose it is, as its metadata or notes say; null in what did not come from this program. */
  storeInstance: string | null;
  subjectId: string | null;
  attemptId: string | null;
  /** Our record of the order or link it was paid on. */
  preparedId: string | null;
  /** What it says happened: never `invalid`, `blocked` or `misconfigured`. */
  outcome: PaymentOutcome;
  createdAt: Date;
}

/** Money back, a capture or a release of one payment. Every field comes from its row: two sends are identical. */
export interface OperationRequest extends Money {
  /** The operation's id, and the idempotency key of its requests; letters, digits and `_`. */
  id: string;
  /** The provider's id of the payment. */
  payment: string;
  storeInstance: string;
  reason: string;
}

/**
 * What became of an operation. `reference` is the provider's id of a refund. `pending`: accepted, and the
 * provider will say how it ended. `refused`: the provider's last word on this request; nothing executed.
 */
export type OperationOutcome =
  | { state: 'succeeded' | 'pending'; reference?: string }
  | { state: 'refused'; cause: string }
  | { state: 'misconfigured'; cause: string }
  | { state: 'unknown'; cause: string; maybeExecuted: boolean };

/** A refund as the provider has it now, ours or one made in its dashboard. */
export interface ProviderRefund extends Money {
  reference: string;
  /** The provider's id of the payment. */
  payment: string;
  /** Our operation's id, if it is ours. */
  operationId: string | null;
  state: 'pending' | 'succeeded' | 'failed';
  reason: string | null;
  createdAt: Date;
}

export interface ProviderDispute extends Money {
  reference: string;
  /** The provider's id of the payment. */
  payment: string;
  /** In the provider's words. */
  reason: string;
  status: 'needs_response' | 'under_review' | 'won' | 'lost' | 'closed';
  openedAt: Date;
}

/** A provider's webhook whose signature was right. */
export interface ProviderEvent {
  /** The provider's id: the same however often it is delivered. */
  id: string;
  type: string;
  /** What to look at again. Null: nothing that this program acts on. */
  about: {
    part: 'payment' | 'refunds' | 'dispute';
    /** The provider's id of the payment. */
    payment: string;
    /** The provider's id of the dispute. */
    dispute?: string;
  } | null;
  /** False for types that the provider added since, or that nobody asked for. */
  known: boolean;
  /** The body without anything personal or secret: ids, states, amounts. For people to read. */
  summary: Record<string, unknown>;
}

/** The provider could not be asked, or did not answer in its own words. Asking again later is all one can do. */
export class ProviderUnavailable extends Error {}

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
  /** What was prepared for this total; absent where nothing has to be. */
  prepared?: PreparedObject[];
}

/** `notConfigured`: the merchant has not set this provider up, so it is not offered. */
export type HandlerOffer = { handler: PaymentHandler } | { belowMinimum: number } | { notConfigured: true };

/** Whether the merchant's credentials work, and what is wrong with them, as sentences that quote none of them. */
export interface Verification {
  ok: boolean;
  problems: string[];
}

/**
 * A payment service provider. Values in, values out: nothing here knows checkouts or rows. Optional verbs are
 * capabilities: without `capture` a provider cannot be used for manual capture, and so on.
 */
export interface PaymentProvider {
  readonly code: string;

  /** The handler a session of this total may pay with, or the smallest amount the provider takes. */
  offer(total: Money, prepared: PreparedObject[]): Promise<HandlerOffer>;

  /** Kinds that `prepare` makes for every total that is ready to be paid. The first one is indispensable. */
  readonly prepares?: readonly PreparedObject['kind'][];
  /** Makes an order or a link. Throws `ProviderUnavailable`; what may exist then, nobody can pay. */
  prepare?(request: PrepareRequest): Promise<PreparedObject>;
  /**
   * Makes sure that nobody can begin to pay a link any more. `in_use`: somebody has paid it, or is about to, and the
   * money has not gone back. Throws `ProviderUnavailable`.
   */
  closeLink?(reference: string): Promise<'closed' | 'in_use'>;

  /** Reads the credential. `prepared` is what the session offers to pay against. No network. */
  parseCredential(
    credential: RawCredential,
    context: { prepared: PreparedObject[] },
  ): Promise<Credential | CredentialProblem>;

  /** Before the very first send: why the charge cannot succeed, or null. Must not move money; may be skipped. */
  preflight?(request: ChargeRequest): Promise<PaymentOutcome | null>;
  /** Takes the money. Never throws for the outside's faults. */
  charge(request: ChargeRequest): Promise<PaymentOutcome>;
  /** True if the same charge may be sent again while an earlier send may still be on its way, and takes money once. */
  isRepeatable(request: ChargeRequest): boolean;
  /**
   * Looks for the charge without making a new one; one that only waits for us to capture it, as `capture` asks, is
   * captured. `not_found` is no proof that none is on its way, and without `lookedEverywhere` not even that there is
   * none: there was more to look through than is sensible.
   */
  lookup(request: ChargeRequest): Promise<PaymentOutcome | { state: 'not_found'; lookedEverywhere: boolean }>;

  /** Null if the provider knows no such payment. Throws `ProviderUnavailable`. */
  find(reference: string): Promise<ProviderPayment | null>;
  /** All payments created since, in any order, other programs' too. Throws `ProviderUnavailable`. */
  list(since: Date): AsyncIterable<ProviderPayment>;

  /** Takes all of an authorized payment. One that was captured before is a success. */
  capture?(request: OperationRequest): Promise<OperationOutcome>;
  /** Lets go of an authorized payment. One that is gone already is a success. */
  release?(request: OperationRequest): Promise<OperationOutcome>;
  /** Sends money back; sent again with the same id it does so once, for as long as the provider keeps our keys. */
  refund(request: OperationRequest): Promise<OperationOutcome>;
  /** Every refund of a payment, ours or not. Throws `ProviderUnavailable`. */
  refundsOf(payment: string): Promise<ProviderRefund[]>;
  /** All refunds made since. Throws `ProviderUnavailable`. */
  listRefunds(since: Date): AsyncIterable<ProviderRefund>;
  /** Null if the provider knows no such dispute. Throws `ProviderUnavailable`. */
  findDispute(reference: string): Promise<ProviderDispute | null>;
  /** All disputes opened since. Throws `ProviderUnavailable`. */
  listDisputes(since: Date): AsyncIterable<ProviderDispute>;

  /** Tries the merchant's credentials with one call that changes nothing. Never throws for the outside's faults. */
  verify?(): Promise<Verification>;

  /**
   * Reads a webhook: first the signature over the raw bytes, with the current and the previous secret, then the rest.
   * `refused` says why it is not believed; such a body is not kept.
   */
  readWebhook(
    raw: Buffer,
    headers: Record<string, string | string[] | undefined>,
  ): Promise<ProviderEvent | { refused: 'signature' | 'stale' | 'malformed' | 'not_configured' }>;
}
