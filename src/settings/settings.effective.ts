import type { Config } from '../config/config.js';
import { memberOf, type SettingProblem, type SettingsNamespace } from './namespace.js';
import { membersOf, validateSettings } from './settings.validation.js';

export type SettingSource = 'default' | 'environment' | 'stored';

/** What a namespace comes to, and from where. */
export interface EffectiveSettings<T extends object> {
  values: Readonly<T>;
  sources: Record<string, SettingSource>;
  /** What was refused, or has nothing to be replaced by. Empty in a healthy shop. */
  problems: SettingProblem[];
  /** Set if nothing can stand in for a value that was refused: then nobody may go on with these. */
  unusable: boolean;
}

/** What applies where the merchant has stored nothing. `stored` is what there is beside it. */
export const unstored = <T extends object>(
  namespace: SettingsNamespace<T>,
  config: Config,
  stored: Record<string, unknown>,
): Record<string, unknown> => ({
  ...namespace.defaults(config),
  ...fromEnvironment(namespace, config, stored),
});

/**
 * A stored value wins over the environment, the environment over the default. One that is not valid, because a
 * version before this one or somebody else has written it, must not take the shop down: the next in line is used.
 * `broken` tells of stored values that cannot be read at all.
 */
export function effectiveSettings<T extends object>(
  namespace: SettingsNamespace<T>,
  config: Config,
  stored: Record<string, unknown>,
  broken: SettingProblem[] = [],
): EffectiveSettings<T> {
  const layers: Record<SettingSource, Record<string, unknown>> = {
    default: { ...(namespace.defaults(config) as Record<string, unknown>) },
    environment: fromEnvironment(namespace, config, stored),
    stored: Object.fromEntries(
      Object.entries(stored).filter(([name]) => membersOf(namespace).includes(name)),
    ),
  };
  const refused = [...broken];
  for (;;) {
    const plain = { ...layers.default, ...layers.environment, ...layers.stored };
    const { values, problems } = validateSettings(namespace, plain, config, { strict: false });
    const dropped = [...new Set(problems.map(memberOf))].filter((member) => drop(layers, member));
    refused.push(...problems.filter((problem) => dropped.includes(memberOf(problem))));
    if (dropped.length > 0) continue;
    return {
      values: Object.freeze(values),
      sources: Object.fromEntries(membersOf(namespace).map((name) => [name, sourceOf(layers, name)])),
      problems: [...refused, ...problems],
      unusable: refused.some((problem) => namespace.irreplaceable?.includes(memberOf(problem))),
    };
  }
}

type Layers = Record<SettingSource, Record<string, unknown>>;

/** Takes the value out that stands; false if there is only the default. */
function drop(layers: Layers, member: string): boolean {
  const source = sourceOf(layers, member);
  if (source === 'default') return false;
  delete layers[source][member];
  return true;
}

const sourceOf = (layers: Layers, member: string): SettingSource =>
  (['stored', 'environment'] as const).find((source) => member in layers[source]) ?? 'default';

/** The environment is never copied to the database: a secret of it that a stored one replaces is the one before. */
function fromEnvironment(
  namespace: SettingsNamespace<object>,
  config: Config,
  stored: Record<string, unknown>,
): Record<string, unknown> {
  const given = Object.entries(namespace.fromEnvironment?.(config) ?? {});
  const values = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const replaced = Object.entries(namespace.previous ?? {}).filter(
    ([current]) => values[current] && stored[current] && values[current] !== stored[current],
  );
  return { ...Object.fromEntries(replaced.map(([current, before]) => [before, values[current]])), ...values };
}
