import { Global, Module } from '@nestjs/common';
import { ClaimStore } from './claim.store.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IdempotencyReaper } from './reaper.js';
import { ReplayCache } from './replay-cache.js';

@Global()
@Module({
  providers: [ClaimStore, ReplayCache, IdempotencyInterceptor, IdempotencyReaper],
  exports: [ClaimStore, ReplayCache, IdempotencyInterceptor],
})
export class IdempotencyModule {}
