import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What becomes of an order: fulfillments with their events, more kinds of adjustments, indexes to find it by. */
export class OrderLife1763900000000 implements MigrationInterface {
  readonly name = 'OrderLife1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE order_fulfillment (
        id text COLLATE "C" NOT NULL,
        order_id text COLLATE "C" NOT NULL,
        type text NOT NULL,
        carrier text,
        tracking_number text,
        tracking_url text,
        description text,
        line_items jsonb NOT NULL,
        digital_delivery jsonb,
        created_at timestamptz NOT NULL,
        CONSTRAINT order_fulfillment_pkey PRIMARY KEY (id)
      );
      CREATE INDEX order_fulfillment_order_idx ON order_fulfillment (order_id, created_at, id);

      CREATE TABLE order_fulfillment_event (
        id text COLLATE "C" NOT NULL,
        fulfillment_id text COLLATE "C" NOT NULL,
        order_id text COLLATE "C" NOT NULL,
        position integer NOT NULL,
        type text NOT NULL,
        occurred_at timestamptz NOT NULL,
        description text,
        location text,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT order_fulfillment_event_pkey PRIMARY KEY (id)
      );
      CREATE INDEX order_fulfillment_event_order_idx ON order_fulfillment_event (order_id);
      CREATE UNIQUE INDEX order_fulfillment_event_position_key ON order_fulfillment_event (fulfillment_id, position);

      ALTER TABLE order_fulfillment ADD CONSTRAINT order_fulfillment_order_fkey
        FOREIGN KEY (order_id) REFERENCES shop_order(id);
      ALTER TABLE order_fulfillment_event ADD CONSTRAINT order_fulfillment_event_fulfillment_fkey
        FOREIGN KEY (fulfillment_id) REFERENCES order_fulfillment(id);

      ALTER TABLE order_adjustment
        ALTER COLUMN source_id DROP NOT NULL,
        ALTER COLUMN amount DROP NOT NULL,
        ALTER COLUMN currency DROP NOT NULL;

      ALTER TABLE order_line DROP CONSTRAINT order_line_quantities;
      ALTER TABLE order_line ADD CONSTRAINT order_line_quantities
        CHECK (ordered > 0 AND current BETWEEN 0 AND ordered AND fulfilled BETWEEN 0 AND current);

      ALTER TABLE shop_order ADD COLUMN confirmation_emailed_at timestamptz;
      CREATE INDEX shop_order_status_idx ON shop_order (merchant_status, id);
      CREATE INDEX shop_order_currency_idx ON shop_order (currency, id);
      CREATE INDEX shop_order_review_idx ON shop_order (id) WHERE needs_review;
      CREATE INDEX shop_order_created_idx ON shop_order (created_at);
      CREATE INDEX shop_order_email_idx ON shop_order (lower(coalesce(buyer->>'email', destination->>'email')));
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
