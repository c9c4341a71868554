import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config/config.js';
import { rows, type Tx } from '../database/database.js';
import type { OrderView } from '../orders/order.view.js';
import type { OutboxEvent } from '../outbox/outbox-event.entity.js';
import { OutboxRelay, type OutboxSubscriber } from '../outbox/outbox-relay.js';
import { QueueService } from '../queue/queue.service.js';
import { EmailStore, type WantedEmail } from './email.store.js';

type Fulfillment = OrderView['fulfillments'][number];

/** Turns what happens to orders into e-mails to send. Without a mail server it hears of nothing. */
@Injectable()
export class EmailSubscriber implements OutboxSubscriber, OnModuleInit {
  readonly name = 'emails';
  private wrote = false;

  constructor(
    private readonly relay: OutboxRelay,
    private readonly emails: EmailStore,
    private readonly queue: QueueService,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    if (this.config.smtp) this.relay.add(this);
  }

  async subscribe(tx: Tx, events: OutboxEvent[]): Promise<void> {
    const confirmations = events
      .filter(({ type }) => type === 'order_create')
      .map(({ orderId }): WantedEmail => ({ orderId, kind: 'order_confirmation', subjectId: orderId }));
    const wanted = [...confirmations, ...(await this.newShipments(tx, events))];
    if (wanted.length === 0) return;
    await this.emails.insert(tx, wanted);
    this.wrote = true;
  }

  relayed(): void {
    if (this.wrote) this.queue.wake('emails.send');
    this.wrote = false;
  }

  /**
   * What this event has sent on its way. What the event before shows as sent already is no news: a mail server that is
   * set up today must not tell of last month's parcels when one of them is refunded.
   */
  private async newShipments(tx: Tx, events: OutboxEvent[]): Promise<WantedEmail[]> {
    const shipped = events
      .map((event) => ({ event, ids: dispatchedIn(event.snapshot) }))
      .filter(({ ids }) => ids.length > 0);
    if (shipped.length === 0) return [];
    const before = await rows<Pick<OutboxEvent, 'orderId' | 'snapshot'>>(
      tx,
      `SELECT e.order_id AS "orderId", e.snapshot
       FROM unnest($1::text[], $2::int[]) AS wanted (order_id, seq)
       JOIN outbox_event AS e ON e.order_id = wanted.order_id AND e.seq = wanted.seq`,
      [shipped.map(({ event }) => event.orderId), shipped.map(({ event }) => event.seq - 1)],
    );
    return shipped.flatMap(({ event: { orderId }, ids }) => {
      const known = before
        .filter((one) => one.orderId === orderId)
        .flatMap((one) => dispatchedIn(one.snapshot));
      return ids
        .filter((id) => !known.includes(id))
        .map((subjectId): WantedEmail => ({ orderId, kind: 'shipment', subjectId }));
    });
  }
}

const underWay = ['shipped', 'in_transit', 'out_for_delivery', 'ready_for_pickup'];

/** A parcel that has arrived is not announced any more, a download is there once it is delivered. */
const isWorthTelling = ({ type, status }: Fulfillment): boolean =>
  underWay.includes(status) || (type === 'digital' && status === 'delivered');

function dispatchedIn(snapshot: string): string[] {
  const { fulfillments } = JSON.parse(snapshot) as OrderView;
  return fulfillments.filter(isWorthTelling).map(({ id }) => id);
}
