import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ChangeSettingsService } from './changes/change-settings.service.js';
import { SettingsInspector } from './changes/settings-inspector.js';
import { SettingsOverviewService } from './changes/settings-overview.service.js';
import { SettingsStore } from './changes/settings.store.js';
import type { AnyNamespace } from './namespace.js';
import { SecretBox } from './secret-box.js';
import { SecretMembers } from './secret-members.js';
import { SettingsAdminController } from './admin/settings.admin.controller.js';
import { settingsNamespaces, SettingsRegistry } from './settings.registry.js';
import { SettingsService } from './settings.service.js';

@Global()
@Module({})
export class SettingsModule {
  /** `namespaces` are all settings of this shop: the classes, each in the module that reads it. */
  static forRoot(namespaces: AnyNamespace[]): DynamicModule {
    return {
      module: SettingsModule,
      controllers: [SettingsAdminController],
      providers: [
        { provide: settingsNamespaces, useValue: namespaces },
        SettingsRegistry,
        SettingsService,
        SecretBox,
        SecretMembers,
        SettingsStore,
        SettingsInspector,
        SettingsOverviewService,
        ChangeSettingsService,
      ],
      exports: [SettingsRegistry, SettingsService, SecretBox],
    };
  }
}
