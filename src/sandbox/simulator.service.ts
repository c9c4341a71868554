import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { StartError } from '../common/start-error.js';
import { Config } from '../config/config.js';
import { StoreService } from '../database/store.service.js';
import { type PspSimulator, startPspSimulator } from './psp/simulator.js';
import { WebhookRegistrationService } from './webhook-registration.service.js';

/** Runs the simulated payment providers beside the shop, or makes sure that the ones elsewhere are the right ones. */
@Injectable()
export class SimulatorService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(SimulatorService.name);
  private simulator: PspSimulator | undefined;

  constructor(
    private readonly config: Config,
    private readonly store: StoreService,
    private readonly webhooks: WebhookRegistrationService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { simulator, dataDir } = this.config;
    if (simulator.runHere) this.simulator = await startPspSimulator({ port: simulator.port, dataDir });
    const id = this.simulator?.id ?? (await this.askForId());
    if (id === undefined) return;
    const bound = await this.store.bindSimulator(id);
    if (bound !== id) {
      throw new StartError(
        `This database took its sandbox payments with another simulator (${bound}) than the one found (${id}). ` +
          'Use one simulator for all processes of a database (STRIPE_API_BASE), or a new DATA_DIR and database.',
      );
    }
    await this.webhooks.register();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.simulator?.close();
  }

  /** Undefined if what is there is no simulator, or not up yet. */
  private async askForId(): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.config.stripe.apiBase}/_sim`, {
        signal: AbortSignal.timeout(2_000),
      });
      const { id } = response.ok ? ((await response.json()) as { id?: unknown }) : {};
      return typeof id === 'string' ? id : undefined;
    } catch (error) {
      this.logger.warn(
        `The payment provider at ${this.config.stripe.apiBase} does not answer: ${(error as Error).message}`,
      );
      return undefined;
    }
  }
}
