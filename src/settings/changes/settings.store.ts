import { Injectable } from '@nestjs/common';
import { Database, rows, type Tx } from '../../database/database.js';
import { Notifications } from '../../database/notifications.js';
import type { Setting } from '../setting.entity.js';
import { settingsChannel } from '../settings.service.js';
import type { SettingVersion } from './setting-version.entity.js';

const columns = `namespace, version, "values", updated_at AS "updatedAt", updated_by AS "updatedBy"`;

export type StoredVersion = SettingVersion & { valuesBefore: Record<string, unknown> | null };

/** The rows of the settings and of their history. */
@Injectable()
export class SettingsStore {
  constructor(
    private readonly db: Database,
    private readonly notifications: Notifications,
  ) {}

  async all(): Promise<Setting[]> {
    return this.db.query<Setting>(`SELECT ${columns} FROM setting`);
  }

  /** Undefined as long as nothing was ever changed. */
  async find(namespace: string): Promise<Setting | undefined> {
    const [row] = await this.db.query<Setting>(`SELECT ${columns} FROM setting WHERE namespace = $1`, [
      namespace,
    ]);
    return row;
  }

  /** Changes of one namespace go one after the other, the very first ones too: it begins as version 0. */
  async lock(tx: Tx, namespace: string, actor: string): Promise<Setting> {
    await tx.query(
      `INSERT INTO setting (namespace, version, "values", updated_at, updated_by) VALUES ($1, 0, '{}', now(), $2)
       ON CONFLICT (namespace) DO NOTHING`,
      [namespace, actor],
    );
    const [row] = await rows<Setting>(tx, `SELECT ${columns} FROM setting WHERE namespace = $1 FOR UPDATE`, [
      namespace,
    ]);
    if (!row) throw new Error(`the settings row of ${namespace} is missing although it was just written`);
    return row;
  }

  /** Writes the next version, keeps it in the history, and tells every process. */
  async save(
    tx: Tx,
    next: Pick<
      SettingVersion,
      'namespace' | 'version' | 'values' | 'changed' | 'restoredVersion' | 'updatedBy'
    >,
  ): Promise<Setting> {
    const [row] = await rows<Setting>(
      tx,
      `WITH saved AS (
         UPDATE setting SET version = $2, "values" = $3, updated_at = now(), updated_by = $4
         WHERE namespace = $1 RETURNING *
       ), kept AS (
         INSERT INTO setting_version (namespace, version, "values", changed, restored_version, updated_at, updated_by)
         SELECT namespace, version, "values", $5, $6, updated_at, updated_by FROM saved
       )
       SELECT ${columns} FROM saved`,
      [next.namespace, next.version, next.values, next.updatedBy, next.changed, next.restoredVersion],
    );
    if (!row) throw new Error(`the settings row of ${next.namespace} is missing although it was just locked`);
    await this.notifications.notify(tx, settingsChannel, next.namespace);
    return row;
  }

  async findVersion(tx: Tx, namespace: string, version: number): Promise<SettingVersion | undefined> {
    const [row] = await rows<SettingVersion>(
      tx,
      `SELECT ${columns}, changed, restored_version AS "restoredVersion" FROM setting_version
       WHERE namespace = $1 AND version = $2`,
      [namespace, version],
    );
    return row;
  }

  /** Newest first, each with the values before it; one more than asked for, which tells whether there is a next page. */
  async history(namespace: string, limit: number, below: number | undefined): Promise<StoredVersion[]> {
    return this.db.query<StoredVersion>(
      `SELECT * FROM (
         SELECT ${columns}, changed, restored_version AS "restoredVersion",
                lag("values") OVER (ORDER BY version) AS "valuesBefore"
         FROM setting_version WHERE namespace = $1) AS versions
       WHERE $3::int IS NULL OR version < $3 ORDER BY version DESC LIMIT $2`,
      [namespace, limit + 1, below ?? null],
    );
  }
}
