import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { newId } from '../common/id.js';
import { Database, rows, type Tx } from '../database/database.js';

export interface SavedTokenView {
  id: string;
  provider: string;
  last4: string;
  created_at: Date;
}

interface Pair {
  token: string;
  customerId: string;
}

/** Which saved payment methods an agent may charge. */
@Injectable()
export class SavedTokensService {
  constructor(private readonly db: Database) {}

  /** Registering a pair again changes nothing. Null if there is no such agent. */
  async register(tx: Tx, agentId: string, provider: string, pair: Pair): Promise<SavedTokenView | null> {
    const [row] = await rows<SavedTokenView>(
      tx,
      `INSERT INTO saved_token (id, agent_id, provider, hash, last4, created_at)
       SELECT $1, id, $3, $4, $5, now() FROM agent WHERE id = $2
       ON CONFLICT (agent_id, hash) DO UPDATE SET last4 = excluded.last4
       RETURNING id, provider, last4, created_at`,
      [newId('tok'), agentId, provider, hashOf(provider, pair), pair.token.slice(-4)],
    );
    return row ?? null;
  }

  async isRegistered(agentId: string, provider: string, pair: Pair): Promise<boolean> {
    const found = await this.db.query('SELECT 1 FROM saved_token WHERE agent_id = $1 AND hash = $2', [
      agentId,
      hashOf(provider, pair),
    ]);
    return found.length > 0;
  }
}

const hashOf = (provider: string, { token, customerId }: Pair): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([provider, token, customerId]))
    .digest();
