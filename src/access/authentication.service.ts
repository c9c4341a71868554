import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { Notifications } from '../database/notifications.js';
import { SettingsService } from '../settings/settings.service.js';
import { AcpSettings } from './acp.settings.js';
import { type AgentOptions, effectiveOptions, type StoredAgentOptions } from './agents/agent-options.js';
import { hashOf, prefixOf } from './key-secret.js';
import { KeyUses } from './key-uses.service.js';
import type { Scope } from './scopes.js';

/** Who sent a request. */
export interface Caller {
  agentId: string;
  keyId: string;
  scopes: Scope[];
  options: AgentOptions;
}

interface StoredKey {
  id: string;
  agent_id: string;
  scopes: Scope[];
  hash: Buffer;
  options: StoredAgentOptions;
  signing_secret: string | null;
  /** Null: it does not expire. */
  ms_left: number | null;
}

/** Told in the transaction that changes a key or an agent, so that no process waits until its cache is old. */
export const accessChannel = 'access_changed';

const cacheSize = 10_000;

/** Finds out who calls. What it knows of a key and its agent is at most two seconds behind the database. */
@Injectable()
export class Authentication {
  private cache = new Map<string, { key: StoredKey; until: number }>();

  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly settings: SettingsService,
    private readonly uses: KeyUses,
    notifications: Notifications,
  ) {
    // A new map: what was read before is remembered in the old one.
    notifications.on(accessChannel, () => {
      this.cache = new Map();
    });
  }

  /** The caller behind a key, or undefined for one that is unknown, expired or revoked. */
  async callerOf(key: string): Promise<Caller | undefined> {
    const found = await this.find(key);
    if (!found) return undefined;
    this.uses.note(found.id);
    const options = effectiveOptions(
      found.options,
      found.signing_secret,
      await this.settings.get(AcpSettings),
    );
    return { agentId: found.agent_id, keyId: found.id, scopes: found.scopes, options };
  }

  private async find(key: string): Promise<StoredKey | undefined> {
    const { cache } = this;
    const hash = hashOf(key);
    const name = hash.toString('base64');
    const known = cache.get(name);
    if (known && performance.now() < known.until) return known.key;
    cache.delete(name);
    // Before it is read: the two seconds begin when it was true.
    const readAt = performance.now();
    const candidates = await this.db.query<StoredKey>(
      `SELECT k.id, k.agent_id, k.scopes, k.hash, a.options, a.signing_secret,
              (extract(epoch FROM k.expires_at - now()) * 1000)::float8 AS ms_left
       FROM api_key k JOIN agent a ON a.id = k.agent_id
       WHERE k.prefix = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`,
      [prefixOf(key)],
    );
    const found = candidates.find((candidate) => timingSafeEqual(candidate.hash, hash));
    if (found) this.remember(cache, name, found, readAt);
    return found;
  }

  private remember(cache: typeof this.cache, name: string, key: StoredKey, readAt: number): void {
    const [oldest] = cache.keys();
    if (cache.size >= cacheSize && oldest !== undefined) cache.delete(oldest);
    cache.set(name, {
      key,
      until: readAt + Math.min(this.config.timings.keyCacheMs, key.ms_left ?? Infinity),
    });
  }
}
