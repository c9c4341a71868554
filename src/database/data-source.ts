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
 * A connection that ends while nobody listens emits an `error` that would end the process; there is such a moment
 * when a pool hands out a new one. Whoever uses the connection is told by its next query, the pool forgets it.
 */
export class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
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
      Client: SteadyClient,
      keepAlive: true,
      // Beyond every wait the server itself ends: the connection is dead, not slow.
      query_timeout: 15_000,
      types: {
        getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
          oid === int8 ? parseInt8 : pg.types.getTypeParser(oid, format),
      },
    },
  });
}
