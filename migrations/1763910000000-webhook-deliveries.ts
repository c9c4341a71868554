import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where events of orders go, what was sent there and how that went. */
export class WebhookDeliveries1763910000000 implements MigrationInterface {
  readonly name = 'WebhookDeliveries1763910000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_endpoint (
        id text COLLATE "C" NOT NULL,
        agent_id text COLLATE "C",
        url text NOT NULL,
        description text,
        profile text NOT NULL,
        signature_header text,
        events text[] NOT NULL,
        enabled boolean NOT NULL,
        secret text NOT NULL,
        next_secret text,
        next_secret_at timestamptz,
        consecutive_failures integer NOT NULL,
        failing_since timestamptz,
        resting_until timestamptz,
        disabled_at timestamptz,
        disabled_reason text,
        deleted_at timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT webhook_endpoint_failures_not_negative CHECK (consecutive_failures >= 0),
        CONSTRAINT webhook_endpoint_pkey PRIMARY KEY (id)
      );
      CREATE INDEX webhook_endpoint_agent_idx ON webhook_endpoint (agent_id) WHERE deleted_at IS NULL;

      -- Once for every endpoint that is told the same in the same words.
      CREATE TABLE webhook_body (
        id text COLLATE "C" NOT NULL,
        body text NOT NULL,
        CONSTRAINT webhook_body_pkey PRIMARY KEY (id)
      );

      -- No foreign keys on the way of a delivery: they would lock and look up a row for each.
      CREATE TABLE webhook_delivery (
        id text COLLATE "C" NOT NULL,
        endpoint_id text COLLATE "C" NOT NULL,
        event_id text COLLATE "C",
        order_id text COLLATE "C",
        seq integer NOT NULL,
        type text NOT NULL,
        profile text NOT NULL,
        request_id text NOT NULL,
        body_id text COLLATE "C" NOT NULL,
        state text NOT NULL,
        attempts integer NOT NULL,
        next_at timestamptz,
        lease_token text,
        lease_until timestamptz,
        superseded_by text COLLATE "C",
        last_status integer,
        last_error text,
        occurred_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT webhook_delivery_attempts_not_negative CHECK (attempts >= 0),
        CONSTRAINT webhook_delivery_pkey PRIMARY KEY (id)
      -- Room for the claim, which changes no indexed column, to stay on the page.
      ) WITH (fillfactor = 80);
      -- However often an event is relayed, an endpoint has it once.
      CREATE UNIQUE INDEX webhook_delivery_event_key ON webhook_delivery (endpoint_id, event_id);
      CREATE INDEX webhook_delivery_order_idx ON webhook_delivery (order_id, endpoint_id, seq);
      CREATE INDEX webhook_delivery_due_idx ON webhook_delivery (endpoint_id, next_at) WHERE state = 'pending';
      CREATE INDEX webhook_delivery_dead_idx ON webhook_delivery (id) WHERE state = 'dead';

      CREATE TABLE webhook_attempt (
        id text COLLATE "C" NOT NULL,
        delivery_id text COLLATE "C" NOT NULL,
        at timestamptz NOT NULL,
        status integer,
        error text,
        latency_ms integer NOT NULL,
        response_excerpt text,
        CONSTRAINT webhook_attempt_pkey PRIMARY KEY (id)
      );
      CREATE INDEX webhook_attempt_delivery_idx ON webhook_attempt (delivery_id, id);

      -- To find what an endpoint missed since a moment.
      CREATE INDEX outbox_event_occurred_idx ON outbox_event (occurred_at);
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
