import { signingSecretContext } from '../access/agents/agent-options.js';
import { secretContext } from '../settings/secret-members.js';

/** Where ciphertexts of `SecretBox` are kept, and what each is bound to. */
export interface EncryptedColumn {
  table: string;
  /** The primary key, by which rows are walked through and named. */
  key: readonly string[];
  column: string;
  /** `text`: the column is one ciphertext. `members`: it is a JSON object, and some of its members are. */
  kind: 'text' | 'members';
  /** The context of a ciphertext, of the row's key and, in an object, the member. */
  context(key: string[], member: string): string;
}

const id = { key: ['id'], kind: 'text' as const, context: ([value = '']: string[]) => value };
const ofNamespace = ([namespace = '']: string[], member: string): string => secretContext(namespace, member);

/**
 * Everything that `npm run keys:rotate` goes through. A test looks for ciphertexts anywhere else. Replies that show a
 * secret once (`idempotency_claim`) are left alone: they are gone after a day, and until then the previous key reads them.
 */
export const encryptedColumns: EncryptedColumn[] = [
  { table: 'setting', key: ['namespace'], column: 'values', kind: 'members', context: ofNamespace },
  {
    table: 'setting_version',
    key: ['namespace', 'version'],
    column: 'values',
    kind: 'members',
    context: ofNamespace,
  },
  { ...id, table: 'payment_attempt', column: 'credential' },
  { ...id, table: 'webhook_event', column: 'body' },
  { ...id, table: 'webhook_endpoint', column: 'secret' },
  { ...id, table: 'webhook_endpoint', column: 'next_secret' },
  {
    ...id,
    table: 'agent',
    column: 'signing_secret',
    context: ([agentId = '']) => signingSecretContext(agentId),
  },
];
