import { Injectable } from '@nestjs/common';
import { type Page, toPage } from '../../common/paging.js';
import type { AnyNamespace } from '../namespace.js';
import { shown } from '../settings.view.js';
import { anySecret } from './settings-draft.js';
import { SettingsInspector } from './settings-inspector.js';
import { SettingsStore, type StoredVersion } from './settings.store.js';

/** The settings as they are now and as they were, straight from the database. */
@Injectable()
export class SettingsOverviewService {
  constructor(
    private readonly store: SettingsStore,
    private readonly inspector: SettingsInspector,
  ) {}

  async list(): Promise<Page<object>> {
    const rows = new Map((await this.store.all()).map((row) => [row.namespace, row]));
    const data = this.inspector.all().map((namespace) => {
      const row = rows.get(namespace.namespace);
      return this.inspector.view(namespace, row, this.inspector.open(namespace, row?.values));
    });
    return { data, next_cursor: null };
  }

  async find(name: string): Promise<{ version: number; body: object }> {
    const namespace = this.inspector.named(name);
    const row = await this.store.find(name);
    const body = this.inspector.view(namespace, row, this.inspector.open(namespace, row?.values));
    return { version: row?.version ?? 0, body };
  }

  /** JSON Schema (2020-12) of what a change may send, by namespace. */
  schemas(): Record<string, object> {
    return this.inspector.schemas();
  }

  async history(name: string, { limit, below }: { limit: number; below?: number }): Promise<Page<object>> {
    const namespace = this.inspector.named(name);
    const versions = await this.store.history(name, limit, below);
    const rows = versions.map((version) => ({ id: String(version.version), version }));
    return toPage(rows, limit, ({ version }) => this.versionView(namespace, version));
  }

  private versionView(namespace: AnyNamespace, version: StoredVersion): object {
    const before = this.inspector.open(namespace, version.valuesBefore);
    const after = this.inspector.open(namespace, version.values);
    return {
      version: version.version,
      updated_at: version.updatedAt,
      updated_by: version.updatedBy,
      restored_version: version.restoredVersion,
      changes: this.inspector.changes(namespace, version.changed, { before, after }),
      values: Object.fromEntries(
        Object.keys(version.values).map((name) => [
          name,
          shown(namespace, name, after.values[name] ?? anySecret),
        ]),
      ),
    };
  }
}
