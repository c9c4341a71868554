import type {
  Money,
  PaymentProvider,
  PreparedObject,
  RawCredential,
} from '../../src/payments/providers/payment-provider.js';

/** What `complete` would carry, made for one total and what was prepared for it. */
export type MakeCredential = (total: Money, prepared: PreparedObject[]) => Promise<RawCredential>;

/** What breaks. `lost_*`: it is carried out, and the answer is not what it should be, or does not come. */
export type Fault =
  'lost_timeout' | 'lost_reset' | 'lost_error' | 'lost_page' | 'wrong_amount' | 'rate_limit' | 'wrong_key';

/** A webhook as it arrived. */
export interface Delivery {
  raw: Buffer;
  headers: Record<string, string | string[] | undefined>;
}

/** How a webhook is signed: with the secret in use, the one before it, or one that is nobody's. */
export interface Signing {
  secret: 'current' | 'previous' | 'foreign';
  at?: Date;
}

/**
 * What the suite needs to know and to bring about at a provider, real or simulated. What is left out is listed as not
 * offered, so that nobody takes it for proven.
 */
export interface ProviderHarness {
  /** What to charge, in minor units. */
  total: Money;
  /** Whether a charge may be sent again while it is not known what became of it. */
  repeatable: boolean;
  /** What the provider cannot do; the suite makes sure that it does not claim to. */
  without?: readonly ('capture' | 'release')[];
  /** Before all tests. The provider's timeout must be short: some requests are never answered. */
  start(): Promise<PaymentProvider>;
  stop(): Promise<void>;

  /** What the provider's own books say about a subject: each capture and each refund. The judge of every test. */
  ledger(subjectId: string): Promise<{ type: 'capture' | 'refund'; amount: number }[]>;

  credentials: {
    succeeds: MakeCredential;
    /** By the reason that the attempt's failure must have. */
    declined: Record<string, MakeCredential>;
    /** Well-formed and unknown to the provider. */
    unknown?: MakeCredential;
    /** Refused without asking anybody; by the member that the problem must name. */
    malformed: Record<string, MakeCredential>;
    /** The bank wants 3-D Secure, and accepts proof of it. */
    authentication?: MakeCredential;
    /** The bank has not said yes or no. */
    pending?: MakeCredential;
    /** The bank says no first and yes later. */
    late?: MakeCredential;
    /** Its refunds wait for the bank. */
    slowRefund?: MakeCredential;
  };
  /** The bank says yes to a pending or declined payment. */
  bankAgrees?(payment: string): Promise<void>;

  /** Breaks the next request that moves money: a charge, or a refund. */
  inject?(where: 'charge' | 'refund', fault: Fault): Promise<void>;
  clearFaults?(): Promise<void>;
  /** The same provider where nobody listens. */
  unreachable?(): PaymentProvider;

  /** A person pays on a link that was prepared; false if it cannot be paid any more. */
  payLink?(link: PreparedObject): Promise<boolean>;

  openDispute?(payment: string): Promise<void>;
  webhooks?: {
    /** What has arrived until now about a payment. */
    delivered(payment: string): Promise<Delivery[]>;
    /** Has everything sent once more. */
    redeliver(payment: string): Promise<void>;
    /** The headers that go with a body; the event's id, where it is a header, stays that of `original`. */
    sign(raw: Buffer, signing: Signing, original: Delivery): Delivery['headers'];
    /** Whether the time of the signature is signed too. */
    signsTime: boolean;
    /** The same event as one of a type that nobody has heard of. */
    renamed(raw: Buffer): Buffer;
  };
}
