import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { newId } from '../common/id.js';
import { Config } from '../config/config.js';
import { boundedWait, Database, rows, type Tx } from '../database/database.js';

/** What makes two requests the same: who, where, which key, and what was said. */
export interface RequestIdentity {
  agentId: string;
  /** The concrete path, session id included. */
  path: string;
  key: string;
  fingerprint: string;
}

export interface Lease {
  claimId: string;
  token: string;
  /** True if the same request ran before and ended without a reply. */
  resumed: boolean;
}

export type ClaimOutcome =
  | { kind: 'claimed'; lease: Lease }
  | { kind: 'replay'; claimId: string; status: number; body: string }
  | { kind: 'conflict' }
  | { kind: 'in_flight' };

interface FoundClaim {
  id: string;
  fingerprint: string;
  state: string;
  status: number;
  body: string;
}

const reapBatch = 1_000;

/** The rows behind idempotency keys (ACP §6). All times are the database's. */
@Injectable()
export class ClaimStore {
  constructor(
    private readonly db: Database,
    private readonly config: Config,
  ) {}

  /**
   * Takes the key or says why not. One statement decides, so of any number of callers one wins; it commits at
   * once, so that a crash leaves a claim whose lease runs out instead of nothing.
   */
  async claim(identity: RequestIdentity, retentionMs: number): Promise<ClaimOutcome> {
    const token = randomUUID();
    const newClaimId = newId('idm');
    const [taken] = await this.db.query<{ id: string }>(
      `INSERT INTO idempotency_claim AS c
         (id, agent_id, path, key, fingerprint, state, lease_token, lease_until, created_at, expires_at)
       SELECT $1, $2, $3, $4, $5, 'running', $6, now() + $7 * interval '1 ms', now(), now() + $8 * interval '1 ms'
       FROM ${boundedWait}
       ON CONFLICT (agent_id, path, key) DO UPDATE SET
         -- an expired key is a new one
         id = CASE WHEN c.expires_at < now() THEN excluded.id ELSE c.id END,
         fingerprint = excluded.fingerprint, state = 'running', status = NULL, body = NULL,
         lease_token = excluded.lease_token, lease_until = excluded.lease_until, expires_at = excluded.expires_at
       WHERE c.expires_at < now()
          OR (c.fingerprint = excluded.fingerprint
              AND (c.state = 'retryable' OR (c.state = 'running' AND c.lease_until < now())))
       RETURNING id`,
      [
        newClaimId,
        identity.agentId,
        identity.path,
        identity.key,
        identity.fingerprint,
        token,
        this.config.timings.claimLeaseMs,
        retentionMs,
      ],
    );
    if (!taken) return this.explain(identity);
    return { kind: 'claimed', lease: { claimId: taken.id, token, resumed: taken.id !== newClaimId } };
  }

  /** Writes the reply in the caller's transaction. False if the lease is no longer ours. */
  async finish(tx: Tx, lease: Lease, status: number, body: string): Promise<boolean> {
    const done = await rows(
      tx,
      `UPDATE idempotency_claim SET state = 'done', status = $3, body = $4, lease_token = NULL, lease_until = NULL
       FROM ${boundedWait}
       WHERE id = $1 AND lease_token = $2 AND state = 'running' RETURNING id`,
      [lease.claimId, lease.token, status, body],
    );
    return done.length === 1;
  }

  /** Makes the lease last on. Inside a transaction it is also the fence: false if the lease is no longer ours. */
  async extend(lease: Lease, tx: Tx = this.db.dataSource.manager): Promise<boolean> {
    const held = await rows(
      tx,
      `UPDATE idempotency_claim SET lease_until = now() + $3 * interval '1 ms' FROM ${boundedWait}
       WHERE id = $1 AND lease_token = $2 AND state = 'running' RETURNING id`,
      [lease.claimId, lease.token, this.config.timings.claimLeaseMs],
    );
    return held.length === 1;
  }

  /** Ends a run that has no result to keep; the same request may run again at once. False if the lease is no longer ours. */
  async giveBack(lease: Lease, tx: Tx = this.db.dataSource.manager): Promise<boolean> {
    const ended = await rows(
      tx,
      `UPDATE idempotency_claim SET state = 'retryable', lease_token = NULL, lease_until = NULL
       FROM ${boundedWait}
       WHERE id = $1 AND lease_token = $2 AND state = 'running' RETURNING id`,
      [lease.claimId, lease.token],
    );
    return ended.length === 1;
  }

  /** Forgets what has expired, in batches; returns how many. */
  async reap(): Promise<number> {
    for (let total = 0; ;) {
      const gone = await this.db.query(
        `DELETE FROM idempotency_claim WHERE id IN (
           SELECT id FROM idempotency_claim
           WHERE expires_at < now() AND (lease_until IS NULL OR lease_until < now())
           ORDER BY expires_at LIMIT ${reapBatch} FOR UPDATE SKIP LOCKED) RETURNING id`,
      );
      total += gone.length;
      if (gone.length < reapBatch) return total;
    }
  }

  private async explain({ agentId, path, key, fingerprint }: RequestIdentity): Promise<ClaimOutcome> {
    const [row] = await this.db.query<FoundClaim>(
      'SELECT id, fingerprint, state, status, body FROM idempotency_claim WHERE agent_id = $1 AND path = $2 AND key = $3',
      [agentId, path, key],
    );
    if (row && row.fingerprint !== fingerprint) return { kind: 'conflict' };
    if (row?.state === 'done') return { kind: 'replay', claimId: row.id, status: row.status, body: row.body };
    // Still running; or given back or reaped between the two statements, which the next try will find.
    return { kind: 'in_flight' };
  }
}
