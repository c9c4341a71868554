import { Global, Module } from '@nestjs/common';
import { AuditService } from './audit.service.js';
import { SecretBox } from './secret-box.js';
import { SettingsService } from './settings.service.js';

@Global()
@Module({
  providers: [SettingsService, SecretBox, AuditService],
  exports: [SettingsService, SecretBox, AuditService],
})
export class SettingsModule {}
