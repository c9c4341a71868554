import type { ApiKeySummary, MadeKey } from './api-keys.service.js';

/** A key as lists show it. */
export const apiKeyView = (key: ApiKeySummary): object => ({
  id: key.id,
  name: key.name,
  agent_id: key.agentId,
  agent_name: key.agentName,
  prefix: key.prefix,
  scopes: key.scopes,
  created_at: key.createdAt,
  expires_at: key.expiresAt,
  last_used_at: key.lastUsedAt,
  revoked_at: key.revokedAt,
  replaced_by: key.replacedBy,
});

/** A key as it is shown once. */
export const madeKeyView = ({ id, name, agentId, prefix, scopes, expiresAt, key }: MadeKey): object => ({
  id,
  name,
  agent_id: agentId,
  prefix,
  scopes,
  expires_at: expiresAt,
  key,
});

const id = 'key_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1';
const madeExample = {
  id,
  name: 'Shopping assistant',
  agent_id: 'agt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  prefix: 'stk_Zx9Q',
  scopes: ['agent'],
  expires_at: null,
};

export const apiKeyExamples = {
  // No key: an example that looks like one would be taken for one.
  made: { ...madeExample, key: 'stk_…' },
  listed: {
    ...madeExample,
    agent_name: 'Shopping assistant',
    created_at: '2026-11-22T12:00:00.000Z',
    last_used_at: '2026-11-22T12:30:00.000Z',
    revoked_at: null,
    replaced_by: null,
  },
};
