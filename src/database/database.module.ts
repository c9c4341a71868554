import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { connectRedis, RedisCache } from './redis-cache.js';
import { Database } from './database.js';
import { StoreService } from './store.service.js';

@Global()
@Module({})
export class DatabaseModule {
  /** Takes a data source that is already initialized and migrated, so that the modules find it ready. */
  static forRoot(dataSource: DataSource, redisUrl: string | undefined): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: DataSource, useValue: dataSource },
        // A factory, so that it is made once there is a logger to tell of it.
        { provide: Redis, useFactory: () => (redisUrl === undefined ? null : connectRedis(redisUrl)) },
        Database,
        StoreService,
        RedisCache,
      ],
      exports: [Database, StoreService, RedisCache],
    };
  }
}
