import { Injectable } from '@nestjs/common';
import { Metrics } from '../../../common/metrics.js';
import { Database } from '../../../database/database.js';

/** What can be seen of outgoing webhooks from outside. */
@Injectable()
export class DeliveryMetrics {
  readonly attempts;
  readonly lag;
  readonly disabled;

  constructor(metrics: Metrics, db: Database) {
    this.attempts = metrics.counter('webhook_attempts_total', 'Attempts to deliver a webhook.', [
      'endpoint',
      'outcome',
    ]);
    this.disabled = metrics.counter(
      'webhook_endpoints_disabled_total',
      'Endpoints that were disabled for failing.',
      ['endpoint'],
    );
    this.lag = metrics.histogram(
      'webhook_delivery_lag_seconds',
      'From the change of an order to the answer of the receiver.',
      [0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1_800, 7_200, 86_400],
    );
    metrics.gauge(
      'webhook_oldest_undelivered_seconds',
      'Age of the oldest event that an endpoint still waits for: alert on this one.',
      [],
      async () => [{ labels: {}, value: await oldest(db) }],
    );
    metrics.gauge(
      'webhook_dead_deliveries',
      'Deliveries that were given up and not replayed.',
      [],
      async () => {
        const [row] = await db.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM webhook_delivery WHERE state = 'dead'`,
        );
        return [{ labels: {}, value: row?.count ?? 0 }];
      },
    );
  }
}

/** An event that nobody has relayed yet is waited for too. */
async function oldest(db: Database): Promise<number> {
  const [row] = await db.query<{ seconds: number | null }>(
    `SELECT extract(epoch FROM now() - least(
       (SELECT min(occurred_at) FROM webhook_delivery AS d JOIN webhook_endpoint AS e ON e.id = d.endpoint_id
         WHERE d.state = 'pending' AND e.enabled AND e.deleted_at IS NULL AND d.event_id IS NOT NULL),
       (SELECT min(occurred_at) FROM outbox_event WHERE relayed_at IS NULL)))::float8 AS seconds`,
  );
  return Math.max(row?.seconds ?? 0, 0);
}
