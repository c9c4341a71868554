import { ApiError } from '../common/api-error.js';
import { type ErrorWording, protocolWording } from '../common/http/error-wording.js';
import { RawReply } from '../common/http/raw-reply.js';
import { newId } from '../common/id.js';
import type { Tx } from '../database/database.js';
import type { ClaimStore, Lease } from './claim.store.js';
import { idempotencyErrors } from './idempotency.errors.js';

/** What a wire answers: a status and a body that is serialized once, stored, and sent as stored. */
export interface Reply {
  status: number;
  body: unknown;
  /** False: it only tells of this moment. It is sent and not stored, and the same request may run again at once. */
  keep?: boolean;
  /** Sent with this answer, never with a repeated one. */
  headers?: Record<string, string>;
}

/** Where a claim keeps its reply and its lease. */
export type ReplyKeeper = Pick<ClaimStore, 'finish' | 'extend' | 'giveBack'>;

/** For a request without a key: nobody can ask for its reply again, and nobody can take it over. */
const keepsNothing: ReplyKeeper = {
  finish: () => Promise.resolve(true),
  extend: () => Promise.resolve(true),
  giveBack: () => Promise.resolve(true),
};

/**
 * The right to answer one idempotent request. The use-case finishes it as the last write of its last
 * transaction, so the reply is durable exactly when the effects are.
 */
export class Claim {
  private reply: RawReply | undefined;
  private held = false;

  constructor(
    private readonly store: ReplyKeeper,
    private readonly lease: Lease,
    /** How the wire of this request tells a refusal. */
    private readonly wording: ErrorWording = protocolWording,
  ) {}

  /** For a route whose key is optional, when none was sent: the reply is rendered the same and stored nowhere. */
  static unkeyed(wording: ErrorWording): Claim {
    return new Claim(keepsNothing, { claimId: newId('idm'), token: '', resumed: false }, wording);
  }

  /** Stays the same when the same request is sent again, whoever runs it. */
  get id(): string {
    return this.lease.claimId;
  }

  /** True if an earlier run of the same request may have left something behind. */
  get resumed(): boolean {
    return this.lease.resumed;
  }

  /** What the interceptor sends once the handler has returned. */
  get rawReply(): RawReply | undefined {
    return this.reply;
  }

  /** False if the reply was only sent: another run had taken over, and what it stores is the one to repeat. */
  get stored(): boolean {
    return this.held;
  }

  /** Aborts the caller's transaction (409) if another run has taken over. A refusal is told as the wire tells it. */
  async finish(tx: Tx, reply: Reply | ApiError): Promise<void> {
    if (!(await this.finishIfHeld(tx, reply))) throw idempotencyErrors.inFlight();
  }

  /** For effects that stand even when the claim was lost: false then, and the next call renders what is true. */
  async finishIfHeld(tx: Tx, reply: Reply | ApiError): Promise<boolean> {
    const told: Reply = reply instanceof ApiError ? { ...this.wording(reply), keep: reply.storable } : reply;
    const { keep = true } = told;
    const raw = new RawReply(told.status, JSON.stringify(told.body), told.headers);
    const held = keep
      ? await this.store.finish(tx, this.lease, raw.status, raw.body)
      : await this.store.giveBack(this.lease, tx);
    this.held = keep && held;
    this.reply = raw;
    return held;
  }

  /** Aborts the caller's transaction (409) if another run has taken over; else the lease lasts on. */
  async fence(tx: Tx): Promise<void> {
    if (!(await this.store.extend(this.lease, tx))) throw idempotencyErrors.inFlight();
  }
}
