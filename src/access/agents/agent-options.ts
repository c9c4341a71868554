import { apiErrors } from '../../common/api-error.js';
import { supportedVersions } from '../../common/protocol-versions.js';
import type { AcpSettings, SigningMode } from '../acp.settings.js';
import { isPublicKeyFor, type SigningAlgorithm } from '../signing/signature.js';

/** What one agent has of its own; what is absent is the shop's (`acp.*` of the settings). Kept as `jsonb`. */
export interface StoredAgentOptions {
  versions?: string[];
  completeStatusCode?: 200 | 201;
  requestSigning?: {
    required: boolean;
    algorithm: SigningAlgorithm;
    publicKey?: string;
    /** Of the secret of `hmac-sha256`, which is encrypted in a column of its own. */
    secretLast4?: string;
  };
}

/** Absent members stay as they are; null goes back to the shop's. */
export interface AgentOptionsChanges {
  versions?: string[] | null;
  completeStatusCode?: 200 | 201 | null;
  requestSigning?: SigningChanges | null;
}

interface SigningChanges {
  required?: boolean;
  algorithm?: SigningAlgorithm;
  secret?: string | null;
  publicKey?: string | null;
}

/** How the requests of an agent are verified. */
export interface SigningRules {
  mode: SigningMode;
  algorithm: SigningAlgorithm;
  /** Ciphertext, bound to `signingSecretContext`. */
  secret?: string;
  /** PEM. */
  publicKey?: string;
}

/** What holds for the requests of one agent. */
export interface AgentOptions {
  /** Newest first. */
  versions: string[];
  completeStatusCode: 200 | 201;
  signing: SigningRules;
}

const shownCharacters = 4;

export const signingSecretContext = (agentId: string): string => `agent.${agentId}.signing_secret`;

/** The agent's own options, the shop's where it has none. A version that we no longer speak is nobody's. */
export function effectiveOptions(
  own: StoredAgentOptions,
  signingSecret: string | null,
  shop: Readonly<AcpSettings>,
): AgentOptions {
  const allowed = own.versions ?? shop.versions;
  const { required, algorithm = 'hmac-sha256', publicKey } = own.requestSigning ?? {};
  const ownMode = required ? 'required' : 'optional';
  return {
    versions: supportedVersions.filter((version) => allowed.includes(version)),
    completeStatusCode: own.completeStatusCode ?? shop.completeStatusCode,
    signing: {
      mode: own.requestSigning ? ownMode : shop.requestSigning,
      algorithm,
      publicKey,
      secret: signingSecret ?? undefined,
    },
  };
}

/** Refuses what could verify nothing. */
export function withChanges(own: StoredAgentOptions, changes: AgentOptionsChanges): StoredAgentOptions {
  return {
    versions: chosen(changes.versions, own.versions),
    completeStatusCode: chosen(changes.completeStatusCode, own.completeStatusCode),
    requestSigning:
      changes.requestSigning == null
        ? chosen(changes.requestSigning, own.requestSigning)
        : signingWith(own.requestSigning, changes.requestSigning),
  };
}

function signingWith(
  own: StoredAgentOptions['requestSigning'],
  { required, algorithm, publicKey, secret }: SigningChanges,
): NonNullable<StoredAgentOptions['requestSigning']> {
  const last4 = secret == null ? secret : secret.slice(-shownCharacters);
  const rules = {
    required: required ?? own?.required ?? false,
    algorithm: algorithm ?? own?.algorithm ?? 'hmac-sha256',
    publicKey: chosen(publicKey, own?.publicKey),
    secretLast4: chosen(last4, own?.secretLast4),
  };
  const [key, place] =
    rules.algorithm === 'hmac-sha256' ? [rules.secretLast4, 'secret'] : [rules.publicKey, 'publicKey'];
  const param = `$.options.requestSigning.${place}`;
  if (rules.required && key === undefined)
    throw apiErrors.invalid(param, `${rules.algorithm} cannot be required without ${place}.`);
  if (place === 'publicKey' && key !== undefined && !isPublicKeyFor(rules.algorithm, key))
    throw apiErrors.invalid(param, `publicKey must be a public key for ${rules.algorithm}, as PEM.`);
  return rules;
}

const chosen = <T>(change: T | null | undefined, own: T | undefined): T | undefined =>
  change === undefined ? own : (change ?? undefined);
