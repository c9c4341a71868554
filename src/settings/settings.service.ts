import { Injectable } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import type { SettingsNamespace } from './namespace.js';
import { SecretBox } from './secret-box.js';

interface StoredSetting {
  namespace: string;
  version: number;
  values: Record<string, unknown>;
}

/** The read side of the runtime settings. A stored value wins over the environment, the environment over the default. */
@Injectable()
export class SettingsService {
  private stored = new Map<string, StoredSetting>();
  private readonly effective = new Map<string, { version: number; values: object }>();
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly secrets: SecretBox,
  ) {}

  /** One consistent set of values; a use-case reads it once. At most two seconds behind the database. */
  async get<T extends object>(namespace: SettingsNamespace<T>): Promise<Readonly<T>> {
    if (performance.now() - this.loadedAt > this.config.timings.settingsCacheMs) await this.reload();
    const version = this.stored.get(namespace.namespace)?.version ?? 0;
    const known = this.effective.get(namespace.namespace);
    if (known?.version === version) return known.values as T;
    const values = this.compute(namespace);
    this.effective.set(namespace.namespace, { version, values });
    return values;
  }

  /** Callers that arrive together share one query. */
  private reload(): Promise<void> {
    this.loading ??= this.load().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async load(): Promise<void> {
    const startedAt = performance.now();
    const rows = await this.db.query<StoredSetting>('SELECT namespace, version, "values" FROM setting');
    this.stored = new Map(rows.map((row) => [row.namespace, row]));
    this.loadedAt = startedAt;
  }

  private compute<T extends object>(namespace: SettingsNamespace<T>): Readonly<T> {
    const stored = this.stored.get(namespace.namespace)?.values ?? {};
    const values = plainToInstance(namespace, {
      ...namespace.defaults(this.config),
      ...withoutUndefined(namespace.fromEnvironment?.(this.config) ?? {}),
      ...this.decrypted(namespace, stored),
    });
    const errors = validateSync(values);
    if (errors.length > 0) {
      const names = errors.map(({ property }) => `${namespace.namespace}.${property}`).join(', ');
      throw new Error(`the stored settings are not valid: ${names}`);
    }
    return Object.freeze(values);
  }

  private decrypted<T extends object>(
    namespace: SettingsNamespace<T>,
    stored: Record<string, unknown>,
  ): object {
    const secretNames: readonly string[] = namespace.secrets ?? [];
    return Object.fromEntries(
      Object.entries(stored).map(([name, value]) => [
        name,
        secretNames.includes(name)
          ? this.secrets.decrypt(String(value), `${namespace.namespace}.${name}`)
          : value,
      ]),
    );
  }
}

const withoutUndefined = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
