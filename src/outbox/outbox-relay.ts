import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Database, rows, type Tx } from '../database/database.js';
import { OnJob } from '../queue/on-job.decorator.js';
import type { OutboxEvent } from './outbox-event.entity.js';

/** Who must hear of events: writes, in the relay's transaction, the rows of what is to be done about them. */
export interface OutboxSubscriber {
  readonly name: string;
  /** Never two events of one order at once, and those of one order in their order. */
  subscribe(tx: Tx, events: OutboxEvent[]): Promise<void>;
  /** After the commit; neither waits nor throws. */
  relayed?(): void;
}

const batch = 100;

/** Hands every event of the outbox to every subscriber, once, in one transaction with the mark that says so. */
@Injectable()
export class OutboxRelay implements OnModuleDestroy {
  private readonly logger = new Logger(OutboxRelay.name);
  private readonly subscribers: OutboxSubscriber[] = [];
  private stopping = false;

  constructor(private readonly db: Database) {}

  add(subscriber: OutboxSubscriber): void {
    this.subscribers.push(subscriber);
  }

  onModuleDestroy(): void {
    this.stopping = true;
  }

  @OnJob('outbox.relay')
  async relay(): Promise<void> {
    // What cannot be relayed holds up its own order, and nobody else's.
    const stuck: string[] = [];
    while (!this.stopping) {
      const next = await this.next(stuck);
      if (next.length === 0) return;
      const stuckBefore = stuck.length;
      const relayed = await this.relayThese(next).catch((error: unknown) => {
        this.logger.warn({ event: 'outbox.batch_failed', error });
        return this.oneByOne(next, stuck);
      });
      // Another process is at the same events; it goes on with what follows them.
      if (relayed === 0 && stuck.length === stuckBefore) return;
    }
  }

  /**
   * Of each order only the first event that waits, as long as that is not committed as relayed: an id is drawn by the
   * clock of a process, so ids alone do not tell which event of an order came first.
   */
  private async next(stuck: string[]): Promise<string[]> {
    const found = await this.db.query<{ id: string }>(
      `SELECT id FROM outbox_event AS e
       WHERE relayed_at IS NULL AND id <> ALL($1::text[]) AND NOT EXISTS (
         SELECT 1 FROM outbox_event AS earlier
         WHERE earlier.order_id = e.order_id AND earlier.seq < e.seq AND earlier.relayed_at IS NULL)
       ORDER BY id LIMIT ${batch}`,
      [stuck],
    );
    return found.map(({ id }) => id);
  }

  private async relayThese(ids: string[]): Promise<number> {
    const count = await this.db.transaction(async (tx) => {
      const events = await rows<OutboxEvent>(
        tx,
        `SELECT id, order_id AS "orderId", agent_id AS "agentId", seq, type, snapshot, occurred_at AS "occurredAt"
         FROM outbox_event WHERE id = ANY($1) AND relayed_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED`,
        [ids],
      );
      if (events.length === 0) return 0;
      for (const subscriber of this.subscribers) await subscriber.subscribe(tx, events);
      await tx.query('UPDATE outbox_event SET relayed_at = now() WHERE id = ANY($1)', [
        events.map(({ id }) => id),
      ]);
      return events.length;
    });
    if (count > 0) for (const subscriber of this.subscribers) subscriber.relayed?.();
    return count;
  }

  /** After a batch has failed: its events alone, so that the one that fails is known. */
  private async oneByOne(ids: string[], stuck: string[]): Promise<number> {
    let relayed = 0;
    for (const id of ids) {
      if (this.stopping) break;
      try {
        relayed += await this.relayThese([id]);
      } catch (error) {
        stuck.push(id);
        this.logger.error({ event: 'outbox.event_failed', id, error });
      }
    }
    return relayed;
  }
}
