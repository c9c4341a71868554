import { Injectable } from '@nestjs/common';
import { type AuditEvent, AuditService } from '../audit/audit.service.js';
import { newId } from '../common/id.js';
import type { PageRequest } from '../common/paging.js';
import { Database, rows, type Tx } from '../database/database.js';
import { Notifications } from '../database/notifications.js';
import { accessErrors } from './access.errors.js';
import { insertAgent, insertKey } from './access.store.js';
import type { Finish } from './agents/agents.service.js';
import type { ApiKey } from './api-key.entity.js';
import { accessChannel } from './authentication.service.js';
import { newKey, prefixOf } from './key-secret.js';
import type { Scope } from './scopes.js';

export interface NewApiKey {
  name: string;
  scopes: Scope[];
  /** Without it a new agent of the same name is made. */
  agentId?: string;
  expiresAt?: Date;
  actor: string;
}

export type ApiKeySummary = Omit<ApiKey, 'hash'> & { agentName: string };

/** A key as it is shown this once. */
export interface MadeKey {
  id: string;
  name: string;
  agentId: string;
  prefix: string;
  scopes: Scope[];
  expiresAt: Date | null;
  key: string;
}

const nothing = (): Promise<void> => Promise.resolve();

const summaryColumns = `k.id, k.agent_id AS "agentId", a.name AS "agentName", k.name, k.prefix, k.scopes,
  k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt", k.created_at AS "createdAt",
  k.last_used_at AS "lastUsedAt", k.replaced_by AS "replacedBy"`;

const active = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())';

/** Makes, lists, rotates and ends API keys. Running servers follow within two seconds. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    private readonly notifications: Notifications,
  ) {}

  /** Makes a key and returns it; this is the only time it can be seen. */
  async create(request: NewApiKey, finish: Finish<MadeKey> = nothing): Promise<MadeKey> {
    return this.db.transaction(async (tx) => {
      const agentId = request.agentId ?? (await insertAgent(tx, { name: request.name }));
      const [agent] = await rows(tx, 'SELECT 1 FROM agent WHERE id = $1', [agentId]);
      if (!agent) throw accessErrors.unknownAgent();
      const made = await this.insert(tx, { ...request, agentId, expiresAt: request.expiresAt ?? null });
      const { id, name, scopes } = made;
      const expiresAt = made.expiresAt?.toISOString() ?? null;
      const after = { agentId, name, scopes, expiresAt };
      await this.record(tx, { actor: request.actor, action: 'api_key.created', subject: id, after });
      await finish(tx, made);
      return made;
    });
  }

  /** Every key, the ended ones too, oldest first. */
  async list(): Promise<ApiKeySummary[]> {
    return this.db.query<ApiKeySummary>(
      `SELECT ${summaryColumns} FROM api_key k JOIN agent a ON a.id = k.agent_id ORDER BY k.id`,
    );
  }

  /** Newest first, and one more than asked for, to tell whether there is a next page. */
  async page({ limit, afterId }: PageRequest, agentId?: string): Promise<ApiKeySummary[]> {
    return this.db.query<ApiKeySummary>(
      `SELECT ${summaryColumns} FROM api_key k JOIN agent a ON a.id = k.agent_id
       WHERE ($1::text IS NULL OR k.id < $1) AND ($2::text IS NULL OR k.agent_id = $2)
       ORDER BY k.id DESC LIMIT $3`,
      [afterId ?? null, agentId ?? null, limit + 1],
    );
  }

  /**
   * Makes a key that replaces this one, with its name, agent and scopes; one that expires gets the same time to live
   * again. The old key works for `overlapSeconds` more, at most until its own expiry.
   */
  async rotate(
    id: string,
    { overlapSeconds, actor }: { overlapSeconds: number; actor: string },
    finish: Finish<MadeKey> = nothing,
  ): Promise<MadeKey> {
    return this.db.transaction(async (tx) => {
      const old = await this.lockToRotate(tx, id);
      const made = await this.insert(tx, { ...old, expiresAt: old.nextExpiry });
      const [ending] = await rows<{ expiresAt: Date }>(
        tx,
        `UPDATE api_key SET replaced_by = $2, expires_at = least(expires_at, now() + $3 * interval '1 second')
         WHERE id = $1 RETURNING expires_at AS "expiresAt"`,
        [id, made.id, overlapSeconds],
      );
      await this.record(tx, {
        actor,
        action: 'api_key.rotated',
        subject: id,
        before: { replacedBy: null, expiresAt: old.expiresAt },
        after: { replacedBy: made.id, expiresAt: ending?.expiresAt, overlapSeconds },
      });
      await finish(tx, made);
      return made;
    });
  }

  /** Keeps the row, so that a restart does not bring a bootstrap key back. False if there is no such key that is not revoked. */
  async revoke(id: string, actor: string): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      // All admin keys, in one order: two admins who revoke each other's keys meet here, and one of them is refused.
      const locked = await rows<{ id: string; revoked: boolean; administers: boolean; replaced: boolean }>(
        tx,
        `SELECT id, revoked_at IS NOT NULL AS revoked, 'admin' = ANY(scopes) AND ${active} AS administers,
                replaced_by IS NOT NULL AS replaced
         FROM api_key WHERE id = $1 OR ('admin' = ANY(scopes) AND ${active}) ORDER BY id FOR UPDATE`,
        [id],
      );
      const key = locked.find((candidate) => candidate.id === id);
      if (!key || key.revoked) return false;
      // One that was rotated ends by itself soon.
      const others = locked.filter((other) => other.id !== id && other.administers && !other.replaced);
      if (key.administers && others.length === 0) throw accessErrors.lastAdminKey();
      await tx.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [id]);
      await this.record(tx, {
        actor,
        action: 'api_key.revoked',
        subject: id,
        before: { revoked: false },
        after: { revoked: true },
      });
      return true;
    });
  }

  /** As `revoke`; a key that is revoked stays so, one that never was is a 404. */
  async end(id: string, actor: string): Promise<void> {
    if (await this.revoke(id, actor)) return;
    const [known] = await this.db.query('SELECT 1 FROM api_key WHERE id = $1', [id]);
    if (!known) throw accessErrors.keyNotFound();
  }

  private async lockToRotate(
    tx: Tx,
    id: string,
  ): Promise<{
    agentId: string;
    name: string;
    scopes: Scope[];
    expiresAt: Date | null;
    nextExpiry: Date | null;
  }> {
    const [old] = await rows<
      Pick<ApiKey, 'agentId' | 'name' | 'scopes' | 'replacedBy' | 'expiresAt'> & RotationFacts
    >(
      tx,
      `SELECT agent_id AS "agentId", name, scopes, replaced_by AS "replacedBy", expires_at AS "expiresAt",
              (${active}) AS active, now() + (expires_at - created_at) AS "nextExpiry"
       FROM api_key WHERE id = $1 FOR UPDATE`,
      [id],
    );
    if (!old) throw accessErrors.keyNotFound();
    if (!old.active) throw accessErrors.keyEnded();
    if (old.replacedBy !== null) throw accessErrors.keyReplaced();
    return old;
  }

  private async insert(
    tx: Tx,
    { agentId, name, scopes, expiresAt }: Pick<MadeKey, 'agentId' | 'name' | 'scopes' | 'expiresAt'>,
  ): Promise<MadeKey> {
    const key = newKey();
    const made = { id: newId('key'), name, agentId, prefix: prefixOf(key), scopes, expiresAt, key };
    await insertKey(tx, made);
    return made;
  }

  private async record(tx: Tx, event: AuditEvent): Promise<void> {
    await this.audit.append(tx, event);
    await this.notifications.notify(tx, accessChannel);
  }
}

interface RotationFacts {
  active: boolean;
  nextExpiry: Date | null;
}
