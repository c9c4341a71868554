import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { entities } from '../../src/entities.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

describe('the schema', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase();
  });
  afterAll(() => db.drop());

  it('that the migrations make is the one the entities describe', async () => {
    const dataSource = await createDataSource({ url: db.url, poolMax: 2, entities }).initialize();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('has all its tables described by entities', async () => {
    const tables = await db.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
    );
    const dataSource = createDataSource({ url: db.url, poolMax: 1, entities });
    await dataSource.initialize();
    const described = dataSource.entityMetadatas.map(({ tableName }) => tableName);
    await dataSource.destroy();
    expect(tables.map(({ name }) => name)).toEqual([...described, 'migration'].sort());
  });

  it('is migrated once by processes that start together', async () => {
    await db.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    const applied = await Promise.all([migrate(db.url), migrate(db.url), migrate(db.url)]);
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await migrate(db.url)).toEqual([]);
  });

  it.each([
    ['more reserved than on hand', `UPDATE inventory SET reserved = 2`],
    ['negative reservations', `UPDATE inventory SET reserved = -1`],
  ])('refuses %s, whatever the code does', async (_, sql) => {
    await db.query(
      `INSERT INTO product VALUES ('p', 'p', '', '', '{}', now(), now()) ON CONFLICT DO NOTHING`,
    );
    await db.query(
      `INSERT INTO item VALUES ('i', 'p', 'i', '[]', 'shipping', NULL, true) ON CONFLICT DO NOTHING`,
    );
    await db.query(`INSERT INTO inventory VALUES ('i', true, 1, 0) ON CONFLICT DO NOTHING`);
    await expect(db.query(sql)).rejects.toThrow(/violates check constraint/);
  });
});
