import { Injectable } from '@nestjs/common';
import { newId } from '../../../common/id.js';
import { Config } from '../../../config/config.js';
import { Database, rows, together, type Tx } from '../../../database/database.js';
import { EndpointHealth } from '../endpoints/endpoint-health.js';
import type { Sent } from './delivery.sender.js';
import type { DeliveryState } from './webhook-delivery.entity.js';
import type { WebhookEndpoint } from '../endpoints/webhook-endpoint.entity.js';

/** What recording attempts came to. */
export interface Recorded {
  /** By delivery id; one whose right to send was lost meanwhile is missing. */
  deliveries: Map<string, { state: DeliveryState; nextAt: Date | null }>;
  superseded: { id: string; by: string }[];
  /** Why the endpoint was disabled just now. */
  disabled: string | null;
}

/** Writes down what was sent and how that went: attempts, deliveries and the endpoint's health, in one commit. */
@Injectable()
export class DeliveryRecorder {
  constructor(
    private readonly db: Database,
    private readonly health: EndpointHealth,
    private readonly config: Config,
  ) {}

  async record(endpoint: Pick<WebhookEndpoint, 'id' | 'url'>, sent: Sent[]): Promise<Recorded> {
    const results = JSON.stringify(sent.map((one) => this.resultOf(one)));
    // Tests say nothing of the endpoint's health: a merchant tries an address out with them.
    const counted = sent.filter(({ delivery }) => delivery.eventId !== null);
    const newer = sent.filter(
      ({ delivery, verdict }) => isNews(delivery.type) && verdict.next === 'delivered',
    );
    return this.db.transaction(async (tx) => {
      const [disabled, , updated, superseded] = await together([
        this.health.write(tx, endpoint, counted),
        insertAttempts(tx, results),
        updateDeliveries(tx, results),
        supersedeOlder(
          tx,
          newer.map(({ delivery }) => delivery.id),
        ),
      ]);
      const deliveries = new Map(updated.map(({ id, state, nextAt }) => [id, { state, nextAt }]));
      return { deliveries, superseded, disabled };
    });
  }

  private resultOf({ delivery, status, error, latencyMs, excerpt, verdict }: Sent): object {
    const state: DeliveryState =
      verdict.next === 'delivered'
        ? 'delivered'
        : verdict.next === 'dead' || !delivery.eventId
          ? 'dead'
          : 'pending';
    return {
      attempt_id: newId('wha'),
      id: delivery.id,
      lease: delivery.lease,
      state,
      status,
      error,
      latency_ms: latencyMs,
      excerpt,
      wait_ms:
        verdict.next === 'again' ? Math.ceil(verdict.seconds * this.config.timings.deliverSecondMs) : null,
    };
  }
}

const isNews = (type: string): boolean => type === 'order_update';

const recordset = `json_to_recordset($1::json) AS r (attempt_id text, id text, lease text, state text, status int,
  error text, latency_ms int, excerpt text, wait_ms int8)`;

/**
 * What was answered is kept by whoever still has the lease: it may quote a body that was rewritten since (privacy). The
 * newest is locked first, as what it supersedes follows.
 */
const insertAttempts = (tx: Tx, results: string): Promise<unknown> =>
  tx.query(
    `WITH held AS MATERIALIZED (
       SELECT d.id FROM webhook_delivery AS d JOIN ${recordset} ON d.id = r.id AND d.lease_token = r.lease
       ORDER BY d.id DESC FOR NO KEY UPDATE OF d)
     INSERT INTO webhook_attempt (id, delivery_id, at, status, error, latency_ms, response_excerpt)
     SELECT attempt_id, id, now() - latency_ms * interval '1 ms', status, error, latency_ms,
       CASE WHEN id IN (SELECT id FROM held) THEN excerpt END
     FROM ${recordset}`,
    [results],
  );

/** A success stands, whoever has the lease or has given up by now; a failure counts only for whom it was to send. */
const updateDeliveries = (
  tx: Tx,
  results: string,
): Promise<{ id: string; state: DeliveryState; nextAt: Date | null }[]> =>
  rows(
    tx,
    `UPDATE webhook_delivery AS d SET
       state = r.state, last_status = r.status, last_error = r.error, lease_token = NULL, lease_until = NULL,
       next_at = CASE WHEN r.state = 'pending' THEN now() + r.wait_ms * interval '1 ms' END,
       ended_at = CASE WHEN r.state <> 'pending' THEN now() END
     FROM ${recordset}
     WHERE d.id = r.id AND (d.state = 'pending' AND d.lease_token = r.lease
       OR r.state = 'delivered' AND d.state IN ('pending', 'dead'))
     RETURNING d.id, d.state, d.next_at AS "nextAt"`,
    [results],
  );

/** Each delivery is the whole order: once a newer one has arrived, older news is none. Never the order's beginning. */
function supersedeOlder(tx: Tx, deliveredIds: string[]): Promise<{ id: string; by: string }[]> {
  if (deliveredIds.length === 0) return Promise.resolve([]);
  return rows(
    tx,
    `UPDATE webhook_delivery AS older SET
       state = 'superseded', superseded_by = newer.id, next_at = NULL, lease_token = NULL, lease_until = NULL, ended_at = now()
     FROM webhook_delivery AS newer
     WHERE newer.id = ANY($1) AND newer.state = 'delivered' AND older.endpoint_id = newer.endpoint_id AND older.order_id = newer.order_id
       AND older.seq < newer.seq AND older.type = 'order_update' AND older.state = 'pending'
     RETURNING older.id, older.superseded_by AS by`,
    [deliveredIds],
  );
}
