import { Injectable } from '@nestjs/common';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { newId } from '../common/id.js';
import { Config } from '../config/config.js';
import { Database, rows, type Tx } from '../database/database.js';
import { AuditService } from '../settings/audit.service.js';
import type { ApiKey } from './api-key.entity.js';
import type { Scope } from './scopes.js';

/** Who sent a request. */
export interface Caller {
  agentId: string;
  keyId: string;
  scopes: Scope[];
}

export interface NewApiKey {
  name: string;
  scopes: Scope[];
  /** Without it a new agent of the same name is made. */
  agentId?: string;
  expiresAt?: Date;
  actor: string;
}

export type ApiKeySummary = Pick<
  ApiKey,
  'id' | 'agentId' | 'name' | 'prefix' | 'scopes' | 'expiresAt' | 'revokedAt' | 'createdAt'
> & { agentName: string };

const prefixLength = 8;

/** What of a key may be seen; of a short one that somebody has chosen at most half. */
const prefixOf = (key: string): string => key.slice(0, Math.min(prefixLength, Math.floor(key.length / 2)));
const cacheSize = 10_000;

@Injectable()
export class ApiKeysService {
  private readonly cache = new Map<string, { caller: Caller; until: number }>();

  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly audit: AuditService,
  ) {}

  /** The caller behind a key, or undefined for one that is unknown, expired or revoked. At most two seconds behind. */
  async authenticate(key: string): Promise<Caller | undefined> {
    const hash = sha256(key);
    const cacheKey = hash.toString('base64');
    const known = this.cache.get(cacheKey);
    if (known && performance.now() < known.until) return known.caller;
    this.cache.delete(cacheKey);
    const candidates = await this.db.query<{ id: string; agent_id: string; scopes: Scope[]; hash: Buffer }>(
      `SELECT id, agent_id, scopes, hash FROM api_key
       WHERE prefix = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
      [prefixOf(key)],
    );
    const found = candidates.find((candidate) => timingSafeEqual(candidate.hash, hash));
    if (!found) return undefined;
    const caller = { agentId: found.agent_id, keyId: found.id, scopes: found.scopes };
    this.remember(cacheKey, caller);
    return caller;
  }

  /** Makes a key and returns it; this is the only time it can be seen. */
  async create(request: NewApiKey): Promise<{ id: string; agentId: string; key: string }> {
    const key = `stk_${randomBytes(32).toString('base64url')}`;
    return this.db.transaction(async (tx) => {
      const agentId = request.agentId ?? (await this.insertAgent(tx, request.name));
      const id = newId('key');
      await this.insertKey(tx, { ...request, id, agentId, key });
      await this.audit.append(tx, {
        actor: request.actor,
        action: 'api_key.created',
        subject: id,
        after: {
          agentId,
          name: request.name,
          scopes: request.scopes,
          expiresAt: request.expiresAt?.toISOString() ?? null,
        },
      });
      return { id, agentId, key };
    });
  }

  async list(): Promise<ApiKeySummary[]> {
    return this.db.query<ApiKeySummary>(
      `SELECT k.id, k.agent_id AS "agentId", a.name AS "agentName", k.name, k.prefix, k.scopes,
              k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt", k.created_at AS "createdAt"
       FROM api_key k JOIN agent a ON a.id = k.agent_id ORDER BY k.id`,
    );
  }

  /** Keeps the row, so that a restart does not bring a bootstrap key back. False if there is no such live key. */
  async revoke(id: string, actor: string): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const revoked = await rows(
        tx,
        'UPDATE api_key SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL RETURNING id',
        [id],
      );
      if (revoked.length === 0) return false;
      await this.audit.append(tx, { actor, action: 'api_key.revoked', subject: id });
      return true;
    });
  }

  /** Makes sure that a key given by the environment exists, with its agent. Safe in many processes at once. */
  async ensureBootstrapKey(bootstrapName: string, key: string, scopes: Scope[]): Promise<void> {
    const [existing] = await this.db.query('SELECT 1 FROM api_key WHERE hash = $1', [sha256(key)]);
    if (existing) return;
    await this.db.transaction(async (tx) => {
      const [agent] = await rows<{ id: string }>(
        tx,
        `INSERT INTO agent (id, name, bootstrap_name, options, created_at) VALUES ($1, $2, $2, '{}', now())
         ON CONFLICT (bootstrap_name) DO UPDATE SET name = agent.name RETURNING id`,
        [newId('agt'), bootstrapName],
      );
      if (!agent) throw new Error(`the bootstrap agent ${bootstrapName} could not be made`);
      const id = newId('key');
      const inserted = await this.insertKey(tx, { id, agentId: agent.id, name: bootstrapName, scopes, key });
      if (!inserted) return;
      await this.audit.append(tx, {
        actor: 'boot',
        action: 'api_key.created',
        subject: id,
        after: { agentId: agent.id, name: bootstrapName, scopes },
      });
    });
  }

  private async insertAgent(tx: Tx, name: string): Promise<string> {
    const id = newId('agt');
    await tx.query(`INSERT INTO agent (id, name, options, created_at) VALUES ($1, $2, '{}', now())`, [
      id,
      name,
    ]);
    return id;
  }

  private async insertKey(
    tx: Tx,
    row: { id: string; agentId: string; name: string; scopes: Scope[]; key: string; expiresAt?: Date },
  ): Promise<boolean> {
    const inserted = await rows(
      tx,
      `INSERT INTO api_key (id, agent_id, name, prefix, hash, scopes, expires_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now()) ON CONFLICT (hash) DO NOTHING RETURNING id`,
      [row.id, row.agentId, row.name, prefixOf(row.key), sha256(row.key), row.scopes, row.expiresAt ?? null],
    );
    return inserted.length === 1;
  }

  private remember(cacheKey: string, caller: Caller): void {
    const oldest = this.cache.keys().next();
    if (this.cache.size >= cacheSize && !oldest.done) this.cache.delete(oldest.value);
    this.cache.set(cacheKey, { caller, until: performance.now() + this.config.timings.keyCacheMs });
  }
}

const sha256 = (key: string): Buffer => createHash('sha256').update(key).digest();
