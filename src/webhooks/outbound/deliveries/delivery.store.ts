import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { newId } from '../../../common/id.js';
import { Config } from '../../../config/config.js';
import { boundedWait, Database, rows, together, type Tx } from '../../../database/database.js';
import type { OutboxEvent } from '../../../outbox/outbox-event.entity.js';
import { failuresUntilRest } from '../endpoints/endpoint-health.js';
import { renderBody, requestIdOf } from '../profiles/render.js';
import type { WebhookProfile } from '../profiles/webhook-profile.js';
import type { WebhookDelivery } from './webhook-delivery.entity.js';
import { WebhookEndpoint } from '../endpoints/webhook-endpoint.entity.js';

/** What there is to send now, and the right to send it. */
export interface ClaimedDelivery extends Pick<
  WebhookDelivery,
  'id' | 'eventId' | 'orderId' | 'seq' | 'type' | 'profile' | 'requestId' | 'attempts' | 'occurredAt'
> {
  lease: string;
  body: string;
}

export interface Claimed {
  /** Before the lease began, by this process's clock (`performance.now()`). */
  askedAt: number;
  endpoint: WebhookEndpoint;
  deliveries: ClaimedDelivery[];
}

const claimedColumns = `d.id, d.event_id AS "eventId", d.order_id AS "orderId", d.seq, d.type, d.profile,
  d.request_id AS "requestId", b.body, d.attempts, d.occurred_at AS "occurredAt", d.lease_token AS lease`;

/** The rows of deliveries. All times are the database's. */
@Injectable()
export class DeliveryStore {
  constructor(
    private readonly db: Database,
    private readonly config: Config,
  ) {}

  /** One delivery for each event and endpoint, however often it is asked for. Returns how many are new. */
  async insert(tx: Tx, wanted: Wanted[]): Promise<number> {
    if (wanted.length === 0) return 0;
    const [, inserted] = await together([
      insertBodies(tx, wanted),
      rows(
        tx,
        `INSERT INTO webhook_delivery
           (id, endpoint_id, event_id, order_id, seq, type, profile, request_id, body_id, state, attempts, next_at,
            occurred_at, created_at)
         SELECT id, endpoint_id, event_id, order_id, seq, type, profile, request_id, body_id, 'pending', 0, now(),
            occurred_at, now()
         FROM json_to_recordset($1::json) AS made (id text, endpoint_id text, event_id text, order_id text, seq int,
            type text, profile text, request_id text, body_id text, occurred_at timestamptz)
         ON CONFLICT (endpoint_id, event_id) DO NOTHING RETURNING id`,
        [JSON.stringify(wanted.map(newDelivery))],
      ),
    ]);
    return inserted.length;
  }

  /** A delivery of no order, which only `claimOne` takes. */
  async insertTest(
    tx: Tx,
    test: Pick<WebhookDelivery, 'id' | 'endpointId' | 'type' | 'profile' | 'requestId'> & { body: string },
  ): Promise<void> {
    await together([
      tx.query('INSERT INTO webhook_body (id, body) VALUES ($1, $2)', [test.id, test.body]),
      tx.query(
        `INSERT INTO webhook_delivery
           (id, endpoint_id, seq, type, profile, request_id, body_id, state, attempts, occurred_at, created_at)
         VALUES ($1, $2, 0, $3, $4, $5, $1, 'pending', 0, now(), now())`,
        [test.id, test.endpointId, test.type, test.profile, test.requestId],
      ),
    ]);
  }

  /** Endpoints to which something can be sent now. */
  async endpointsDue(): Promise<string[]> {
    const due = await this.db.query<{ id: string }>(
      `SELECT id FROM webhook_endpoint AS e
       WHERE enabled AND deleted_at IS NULL AND (resting_until IS NULL OR resting_until <= now()) AND EXISTS (
         SELECT 1 FROM webhook_delivery AS d
         WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.next_at <= now()
           AND (d.lease_until IS NULL OR d.lease_until < now()))`,
    );
    return due.map(({ id }) => id);
  }

  /**
   * Takes what may be sent to an endpoint now, under a lease; null if the endpoint takes nothing. Of an order at most one
   * at a time, the newest news, and none before its beginning: so nothing older is sent after something newer. The
   * endpoint's row is locked first, or two processes could each take one of the same order without seeing the other.
   * Of an order with many that wait, all but the newest are passed over by one look each: CASE asks for that first.
   * That one waits is told by `next_at`: by its state the planner may read all that is due instead of the order's.
   */
  async claim(endpointId: string, limit: number): Promise<Claimed | null> {
    const { deliverLeaseMs, deliverAfterDeadMs } = this.config.timings;
    const askedAt = performance.now();
    return this.db.transaction(async (tx) => {
      const endpoint = await tx.getRepository(WebhookEndpoint).findOne({
        where: { id: endpointId },
        lock: { mode: 'for_no_key_update' },
      });
      const [clock] = await rows<{ now: Date }>(tx, 'SELECT clock_timestamp() AS now');
      if (!endpoint || !clock || !takes(endpoint, clock.now)) return null;
      const probing = endpoint.consecutiveFailures >= failuresUntilRest;
      const deliveries = await rows<ClaimedDelivery>(
        tx,
        `WITH due AS MATERIALIZED (
           SELECT id FROM webhook_delivery AS d
           WHERE endpoint_id = $1 AND state = 'pending' AND next_at <= now()
             AND (lease_until IS NULL OR lease_until < now())
             AND NOT ($6 AND EXISTS (
               SELECT 1 FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'pending' AND lease_until >= now()))
             AND CASE WHEN d.type = 'order_update' AND EXISTS (
               SELECT 1 FROM webhook_delivery AS newer
               WHERE newer.endpoint_id = d.endpoint_id AND newer.order_id = d.order_id AND newer.seq > d.seq
                 AND newer.next_at IS NOT NULL)
             THEN false ELSE NOT EXISTS (
               SELECT 1 FROM webhook_delivery AS other
               WHERE other.endpoint_id = d.endpoint_id AND other.order_id = d.order_id AND other.id <> d.id
                 AND (other.state = 'pending' AND (other.lease_until >= now() OR other.type = 'order_create')
                   OR other.state = 'dead' AND other.seq < d.seq
                        AND other.ended_at > now() - $5 * interval '1 ms')) END
           ORDER BY next_at LIMIT $4 FOR UPDATE SKIP LOCKED)
         UPDATE webhook_delivery AS d
         SET lease_token = $2, lease_until = now() + $3 * interval '1 ms', attempts = d.attempts + 1
         FROM due, webhook_body AS b WHERE d.id = due.id AND b.id = d.body_id RETURNING ${claimedColumns}`,
        [endpointId, randomUUID(), deliverLeaseMs, probing ? 1 : limit, deliverAfterDeadMs, probing],
      );
      return { askedAt, endpoint, deliveries };
    });
  }

  /** Takes one delivery to be sent at once, whatever the state of its endpoint; null if it is not there to be taken. */
  async claimOne(id: string): Promise<Claimed | null> {
    const askedAt = performance.now();
    const [delivery] = await this.db.query<ClaimedDelivery & { endpointId: string }>(
      `UPDATE webhook_delivery AS d
       SET lease_token = $2, lease_until = now() + $3 * interval '1 ms', attempts = d.attempts + 1
       FROM webhook_body AS b, ${boundedWait}
       WHERE d.id = $1 AND b.id = d.body_id AND d.state = 'pending' AND (d.lease_until IS NULL OR d.lease_until < now())
       RETURNING ${claimedColumns}, d.endpoint_id AS "endpointId"`,
      [id, randomUUID(), this.config.timings.deliverLeaseMs],
    );
    const endpoint =
      delivery && (await this.db.repository(WebhookEndpoint).findOneBy({ id: delivery.endpointId }));
    return delivery && endpoint ? { askedAt, endpoint, deliveries: [delivery] } : null;
  }

  /** Gives back what was claimed and not begun; one that was replayed meanwhile counts from 0 already. */
  async release(deliveries: ClaimedDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    await this.db.query(
      `UPDATE webhook_delivery SET lease_token = NULL, lease_until = NULL, attempts = greatest(attempts - 1, 0)
       FROM ${boundedWait} WHERE id = ANY($1) AND lease_token = ANY($2)`,
      [deliveries.map(({ id }) => id), deliveries.map(({ lease }) => lease)],
    );
  }
}

function takes({ enabled, deletedAt, restingUntil }: WebhookEndpoint, now: Date): boolean {
  return enabled && !deletedAt && (restingUntil === null || restingUntil <= now);
}

interface Wanted {
  endpointId: string;
  profile: WebhookProfile;
  event: OutboxEvent;
}

const bodyIdOf = ({ event, profile }: Wanted): string => `${event.id}:${profile}`;

const newDelivery = (wanted: Wanted): object => ({
  id: newId('whd'),
  endpoint_id: wanted.endpointId,
  event_id: wanted.event.id,
  order_id: wanted.event.orderId,
  seq: wanted.event.seq,
  type: wanted.event.type,
  profile: wanted.profile,
  request_id: requestIdOf(wanted.profile, wanted.event),
  body_id: bodyIdOf(wanted),
  occurred_at: wanted.event.occurredAt,
});

function insertBodies(tx: Tx, wanted: Wanted[]): Promise<unknown> {
  const bodies = new Map<string, string>();
  for (const one of wanted) {
    const id = bodyIdOf(one);
    if (!bodies.has(id)) bodies.set(id, renderBody(one.profile, one.event));
  }
  return tx.query(
    'INSERT INTO webhook_body (id, body) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (id) DO NOTHING',
    [[...bodies.keys()], [...bodies.values()]],
  );
}
