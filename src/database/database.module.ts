import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { RedisCache } from './redis-cache.js';
import { Database } from './database.js';
import { StoreService } from './store.service.js';

@Global()
@Module({})
export class DatabaseModule {
  /** Takes a data source that is already initialized and migrated, so that the modules find it ready. */
  static forRoot(dataSource: DataSource, redis: Redis | undefined): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: DataSource, useValue: dataSource },
        { provide: Redis, useValue: redis ?? null },
        Database,
        StoreService,
        RedisCache,
      ],
      exports: [Database, StoreService, RedisCache],
    };
  }
}
