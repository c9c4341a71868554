import { Injectable, Logger } from '@nestjs/common';
import { ApiError, apiErrors } from '../../common/api-error.js';
import type { PaymentProvider, ProviderEvent } from '../../payments/providers/payment-provider.js';
import { ProviderRegistry } from '../../payments/providers/provider-registry.js';
import { QueueService } from '../../queue/queue.service.js';
import { inboundErrors, type Refusal } from './inbound.errors.js';
import { InboxMetrics } from './inbox.metrics.js';
import { InboxStore } from './inbox.store.js';
import type { WebhookRequest } from './webhook-body.js';

const maximumText = 255;

/** Provider webhook → signature → row → 2xx. What it means is looked at afterwards, by a job. */
@Injectable()
export class ReceiveWebhookService {
  private readonly logger = new Logger('webhooks');

  constructor(
    private readonly providers: ProviderRegistry,
    private readonly inbox: InboxStore,
    private readonly metrics: InboxMetrics,
    private readonly queue: QueueService,
  ) {}

  /** Returns once the event is stored; throws if it is not believed or cannot be stored. */
  async receive(code: string, request: WebhookRequest): Promise<void> {
    const provider = this.providers.find(code);
    if (!provider) throw apiErrors.notFound('This route');
    const raw = this.bytesOf(code, request);
    const { event, isNew } = await this.whileAvailable(code, async () => {
      const verified = await this.verify(provider, raw, request);
      return { event: verified, isNew: await this.inbox.keep(code, verified, raw) };
    });
    if (!isNew) {
      this.metrics.duplicate({ provider: code });
      return;
    }
    this.metrics.received({ provider: code, type: event.type });
    if (!event.known) this.metrics.unknown({ provider: code, type: event.type });
    if (event.about) this.queue.wake('webhooks.process');
  }

  private bytesOf(code: string, { body, bodyProblem }: WebhookRequest): Buffer {
    if (bodyProblem) throw this.refuse(code, bodyProblem);
    if (!Buffer.isBuffer(body) || body.length === 0) throw this.refuse(code, 'empty');
    return body;
  }

  private async verify(
    provider: PaymentProvider,
    raw: Buffer,
    { headers }: WebhookRequest,
  ): Promise<ProviderEvent> {
    const event = await provider.readWebhook(raw, headers);
    if (!('refused' in event)) {
      if (isStorable(event)) return event;
      throw this.refuse(provider.code, 'malformed');
    }
    if (event.refused !== 'not_configured') throw this.refuse(provider.code, event.refused);
    this.metrics.rejected({ provider: provider.code, reason: 'not_configured' });
    throw inboundErrors.notConfigured();
  }

  private refuse(provider: string, reason: Refusal): ApiError {
    this.metrics.rejected({ provider, reason });
    this.logger.warn({ event: 'webhook.refused', provider, reason });
    return inboundErrors.refused(reason);
  }

  /** Whatever fails here, the provider shall come again: an event that is not stored was not received. */
  private async whileAvailable<T>(provider: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ApiError) throw error;
      this.metrics.rejected({ provider, reason: 'not_stored' });
      this.logger.error({ event: 'webhook.not_stored', provider, error });
      throw apiErrors.unavailable();
    }
  }
}

/** Razorpay's event id is a header, which nobody signed. */
function isStorable({ id, type, about }: ProviderEvent): boolean {
  return [id, type, about?.payment ?? 'x', about?.dispute ?? 'x'].every(
    (text) => text.length > 0 && text.length <= maximumText && !text.includes('\0') && text.isWellFormed(),
  );
}
