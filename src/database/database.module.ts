import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { connectRedis, RedisCache } from './redis-cache.js';
import { Database } from './database.js';
import { Notifications } from './notifications.js';
import { StoreService } from './store.service.js';

export interface DatabaseResources {
  dataSource: DataSource;
  /** Past any pooler, to listen on. */
  directUrl: string;
  redisUrl: string | undefined;
}

@Global()
@Module({})
export class DatabaseModule {
  /** Takes a data source that is already initialized and migrated, so that the modules find it ready. */
  static forRoot({ dataSource, directUrl, redisUrl }: DatabaseResources): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: DataSource, useValue: dataSource },
        // A factory, so that it is made once there is a logger to tell of it.
        { provide: Redis, useFactory: () => (redisUrl === undefined ? null : connectRedis(redisUrl)) },
        { provide: Notifications, useFactory: () => new Notifications(directUrl) },
        Database,
        StoreService,
        RedisCache,
      ],
      exports: [Database, Notifications, StoreService, RedisCache],
    };
  }
}
