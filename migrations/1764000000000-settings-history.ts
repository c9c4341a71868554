import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every version of the settings. What was set before this table was there begins the history. */
export class SettingsHistory1764000000000 implements MigrationInterface {
  readonly name = 'SettingsHistory1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE setting_version (
        namespace text NOT NULL,
        version integer NOT NULL,
        "values" jsonb NOT NULL,
        changed text[] NOT NULL,
        restored_version integer,
        updated_at timestamptz NOT NULL,
        updated_by text NOT NULL,
        CONSTRAINT setting_version_pkey PRIMARY KEY (namespace, version)
      );
      INSERT INTO setting_version (namespace, version, "values", changed, updated_at, updated_by)
      SELECT namespace, version, "values", ARRAY(SELECT jsonb_object_keys("values")), updated_at, updated_by FROM setting;
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
