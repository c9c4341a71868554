import { newId } from '../common/id.js';
import { rows, type Tx } from '../database/database.js';
import type { StoredAgentOptions } from './agents/agent-options.js';
import { hashOf, prefixOf } from './key-secret.js';
import type { Scope } from './scopes.js';

export interface NewAgent {
  id?: string;
  name: string;
  options?: StoredAgentOptions;
  signingSecret?: string | null;
}

/** Returns its id. */
export async function insertAgent(
  tx: Tx,
  { id = newId('agt'), name, options = {}, signingSecret = null }: NewAgent,
): Promise<string> {
  await tx.query(
    'INSERT INTO agent (id, name, options, signing_secret, created_at) VALUES ($1, $2, $3, $4, now())',
    [id, name, JSON.stringify(options), signingSecret],
  );
  return id;
}

/** False if the same key is there already. */
export async function insertKey(
  tx: Tx,
  row: { id: string; agentId: string; name: string; scopes: Scope[]; expiresAt: Date | null; key: string },
): Promise<boolean> {
  const inserted = await rows(
    tx,
    `INSERT INTO api_key (id, agent_id, name, prefix, hash, scopes, expires_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, now()) ON CONFLICT (hash) DO NOTHING RETURNING id`,
    [row.id, row.agentId, row.name, prefixOf(row.key), hashOf(row.key), row.scopes, row.expiresAt],
  );
  return inserted.length === 1;
}
