import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { JobHandlers } from './job-handlers.js';
import { QueueConnection, QueueService } from './queue.service.js';

@Global()
@Module({})
export class QueueModule {
  static forRoot(connection: QueueConnection): DynamicModule {
    return {
      module: QueueModule,
      imports: [DiscoveryModule],
      providers: [{ provide: QueueConnection, useValue: connection }, JobHandlers, QueueService],
      exports: [QueueService],
    };
  }
}
