import { Global, Module } from '@nestjs/common';
import { ClaimStore } from './claim.store.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IdempotencyReaper } from './reaper.js';
import { ReplayCache } from './replay-cache.js';
import { SealedReplies } from './sealed-replies.js';

@Global()
@Module({
  providers: [ClaimStore, ReplayCache, SealedReplies, IdempotencyInterceptor, IdempotencyReaper],
  exports: [ClaimStore, ReplayCache, IdempotencyInterceptor],
})
export class IdempotencyModule {}
