import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Client } from 'pg';
import { pause } from '../common/pause.js';
import type { Tx } from './database.js';
import { SteadyClient } from './data-source.js';

/** What is told: the payload of the transaction that has just committed; undefined after the connection was away. */
export type NotificationHandler = (payload: string | undefined) => void;

const shortestPauseMs = 100;
const longestPauseMs = 5_000;

/**
 * Tells every process on this database that something has changed, once the transaction that changed it commits. It
 * only makes others quicker: a notification may be lost, so whoever listens also looks by itself from time to time.
 */
export class Notifications implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Notifications.name);
  private readonly handlers = new Map<string, NotificationHandler[]>();
  private client: Client | undefined;
  private stopped = false;

  /** `url` leads past any pooler: a pooled connection hears nothing. */
  constructor(private readonly url: string) {}

  /**
   * Calls the handler for every notification of the channel, and with undefined whenever the connection was made
   * (again): anything may have happened meanwhile. A handler must not throw.
   */
  on(channel: string, handler: NotificationHandler): void {
    this.handlers.set(channel, [...(this.handlers.get(channel) ?? []), handler]);
    // If the connection is lost in this moment, the next one listens to all channels.
    this.client?.query(listen(channel)).catch(() => undefined);
  }

  /** Part of the transaction: told if and when it commits. It needs no connection of its own. */
  async notify(tx: Tx, channel: string, payload = ''): Promise<void> {
    await tx.query('SELECT pg_notify($1, $2)', [channel, payload]);
  }

  onApplicationBootstrap(): void {
    void this.stayConnected();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.client?.end().catch(() => undefined);
  }

  private async stayConnected(): Promise<void> {
    for (let pauseMs = shortestPauseMs; !this.stopped; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        await this.listenUntilGone();
        pauseMs = shortestPauseMs;
        if (!this.stopped) this.logger.warn({ event: 'notifications.disconnected' });
      } catch (error) {
        this.logger.warn({ event: 'notifications.not_connected', error });
      }
      // Many processes lose their connections at once when the database restarts.
      await pause(pauseMs * (0.5 + Math.random()));
    }
  }

  private async listenUntilGone(): Promise<void> {
    const client = new SteadyClient({
      connectionString: this.url,
      application_name: 'storekeeper-listen',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    const gone = new Promise((resolve) => client.once('end', resolve));
    client.on('notification', ({ channel, payload }) => this.tell(channel, payload));
    await client.connect();
    try {
      for (const channel of this.handlers.keys()) await client.query(listen(channel));
      this.client = client;
      for (const channel of this.handlers.keys()) this.tell(channel, undefined);
      if (!this.stopped) await gone;
    } finally {
      this.client = undefined;
      await client.end().catch(() => undefined);
    }
  }

  private tell(channel: string, payload: string | undefined): void {
    for (const handler of this.handlers.get(channel) ?? []) handler(payload);
  }
}

const listen = (channel: string): string => `LISTEN "${channel.replaceAll('"', '""')}"`;
