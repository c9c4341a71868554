import pg from 'pg';
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { parseInt8 } from '../common/money.js';
import { SnakeNamingStrategy } from './snake-naming.js';

const int8 = 20;

export interface DataSourceOptions {
  url: string;
  poolMax: number;
  entities: EntityTarget<ObjectLiteral>[];
}

/**
 * The pool is safe behind a transaction-mode pooler: no session state, no prepared statements. Statements sent
 * without awaiting one another travel together (`pipeline`), which saves one wait each.
 */
export function createDataSource({ url, poolMax, entities }: DataSourceOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    poolSize: poolMax,
    connectTimeoutMS: 5_000,
    applicationName: 'storekeeper',
    entities: entities as never[],
    namingStrategy: new SnakeNamingStrategy(),
    installExtensions: false,
    extra: {
      pipeline: true,
      types: {
        getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
          oid === int8 ? parseInt8 : pg.types.getTypeParser(oid, format),
      },
    },
  });
}
