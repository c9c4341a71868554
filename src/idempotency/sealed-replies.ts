import { Injectable } from '@nestjs/common';
import type { Tx } from '../database/database.js';
import { SecretBox } from '../settings/secret-box.js';
import type { ReplyKeeper } from './claim.js';
import { type ClaimOutcome, ClaimStore, type Lease, type RequestIdentity } from './claim.store.js';

/** Keeps replies that show a secret: encrypted, each bound to its claim, and nowhere but in its row. */
@Injectable()
export class SealedReplies implements ReplyKeeper {
  constructor(
    private readonly claims: ClaimStore,
    private readonly box: SecretBox,
  ) {}

  async claim(identity: RequestIdentity, retentionMs: number): Promise<ClaimOutcome> {
    const outcome = await this.claims.claim(identity, retentionMs);
    if (outcome.kind !== 'replay') return outcome;
    return { ...outcome, body: this.box.decrypt(outcome.body, outcome.claimId) };
  }

  finish(tx: Tx, lease: Lease, status: number, body: string): Promise<boolean> {
    return this.claims.finish(tx, lease, status, this.box.encrypt(body, lease.claimId));
  }

  extend(lease: Lease, tx?: Tx): Promise<boolean> {
    return this.claims.extend(lease, tx);
  }

  giveBack(lease: Lease, tx?: Tx): Promise<boolean> {
    return this.claims.giveBack(lease, tx);
  }
}
