import type { Config } from '../config/config.js';

/** What is wrong with a value: where (RFC 9535 JSONPath into the namespace) and why. Never quotes a secret. */
export interface SettingProblem {
  param: string;
  message: string;
}

/**
 * A namespace of runtime settings, declared by the module that owns it as a class-validator class, each member with
 * `@ApiProperty({ description })`: `name` is its address in the admin API, `defaults` its values where neither the
 * merchant nor the environment says otherwise, `fromEnvironment` the initial values the environment gives (never
 * copied to the database).
 */
export interface SettingsNamespace<T extends object> {
  new (): T;
  readonly namespace: string;
  defaults(config: Config): T;
  fromEnvironment?(config: Config): Partial<T>;
  /** Members that are encrypted at rest and never shown. */
  readonly secrets?: readonly string[];
  /**
   * Secrets of which the one before stays in use while the other side changes over, and the member it is kept in:
   * `{ webhookSecret: 'webhookSecretPrevious' }`. A change that names only the first moves it there.
   */
  readonly previous?: Readonly<Record<string, string>>;
  /** Members that may tell of a person: the audit log keeps only their hash. */
  readonly personal?: readonly string[];
  /**
   * Members that nothing can stand in for: if a stored value of theirs is not valid, reading the namespace fails. Of
   * all others the environment's value, or the default, is used instead.
   */
  readonly irreplaceable?: readonly string[];
  /** What the decorators cannot say. May be handed values that break those too, and then may throw. */
  check?(values: T, config: Config): SettingProblem[];
}

export type AnyNamespace = SettingsNamespace<object>;

/** The elements that a check can look at; what else is among them is refused already. */
export const objectsIn = <T extends object>(list: T[]): [number, T][] =>
  Array.isArray(list)
    ? [...list.entries()].filter(([, element]) => typeof element === 'object' && element !== null)
    : [];

/** As much of a name that somebody made up is repeated. */
const longestStep = 100;

/** One more step of a JSONPath: `.name`, `["odd name"]` or `[0]`. */
export function pathStep(parent: string, step: string | number): string {
  if (typeof step === 'number') return `${parent}[${step}]`;
  const plain = /^[A-Za-z_]\w*$/.test(step) && step.length <= longestStep;
  return plain ? `${parent}.${step}` : `${parent}[${JSON.stringify(step.slice(0, longestStep))}]`;
}

/** The declared member that a problem is in: the first step of its path. */
export const memberOf = ({ param }: SettingProblem): string => /^\$\.(\w+)/.exec(param)?.[1] ?? '';
