import type { Config } from '../config/config.js';

/**
 * A namespace of runtime settings, declared by the module that owns it as a class-validator class:
 * `name` is its address in the admin API, `defaults` its values where neither the merchant nor the environment
 * says otherwise, `fromEnvironment` the initial values the environment gives (never copied to the database),
 * `secrets` the members that are encrypted at rest.
 */
export interface SettingsNamespace<T extends object> {
  new (): T;
  readonly namespace: string;
  defaults(config: Config): T;
  fromEnvironment?(config: Config): Partial<T>;
  readonly secrets?: readonly (keyof T & string)[];
}
