import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The inbox of the payment providers' webhooks. */
export class WebhookEvents1763856000000 implements MigrationInterface {
  readonly name = 'WebhookEvents1763856000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_event (
        id text COLLATE "C" NOT NULL,
        provider text NOT NULL,
        event_id text COLLATE "C" NOT NULL,
        type text NOT NULL,
        known boolean NOT NULL,
        part text,
        payment text,
        dispute text,
        state text NOT NULL,
        result text,
        summary jsonb NOT NULL,
        body text,
        attempts integer NOT NULL,
        next_at timestamptz,
        try_until timestamptz NOT NULL,
        lease_token text,
        lease_until timestamptz,
        last_error text,
        received_at timestamptz NOT NULL,
        processed_at timestamptz,
        CONSTRAINT webhook_event_pkey PRIMARY KEY (id)
      );
      -- Global, so the table can never be partitioned by time: rows stay, only their bodies go.
      CREATE UNIQUE INDEX webhook_event_key ON webhook_event (provider, event_id);
      CREATE INDEX webhook_event_due_idx ON webhook_event (next_at) WHERE state IN ('received', 'waiting');
      CREATE INDEX webhook_event_body_idx ON webhook_event (received_at) WHERE body IS NOT NULL;
      CREATE INDEX webhook_event_failed_idx ON webhook_event (id) WHERE state = 'failed';
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
