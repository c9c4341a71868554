import { Injectable, Logger } from '@nestjs/common';
import { SafeHttp } from '../../../common/safe-http/safe-http.js';
import { SafeHttpError } from '../../../common/safe-http/safe-http.error.js';
import { Config } from '../../../config/config.js';
import { judge, type Verdict } from './delivery.schedule.js';
import type { ClaimedDelivery } from './delivery.store.js';
import type { EndpointSecrets } from '../endpoints/endpoint-secrets.service.js';
import { headersFor } from '../profiles/sign.js';
import type { WebhookEndpoint } from '../endpoints/webhook-endpoint.entity.js';

/** One attempt, as it went, and what follows from it. */
export interface Sent {
  delivery: ClaimedDelivery;
  /** HTTP status; null if there was no complete answer. */
  status: number | null;
  /** What kind of failure; null for a success. */
  error: string | null;
  latencyMs: number;
  excerpt: string | null;
  verdict: Verdict;
}

@Injectable()
export class DeliverySender {
  private readonly logger = new Logger(DeliverySender.name);

  constructor(
    private readonly http: SafeHttp,
    private readonly config: Config,
  ) {}

  /**
   * Sends the bytes once, freshly signed. Never throws: whatever happens is an attempt that went so. Without secrets
   * nothing is sent: no key of ours can read them.
   */
  async send(
    { url, signatureHeader }: WebhookEndpoint,
    secrets: EndpointSecrets | null,
    delivery: ClaimedDelivery,
  ): Promise<Sent> {
    const startedAt = performance.now();
    const answer = secrets
      ? await this.post(url, {
          ...delivery,
          signatureHeader,
          secret: secrets.current,
          nextSecret: secrets.next,
          deliveryId: delivery.id,
          now: new Date(),
        })
      : { status: null, excerpt: null, kind: 'secret' };
    const latencyMs = Math.round(performance.now() - startedAt);
    const verdict = judge(answer, delivery.attempts, { now: new Date(), random: Math.random() });
    return { delivery, ...answer, error: errorOf(answer, verdict), latencyMs, verdict };
  }

  private async post(url: string, signed: Parameters<typeof headersFor>[0]): Promise<Answer> {
    try {
      const { status, headers, excerpt } = await this.http.post(url, {
        headers: headersFor(signed),
        body: signed.body,
        timeoutMs: this.config.timings.deliverTimeoutMs,
      });
      return { status, retryAfter: headers.retryAfter, excerpt, kind: null };
    } catch (error) {
      if (error instanceof SafeHttpError) return { status: null, excerpt: null, kind: error.kind };
      this.logger.error({ event: 'webhook.unexpected', deliveryId: signed.deliveryId, error });
      return { status: null, excerpt: null, kind: 'unexpected' };
    }
  }
}

interface Answer {
  status: number | null;
  retryAfter?: string;
  excerpt: string | null;
  kind: string | null;
}

const errorOf = ({ kind, status }: Answer, { next }: Verdict): string | null =>
  next === 'delivered' ? null : (kind ?? `http_${status}`);
