import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { pause } from '../../../common/pause.js';
import { Config } from '../../../config/config.js';
import { together } from '../../../database/database.js';
import { OneAtATime } from '../../../queue/one-at-a-time.js';
import { OnJob } from '../../../queue/on-job.decorator.js';
import { SettingsService } from '../../../settings/settings.service.js';
import { type Claimed, DeliveryStore } from './delivery.store.js';
import { DeliveryReport } from './delivery.report.js';
import { DeliveryRecorder } from './delivery.recorder.js';
import { DeliverySender, type Sent } from './delivery.sender.js';
import { failuresUntilRest } from '../endpoints/endpoint-health.js';
import { type EndpointSecrets, EndpointSecretsService } from '../endpoints/endpoint-secrets.service.js';
import type { WebhookEndpoint } from '../endpoints/webhook-endpoint.entity.js';
import { WebhooksSettings } from '../webhooks.settings.js';

/** Of one endpoint, in one process. While one batch is written down, the other is on its way. */
const batchesAtOnce = 2;
const batch = 100;
const parallel = 8;
/** Results are gathered for so long, so that many are written in one commit. */
const gatherMs = 25;

/**
 * Delivers what is due, in a lane for each endpoint: one that is slow, down or hostile costs the others nothing. The rows
 * are the truth: what a process leaves behind when it dies is taken by the next one when its lease has run out.
 */
@Injectable()
export class DeliveryProcessor implements OnModuleDestroy {
  private readonly logger = new Logger(DeliveryProcessor.name);
  private readonly lanes = new OneAtATime();
  private stopping = false;

  constructor(
    private readonly deliveries: DeliveryStore,
    private readonly sender: DeliverySender,
    private readonly recorder: DeliveryRecorder,
    private readonly report: DeliveryReport,
    private readonly secrets: EndpointSecretsService,
    private readonly settings: SettingsService,
    private readonly config: Config,
  ) {}

  /** What is on its way arrives and is written down; what was not begun is given back. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    await this.lanes.idle();
  }

  /** Starts what is due and does not wait for it: a slow endpoint must not keep the next wake-up from the others. */
  @OnJob('webhooks.deliver')
  async deliver(): Promise<void> {
    if (this.stopping || !(await this.mayDeliver())) return;
    for (const endpointId of await this.deliveries.endpointsDue()) {
      this.lanes
        .run(endpointId, () => this.drain(endpointId), { again: true })
        .catch((error: unknown) => this.logger.error({ event: 'webhook.lane_failed', endpointId, error }));
    }
  }

  /** One attempt of one delivery, at once. */
  async attemptNow(deliveryId: string): Promise<void> {
    const claimed = await this.deliveries.claimOne(deliveryId);
    if (claimed) await this.send(claimed);
  }

  private async drain(endpointId: string): Promise<void> {
    // If one fails the other is waited for still: stopping must not overtake it.
    await together(Array.from({ length: batchesAtOnce }, () => this.drainByBatches(endpointId)));
  }

  private async drainByBatches(endpointId: string): Promise<void> {
    while (!this.stopping && (await this.mayDeliver())) {
      const claimed = await this.deliveries.claim(endpointId, batch);
      if (!claimed || claimed.deliveries.length === 0) return;
      await this.send(claimed);
    }
  }

  /** Nothing is begun that could outlast the lease; what is left then is given back. */
  private async send({ askedAt, endpoint, deliveries }: Claimed): Promise<void> {
    const { deliverLeaseMs, deliverTimeoutMs } = this.config.timings;
    const beginUntil = askedAt + (deliverLeaseMs - deliverTimeoutMs) / 2;
    const secrets = this.readSecrets(endpoint);
    const waiting = [...deliveries];
    const writing = new Writing((sent) => this.write(endpoint.id, endpoint.url, sent));
    const patience = new Patience();
    const worker = async (): Promise<void> => {
      while (!this.stopping && !patience.over && performance.now() < beginUntil) {
        const delivery = waiting.shift();
        if (!delivery) return;
        const sent = await this.sender.send(endpoint, secrets, delivery);
        patience.see(sent);
        writing.add(sent);
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    // Not before it is written that the endpoint is gone or rests: the rest would only be taken again.
    await writing.done().finally(() => this.deliveries.release(waiting));
  }

  private async write(endpointId: string, url: string, sent: Sent[]): Promise<void> {
    const recorded = await this.recorder.record({ id: endpointId, url }, sent);
    this.report.tell({ endpointId, url }, sent, recorded);
  }

  private readSecrets(endpoint: WebhookEndpoint): EndpointSecrets | null {
    try {
      return this.secrets.secretsOf(endpoint, new Date());
    } catch (error) {
      this.logger.error({ event: 'webhook.secret_unreadable', endpointId: endpoint.id, error });
      return null;
    }
  }

  private async mayDeliver(): Promise<boolean> {
    return (await this.settings.get(WebhooksSettings)).enabled;
  }
}

/** With an endpoint that is gone or down: the rest of a batch is not wasted on it. */
class Patience {
  over = false;
  private failures = 0;

  see({ verdict }: Sent): void {
    this.failures = verdict.next === 'delivered' ? 0 : this.failures + 1;
    this.over ||= this.failures >= failuresUntilRest || (verdict.next === 'dead' && verdict.gone);
  }
}

/** Writes results as they come, all that have come since the last write in one. */
class Writing {
  private results: Sent[] = [];
  private current: Promise<void> | undefined;
  private failure: { error: unknown } | undefined;

  constructor(private readonly write: (sent: Sent[]) => Promise<void>) {}

  add(result: Sent): void {
    this.results.push(result);
    this.current ??= this.run();
  }

  /** Throws the first failure: what could not be written is sent again when its lease has run out. */
  async done(): Promise<void> {
    await this.current;
    if (this.failure) throw this.failure.error;
  }

  private async run(): Promise<void> {
    while (this.results.length > 0) {
      await pause(gatherMs);
      const taken = this.results;
      this.results = [];
      try {
        await this.write(taken);
      } catch (error) {
        this.failure ??= { error };
      }
    }
    this.current = undefined;
  }
}
