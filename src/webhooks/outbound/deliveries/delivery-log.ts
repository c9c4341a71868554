import { join } from 'node:path';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { whatToCheck } from './delivery-advice.js';
import { LogFile } from './log-file.js';

/** One attempt to deliver, as it went. */
export interface AttemptLogEntry {
  deliveryId: string;
  eventId: string | null;
  orderId: string | null;
  endpointId: string;
  /** Of the endpoint's address; the rest of it may hold secrets. */
  host: string;
  /** From 1. */
  attempt: number;
  outcome: 'delivered' | 'failed' | 'dead';
  /** HTTP status; null if there was no complete answer. */
  status: number | null;
  /** What kind of failure; null for a success. */
  error: string | null;
  latencyMs: number;
  /** When it is tried again; null if it is not. */
  nextAt: Date | null;
}

/** What happened to a delivery or an endpoint without an attempt. */
export interface NoticeLogEntry {
  event: 'webhook.superseded' | 'webhook.endpoint_disabled';
  endpointId: string;
  host?: string;
  deliveryId?: string;
  eventId?: string | null;
  orderId?: string | null;
  /** The delivery that took its place. */
  supersededBy?: string;
  /** Why an endpoint was disabled. */
  reason?: string;
}

const levels = { delivered: 'log', failed: 'warn', dead: 'error' } as const;

/**
 * The log that is only about webhooks: a line of JSON for each attempt, in the structured log and in
 * `DATA_DIR/webhooks.log`. The file is for reading with `tail` and `jq`; what was delivered, the rows say.
 */
@Injectable()
export class DeliveryLog implements OnApplicationShutdown {
  private readonly logger = new Logger(DeliveryLog.name);
  private readonly file: LogFile;

  constructor(config: Config) {
    this.file = new LogFile(join(config.dataDir, 'webhooks.log'), ({ message }) =>
      this.logger.warn({ event: 'webhook.log_file_failed', reason: message }),
    );
  }

  attempt(entry: AttemptLogEntry): void {
    const { outcome, status, error } = entry;
    this.write(levels[outcome], {
      event: `webhook.${outcome}`,
      delivery_id: entry.deliveryId,
      event_id: entry.eventId,
      order_id: entry.orderId,
      endpoint_id: entry.endpointId,
      host: entry.host,
      attempt: entry.attempt,
      outcome,
      status,
      error,
      latency_ms: entry.latencyMs,
      next_at: entry.nextAt,
      ...(outcome !== 'delivered' && { check: whatToCheck({ status, error }) }),
    });
  }

  notice(entry: NoticeLogEntry): void {
    this.write(entry.event === 'webhook.endpoint_disabled' ? 'error' : 'log', {
      event: entry.event,
      delivery_id: entry.deliveryId,
      event_id: entry.eventId,
      order_id: entry.orderId,
      endpoint_id: entry.endpointId,
      host: entry.host,
      superseded_by: entry.supersededBy,
      reason: entry.reason,
    });
  }

  /** After the jobs have ended: nothing is attempted any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.file.close();
  }

  private write(level: 'log' | 'warn' | 'error', line: object): void {
    this.logger[level](line);
    this.file.write(JSON.stringify({ time: new Date(), ...line }));
  }
}
