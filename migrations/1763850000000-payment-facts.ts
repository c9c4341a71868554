import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What payments need beyond the charge: prepared objects, operations, disputes, saved tokens; and orders' adjustments. */
export class PaymentFacts1763850000000 implements MigrationInterface {
  readonly name = 'PaymentFacts1763850000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE payment_attempt ADD COLUMN authentication_id text COLLATE "C";
      CREATE UNIQUE INDEX payment_attempt_authentication_key ON payment_attempt (authentication_id) WHERE authentication_id IS NOT NULL;
      CREATE INDEX payment_attempt_reference_idx ON payment_attempt (provider, reference) WHERE reference IS NOT NULL;
      -- A payment of the provider pays once, whatever the code does. An attempt that ended without money does not count.
      CREATE UNIQUE INDEX payment_attempt_reference_key ON payment_attempt (provider, reference)
        WHERE reference IS NOT NULL AND state NOT IN ('failed', 'canceled');
      CREATE INDEX payment_attempt_canceling_idx ON payment_attempt (updated_at) WHERE state = 'canceling';
      CREATE INDEX payment_attempt_paid_idx ON payment_attempt (provider, updated_at) WHERE state IN ('authorized', 'captured');

      CREATE TABLE prepared_payment (
        id text COLLATE "C" NOT NULL,
        subject_id text COLLATE "C" NOT NULL,
        provider text NOT NULL,
        kind text NOT NULL,
        amount bigint NOT NULL,
        currency text NOT NULL,
        reference text,
        url text,
        created_at timestamptz NOT NULL,
        released_at timestamptz,
        closed_at timestamptz,
        CONSTRAINT prepared_payment_amount_positive CHECK (amount > 0),
        CONSTRAINT prepared_payment_pkey PRIMARY KEY (id)
      );
      CREATE INDEX prepared_payment_subject_idx ON prepared_payment (subject_id);
      CREATE INDEX prepared_payment_closing_idx ON prepared_payment (released_at)
        WHERE kind = 'link' AND released_at IS NOT NULL AND closed_at IS NULL;

      CREATE TABLE payment_operation (
        id text COLLATE "C" NOT NULL,
        kind text NOT NULL,
        payment_id text COLLATE "C",
        provider text NOT NULL,
        payment_reference text NOT NULL,
        claim_id text COLLATE "C",
        amount bigint NOT NULL,
        currency text NOT NULL,
        reason text NOT NULL,
        requested_by text NOT NULL,
        state text NOT NULL,
        reference text,
        failure text,
        lease_token text,
        lease_until timestamptz,
        called_at timestamptz,
        tries integer NOT NULL,
        next_at timestamptz NOT NULL,
        flagged_at timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT payment_operation_amount_positive CHECK (amount > 0),
        CONSTRAINT payment_operation_pkey PRIMARY KEY (id)
      );
      CREATE INDEX payment_operation_payment_idx ON payment_operation (payment_id);
      CREATE UNIQUE INDEX payment_operation_claim_key ON payment_operation (claim_id) WHERE claim_id IS NOT NULL;
      CREATE UNIQUE INDEX payment_operation_reference_key ON payment_operation (provider, reference) WHERE reference IS NOT NULL;
      CREATE UNIQUE INDEX payment_operation_orphan_key ON payment_operation (provider, payment_reference) WHERE payment_id IS NULL;
      -- An authorization is either taken or let go, and only once.
      CREATE UNIQUE INDEX payment_operation_one_ending_key ON payment_operation (payment_id)
        WHERE kind IN ('capture', 'release') AND state <> 'failed';
      CREATE INDEX payment_operation_due_idx ON payment_operation (next_at) WHERE state IN ('started', 'called', 'unknown', 'pending');

      CREATE TABLE payment_dispute (
        id text COLLATE "C" NOT NULL,
        payment_id text COLLATE "C" NOT NULL,
        provider text NOT NULL,
        reference text NOT NULL,
        reason text NOT NULL,
        status text NOT NULL,
        amount bigint NOT NULL,
        currency text NOT NULL,
        opened_at timestamptz NOT NULL,
        observed_at timestamptz NOT NULL,
        CONSTRAINT payment_dispute_pkey PRIMARY KEY (id)
      );
      CREATE INDEX payment_dispute_payment_idx ON payment_dispute (payment_id);
      CREATE UNIQUE INDEX payment_dispute_reference_key ON payment_dispute (provider, reference);

      CREATE TABLE saved_token (
        id text COLLATE "C" NOT NULL,
        agent_id text COLLATE "C" NOT NULL,
        provider text NOT NULL,
        hash bytea NOT NULL,
        last4 text NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT saved_token_pkey PRIMARY KEY (id)
      );
      CREATE UNIQUE INDEX saved_token_hash_key ON saved_token (agent_id, hash);

      CREATE TABLE provider_mark (
        provider text NOT NULL,
        listed_until timestamptz NOT NULL,
        looked_back_at timestamptz,
        CONSTRAINT provider_mark_pkey PRIMARY KEY (provider)
      );

      CREATE TABLE order_adjustment (
        id text COLLATE "C" NOT NULL,
        order_id text COLLATE "C" NOT NULL,
        source_id text COLLATE "C" NOT NULL,
        type text NOT NULL,
        status text NOT NULL,
        amount bigint NOT NULL,
        currency text NOT NULL,
        reason text,
        description text,
        line_items jsonb NOT NULL,
        occurred_at timestamptz NOT NULL,
        CONSTRAINT order_adjustment_not_negative CHECK (amount >= 0),
        CONSTRAINT order_adjustment_pkey PRIMARY KEY (id)
      );
      CREATE INDEX order_adjustment_order_idx ON order_adjustment (order_id, id);
      CREATE UNIQUE INDEX order_adjustment_source_key ON order_adjustment (source_id);
      CREATE INDEX shop_order_payment_idx ON shop_order (payment_id);

      ALTER TABLE order_adjustment ADD CONSTRAINT order_adjustment_order_fkey FOREIGN KEY (order_id) REFERENCES shop_order(id);
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
