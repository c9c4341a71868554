import { Global, Module } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';
import { AgentsAdminController } from './agents/agents.admin.controller.js';
import { AgentsService } from './agents/agents.service.js';
import { ApiKeysAdminController } from './api-keys.admin.controller.js';
import { ApiKeysService } from './api-keys.service.js';
import { Authentication } from './authentication.service.js';
import { BootstrapKeysService } from './bootstrap-keys.service.js';
import { KeyUses } from './key-uses.service.js';
import { FailedLogins } from './limits/failed-logins.js';
import { RateLimiter } from './limits/rate-limiter.js';
import { RequestSignatureInterceptor } from './signing/request-signature.interceptor.js';

@Global()
@Module({
  controllers: [AgentsAdminController, ApiKeysAdminController],
  providers: [
    AccessGuard,
    AgentsService,
    ApiKeysService,
    Authentication,
    BootstrapKeysService,
    FailedLogins,
    KeyUses,
    RateLimiter,
    RequestSignatureInterceptor,
  ],
  exports: [AccessGuard, ApiKeysService, RateLimiter, RequestSignatureInterceptor],
})
export class AccessModule {}
