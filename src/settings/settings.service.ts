import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { Notifications } from '../database/notifications.js';
import type { SettingsNamespace } from './namespace.js';
import { SecretMembers } from './secret-members.js';
import { type EffectiveSettings, effectiveSettings } from './settings.effective.js';
import { SettingsRegistry } from './settings.registry.js';

/** On which changes are told to all processes, with the namespace as payload. */
export const settingsChannel = 'storekeeper_settings';

interface StoredSetting {
  namespace: string;
  version: number;
  values: Record<string, unknown>;
}

interface Known {
  version: number;
  effective: EffectiveSettings<object>;
}

/** The read side of the runtime settings. A stored value wins over the environment, the environment over the default. */
@Injectable()
export class SettingsService {
  private readonly logger = new Logger(SettingsService.name);
  private stored = new Map<string, StoredSetting>();
  private readonly known = new Map<string, Known>();
  private loadedAt = -Infinity;
  /** Raised by every change that we hear of; what was asked of the database before does not show it. */
  private epoch = 0;
  private loadedEpoch = -1;
  private loading: { epoch: number; done: Promise<void> } | undefined;

  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly secrets: SecretMembers,
    private readonly registry: SettingsRegistry,
    notifications: Notifications,
  ) {
    notifications.on(settingsChannel, () => this.forget());
  }

  /**
   * One consistent set of values; a use-case reads it once. A change is heard of at once; if that fails, it is seen
   * by asking again, at most two seconds later.
   */
  async get<T extends object>(namespace: SettingsNamespace<T>): Promise<Readonly<T>> {
    if (this.isOld()) await this.reload();
    const { version, effective } = this.current(namespace);
    if (effective.unusable) {
      throw new Error(`the settings ${namespace.namespace} (version ${version}) are not valid`);
    }
    return effective.values as T;
  }

  /** The version that `get` answers from; 0 if nothing was ever changed. */
  async versionOf({ namespace }: SettingsNamespace<object>): Promise<number> {
    if (this.isOld()) await this.reload();
    return this.stored.get(namespace)?.version ?? 0;
  }

  /** Makes the next reader ask the database. */
  forget(): void {
    this.epoch++;
  }

  private isOld(): boolean {
    const age = performance.now() - this.loadedAt;
    return this.loadedEpoch !== this.epoch || age > this.config.timings.settingsCacheMs;
  }

  /** Callers that arrive together share one query, unless something has changed since it was sent. */
  private reload(): Promise<void> {
    if (this.loading?.epoch !== this.epoch) {
      const loading = { epoch: this.epoch, done: this.load(this.epoch) };
      this.loading = loading;
      void loading.done
        .catch(() => undefined)
        .finally(() => {
          if (this.loading === loading) this.loading = undefined;
        });
    }
    return this.loading.done;
  }

  private async load(epoch: number): Promise<void> {
    const startedAt = performance.now();
    const rows = await this.db.query<StoredSetting>('SELECT namespace, version, "values" FROM setting');
    // A slow answer from before a change must not replace a quick one from after it.
    if (epoch < this.loadedEpoch) return;
    this.stored = new Map(rows.map((row) => [row.namespace, row]));
    this.loadedAt = startedAt;
    this.loadedEpoch = epoch;
  }

  private current<T extends object>(namespace: SettingsNamespace<T>): Known {
    const { version, values } = this.stored.get(namespace.namespace) ?? { version: 0, values: {} };
    const known = this.known.get(namespace.namespace);
    if (known?.version === version) return known;
    if (!this.registry.isListed(namespace))
      throw new Error(`the settings namespace ${namespace.namespace} is not listed in app.module.ts`);
    const opened = this.secrets.open(namespace, values);
    const effective = effectiveSettings(namespace, this.config, opened.values, opened.broken);
    const current = { version, effective };
    this.known.set(namespace.namespace, current);
    // Once for each version, and not at every look.
    for (const problem of effective.problems) {
      this.logger.error({ event: 'settings.not_valid', namespace: namespace.namespace, version, ...problem });
    }
    return current;
  }
}
