import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { newId } from '../common/id.js';
import { Config } from '../config/config.js';
import { Database, rows } from '../database/database.js';
import { insertKey } from './access.store.js';
import { hashOf } from './key-secret.js';
import type { Scope } from './scopes.js';

/** Creates the keys that the environment names, if they do not exist. A revoked one stays revoked. */
@Injectable()
export class BootstrapKeysService implements OnApplicationBootstrap {
  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly audit: AuditService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { agent, admin } = this.config.bootstrapKeys;
    if (agent) await this.ensure(this.config.sandbox ? 'sandbox-agent' : 'agent', agent, ['agent']);
    if (admin) await this.ensure('admin', admin, ['admin']);
  }

  /** With its agent. Safe in many processes at once. */
  private async ensure(name: string, key: string, scopes: Scope[]): Promise<void> {
    const [existing] = await this.db.query('SELECT 1 FROM api_key WHERE hash = $1', [hashOf(key)]);
    if (existing) return;
    await this.db.transaction(async (tx) => {
      const [agent] = await rows<{ id: string }>(
        tx,
        `INSERT INTO agent (id, name, bootstrap_name, options, created_at) VALUES ($1, $2, $2, '{}', now())
         ON CONFLICT (bootstrap_name) DO UPDATE SET name = agent.name RETURNING id`,
        [newId('agt'), name],
      );
      if (!agent) throw new Error(`the bootstrap agent ${name} could not be made`);
      const made = { id: newId('key'), agentId: agent.id, name, scopes, key, expiresAt: null };
      if (!(await insertKey(tx, made))) return;
      await this.audit.append(tx, {
        actor: 'boot',
        action: 'api_key.created',
        subject: made.id,
        after: { agentId: agent.id, name, scopes },
      });
    });
  }
}
