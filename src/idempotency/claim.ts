import type { Tx } from '../database/database.js';
import { RawReply } from '../common/http/raw-reply.js';
import type { ClaimStore, Lease } from './claim.store.js';
import { idempotencyErrors } from './idempotency.errors.js';

/** What a wire answers: a status and a body that is serialized once, stored, and sent as stored. */
export interface Reply {
  status: number;
  body: unknown;
}

/**
 * The right to answer one idempotent request. The use-case finishes it as the last write of its last
 * transaction, so the reply is durable exactly when the effects are.
 */
export class Claim {
  private reply: RawReply | undefined;
  private held = false;

  constructor(
    private readonly store: ClaimStore,
    private readonly lease: Lease,
  ) {}

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

  /** Aborts the caller's transaction (409) if another run has taken over. */
  async finish(tx: Tx, reply: Reply): Promise<void> {
    if (!(await this.finishIfHeld(tx, reply))) throw idempotencyErrors.inFlight();
  }

  /** For effects that stand even when the claim was lost: false then, and the next call renders what is true. */
  async finishIfHeld(tx: Tx, reply: Reply): Promise<boolean> {
    const raw = new RawReply(reply.status, JSON.stringify(reply.body));
    this.held = await this.store.finish(tx, this.lease, raw.status, raw.body);
    this.reply = raw;
    return this.held;
  }

  /** Aborts the caller's transaction (409) if another run has taken over; else the lease lasts on. */
  async fence(tx: Tx): Promise<void> {
    if (!(await this.store.extend(this.lease, tx))) throw idempotencyErrors.inFlight();
  }
}
