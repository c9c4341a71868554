import { Global, Module } from '@nestjs/common';
import { AuditAdminController } from './audit.admin.controller.js';
import { AuditService } from './audit.service.js';
import { AuditStore } from './audit.store.js';

@Global()
@Module({
  controllers: [AuditAdminController],
  providers: [AuditService, AuditStore],
  exports: [AuditService],
})
export class AuditModule {}
