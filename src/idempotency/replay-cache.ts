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
    const { fingerprint, status, body } = JSON.parse(json) as Entry;
    return fingerprint === identity.fingerprint ? { kind: 'replay', status, body } : { kind: 'conflict' };
  }

  async remember(identity: RequestIdentity, { status, body }: RawReply, retentionMs: number): Promise<void> {
    if (!this.redis.enabled) return;
    const entry: Entry = { fingerprint: identity.fingerprint, status, body };
    await this.redis.set(keyOf(identity), JSON.stringify(entry), retentionMs - safetyMs);
  }
}

const keyOf = ({ agentId, path, key }: RequestIdentity): string =>
  `reply:${createHash('sha256')
    .update(JSON.stringify([agentId, path, key]))
    .digest('base64url')}`;
