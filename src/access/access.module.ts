import { Global, Module } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';
import { ApiKeysService } from './api-keys.service.js';
import { BootstrapKeysService } from './bootstrap-keys.service.js';
import { RateLimiter } from './rate-limiter.js';

@Global()
@Module({
  providers: [ApiKeysService, AccessGuard, RateLimiter, BootstrapKeysService],
  exports: [ApiKeysService, AccessGuard, RateLimiter],
})
export class AccessModule {}
