import { instant, list, orNull, shape, text } from '../common/http/schema.js';
import type { ApiKeySummary, MadeKey } from './api-keys.service.js';
import { scopes } from './scopes.js';

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

const keyMembers = {
  id: text('Id of the key'),
  name: text('What people call it'),
  agent_id: text('The agent it belongs to'),
  prefix: text('Its beginning, to tell it from another one'),
  scopes: list('What it may be used for', { type: 'string', enum: [...scopes] }),
  expires_at: orNull(instant('When it ends; null: never')),
};

export const apiKeySchema = shape('ApiKey', {
  ...keyMembers,
  agent_name: text('Name of the agent'),
  created_at: instant('When it was made'),
  last_used_at: orNull(instant('When it was last used; null if never')),
  revoked_at: orNull(instant('When it was revoked; null if it was not')),
  replaced_by: orNull(text('Id of the key that it was replaced by')),
});

export const madeKeySchema = shape('NewApiKey', {
  ...keyMembers,
  key: text('The key itself; shown this once'),
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
  create: {
    'for a new agent': { value: { name: 'Shopping assistant' } },
    'to read everything, for a while': {
      value: { name: 'Dashboard', scopes: ['admin:read'], expires_at: '2030-01-31T18:00:00Z' },
    },
  },
  rotate: {
    'the old one works for an hour more': { value: { overlap_seconds: 3600 } },
    'at once': { value: {} },
  },
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
