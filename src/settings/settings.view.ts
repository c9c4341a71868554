import { hashed } from '../audit/hashed.js';
import type { Config } from '../config/config.js';
import type { AnyNamespace } from './namespace.js';
import type { OpenedValues } from './secret-members.js';
import type { Setting } from './setting.entity.js';
import { effectiveSettings } from './settings.effective.js';
import { membersOf } from './settings.validation.js';

/** What is shown of a secret. */
export type MaskedSecret = { set: false } | { set: true; last4: string | null };

/** Of a shorter secret four characters would give away too much. */
const shortestWithLast4 = 16;

export function maskSecret(value: unknown): MaskedSecret {
  if (value === undefined || value === null || value === '') return { set: false };
  const isLong = typeof value === 'string' && value.length >= shortestWithLast4;
  return { set: true, last4: isLong ? value.slice(-4) : null };
}

/** A member's value as people may see it; null if it has none. */
export const shown = ({ secrets }: AnyNamespace, member: string, value: unknown): unknown =>
  secrets?.includes(member) ? maskSecret(value) : (value ?? null);

/** As `shown`, for the audit log: of what may tell of a person only a hash, which outlives the erasure of the value. */
export function audited(namespace: AnyNamespace, member: string, value: unknown): unknown {
  if (!namespace.personal?.includes(member) || value === undefined || value === null)
    return shown(namespace, member, value);
  return hashed(value);
}

/** A namespace as the admin API shows it. Pure. */
export function namespaceView(
  namespace: AnyNamespace,
  row: Pick<Setting, 'version' | 'updatedAt' | 'updatedBy'> | undefined,
  { values: stored, broken }: OpenedValues,
  config: Config,
): Record<string, unknown> {
  const { values, sources, problems } = effectiveSettings(namespace, config, stored, broken);
  const defaults = namespace.defaults(config);
  // Version 0 is a row that only somebody's lock was on.
  const changed = row && row.version > 0 ? row : undefined;
  const members = membersOf(namespace);
  const all = (from: object): object =>
    Object.fromEntries(
      members.map((name) => [name, shown(namespace, name, (from as Record<string, unknown>)[name])]),
    );
  return {
    namespace: namespace.namespace,
    version: changed?.version ?? 0,
    values: all(values),
    defaults: all(defaults),
    sources,
    updated_at: changed?.updatedAt ?? null,
    updated_by: changed?.updatedBy ?? null,
    ...(problems.length > 0 && { problems }),
  };
}
