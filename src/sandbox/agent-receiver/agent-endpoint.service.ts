import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { SecretBox } from '../../settings/secret-box.js';
import { localAddress } from '../local-address.js';
import { agentSecret, sandboxAgent } from './agent-receiver.service.js';

/** So that it is made once, whoever starts first and however often, and is told from others at a glance. */
export const agentEndpointId = `wep_${'sandboxagent'.padStart(36, '0')}`;

const path = '/sandbox/agent/webhooks';

/** What an agent's platform arranges with a merchant: where to send the news of its orders, and the secret. */
@Injectable()
export class AgentEndpointService implements OnApplicationBootstrap {
  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly secrets: SecretBox,
  ) {}

  /** Made once. After that only our own address in it follows ours: what the merchant has decided stays so. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.config.role === 'worker') return;
    const url = `${localAddress(this.config)}${path}`;
    await this.db.query(
      `INSERT INTO webhook_endpoint
         (id, agent_id, url, description, profile, events, enabled, secret, consecutive_failures, created_at, updated_at)
       SELECT $1, id, $2, 'The receiver of the sandbox', 'acp-2026-04-17', ARRAY['order_create', 'order_update'], true,
         $3, 0, now(), now()
       FROM agent WHERE bootstrap_name = $4 ON CONFLICT (id) DO NOTHING`,
      [agentEndpointId, url, this.secrets.encrypt(agentSecret, agentEndpointId), sandboxAgent],
    );
    await this.db.query(
      `UPDATE webhook_endpoint SET url = $2, updated_at = now()
       WHERE id = $1 AND url <> $2 AND url LIKE '%' || $3 AND deleted_at IS NULL`,
      [agentEndpointId, url, path],
    );
  }
}
