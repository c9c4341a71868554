import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ApiKeysService } from './api-keys.service.js';

/** Creates the keys that the environment names, if they do not exist. A revoked one stays revoked. */
@Injectable()
export class BootstrapKeysService implements OnApplicationBootstrap {
  constructor(
    private readonly config: Config,
    private readonly keys: ApiKeysService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { agent, admin } = this.config.bootstrapKeys;
    if (agent)
      await this.keys.ensureBootstrapKey(this.config.sandbox ? 'sandbox-agent' : 'agent', agent, ['agent']);
    if (admin) await this.keys.ensureBootstrapKey('admin', admin, ['admin']);
  }
}
