import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { RawReply } from '../common/http/raw-reply.js';
import { RedisCache } from '../database/redis-cache.js';
import type { RequestIdentity } from './claim.store.js';

/** An entry must be gone before its row can be reaped, or it would outlive the truth. */
const safetyMs = 60_000;

type Cached = { kind: 'replay'; status: number; body: string } | { kind: 'conflict' };

interface Entry {
  fingerprint: string;
  status: number;
  body: string;
}

/** Finished replies in Redis, in front of PostgreSQL. Filled after commit only; may vanish at any time. */
@Injectable()
export class ReplayCache {
  constructor(private readonly redis: RedisCache) {}

  async find(identity: RequestIdentity): Promise<Cached | undefined> {
    if (!this.redis.enabled) return undefined;
    const json = await this.redis.get(keyOf(identity));
    if (json === null) return undefined;
    const entry = JSON.parse(json) as Entry | null;
    if (entry === null) return undefined;
    const { fingerprint, status, body } = entry;
    return fingerprint === identity.fingerprint ? { kind: 'replay', status, body } : { kind: 'conflict' };
  }

  async remember(identity: RequestIdentity, { status, body }: RawReply, retentionMs: number): Promise<void> {
    if (!this.redis.enabled) return;
    const entry: Entry = { fingerprint: identity.fingerprint, status, body };
    await this.redis.add(keyOf(identity), JSON.stringify(entry), retentionMs - safetyMs);
  }

  /**
   * The stored row has changed, or is about to: PostgreSQL answers from now on. What is left in the place of the entry
   * also keeps a request out that is only just about to remember what it has said. False if Redis did not take it.
   */
  async forget(identity: Omit<RequestIdentity, 'fingerprint'>, retentionMs: number): Promise<boolean> {
    return !this.redis.enabled || this.redis.set(keyOf(identity), 'null', retentionMs + safetyMs);
  }
}

const keyOf = ({ agentId, path, key }: Omit<RequestIdentity, 'fingerprint'>): string =>
  `reply:${createHash('sha256')
    .update(JSON.stringify([agentId, path, key]))
    .digest('base64url')}`;
