import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The first schema: access, settings, catalogue, checkout, payments, orders, outbox, idempotency. */
export class Initial1763769600000 implements MigrationInterface {
  readonly name = 'Initial1763769600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE agent (
        id text COLLATE "C" NOT NULL,
        name text NOT NULL,
        bootstrap_name text,
        options jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT agent_pkey PRIMARY KEY (id)
      );
      CREATE UNIQUE INDEX agent_bootstrap_name_key ON agent (bootstrap_name);

      CREATE TABLE api_key (
        id text COLLATE "C" NOT NULL,
        agent_id text COLLATE "C" NOT NULL,
        name text NOT NULL,
        prefix text NOT NULL,
        hash bytea NOT NULL,
        scopes text[] NOT NULL,
        expires_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz NOT NULL,
        CONSTRAINT api_key_pkey PRIMARY KEY (id)
      );
      CREATE INDEX api_key_agent_idx ON api_key (agent_id);
      CREATE INDEX api_key_prefix_idx ON api_key (prefix);
      CREATE UNIQUE INDEX api_key_hash_key ON api_key (hash);

      CREATE TABLE product (
        id text COLLATE "C" NOT NULL,
        name text NOT NULL,
        description text NOT NULL,
        category text NOT NULL,
        images text[] NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT product_pkey PRIMARY KEY (id)
      );

      CREATE TABLE item (
        id text COLLATE "C" NOT NULL,
        product_id text COLLATE "C" NOT NULL,
        name text NOT NULL,
        variant_options jsonb NOT NULL,
        delivery text NOT NULL,
        max_per_order integer,
        on_sale boolean NOT NULL,
        CONSTRAINT item_max_per_order_positive CHECK (max_per_order > 0),
        CONSTRAINT item_pkey PRIMARY KEY (id)
      );
      CREATE INDEX item_product_idx ON item (product_id);

      CREATE TABLE item_price (
        item_id text COLLATE "C" NOT NULL,
        currency text NOT NULL,
        amount bigint NOT NULL,
        CONSTRAINT item_price_not_negative CHECK (amount >= 0),
        CONSTRAINT item_price_pkey PRIMARY KEY (item_id, currency)
      );

      CREATE TABLE inventory (
        item_id text COLLATE "C" NOT NULL,
        tracked boolean NOT NULL,
        on_hand bigint NOT NULL,
        reserved bigint NOT NULL,
        CONSTRAINT inventory_never_oversold CHECK (NOT tracked OR reserved <= on_hand),
        CONSTRAINT inventory_reserved_not_negative CHECK (reserved >= 0),
        CONSTRAINT inventory_pkey PRIMARY KEY (item_id)
      );

      CREATE TABLE inventory_hold (
        holder_id text COLLATE "C" NOT NULL,
        item_id text COLLATE "C" NOT NULL,
        quantity bigint NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT inventory_hold_positive CHECK (quantity > 0),
        CONSTRAINT inventory_hold_pkey PRIMARY KEY (holder_id, item_id)
      );

      CREATE TABLE checkout_session (
        id text COLLATE "C" NOT NULL,
        agent_id text COLLATE "C" NOT NULL,
        state text NOT NULL,
        currency text NOT NULL,
        total bigint NOT NULL,
        version integer NOT NULL,
        content jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT checkout_session_total_not_negative CHECK (total >= 0),
        CONSTRAINT checkout_session_pkey PRIMARY KEY (id)
      );
      CREATE INDEX checkout_session_expiring_idx ON checkout_session (expires_at) WHERE state IN ('open', 'authentication_required');
      CREATE INDEX checkout_session_agent_idx ON checkout_session (agent_id, id);

      CREATE TABLE store (
        id integer NOT NULL,
        instance_id text NOT NULL,
        epoch integer NOT NULL,
        simulator_id text,
        created_at timestamptz NOT NULL,
        CONSTRAINT store_is_one CHECK (id = 1),
        CONSTRAINT store_pkey PRIMARY KEY (id)
      );

      CREATE TABLE idempotency_claim (
        id text COLLATE "C" NOT NULL,
        agent_id text COLLATE "C" NOT NULL,
        path text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        fingerprint text NOT NULL,
        state text NOT NULL,
        lease_token text,
        lease_until timestamptz,
        status integer,
        body text,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT idempotency_claim_pkey PRIMARY KEY (id)
      );
      CREATE INDEX idempotency_claim_expires_idx ON idempotency_claim (expires_at);
      CREATE UNIQUE INDEX idempotency_claim_key ON idempotency_claim (agent_id, path, key);

      CREATE TABLE shop_order (
        id text COLLATE "C" NOT NULL,
        session_id text COLLATE "C" NOT NULL,
        agent_id text COLLATE "C" NOT NULL,
        number bigint NOT NULL,
        merchant_status text NOT NULL,
        needs_review boolean NOT NULL,
        currency text NOT NULL,
        total bigint NOT NULL,
        totals jsonb NOT NULL,
        buyer jsonb,
        destination jsonb,
        delivery jsonb,
        notes text,
        payment_id text COLLATE "C",
        event_seq integer NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT shop_order_total_not_negative CHECK (total >= 0),
        CONSTRAINT shop_order_pkey PRIMARY KEY (id)
      );
      CREATE UNIQUE INDEX shop_order_session_key ON shop_order (session_id);
      CREATE UNIQUE INDEX shop_order_number_key ON shop_order (number);
      CREATE INDEX shop_order_agent_idx ON shop_order (agent_id, id);

      CREATE TABLE order_line (
        id text COLLATE "C" NOT NULL,
        order_id text COLLATE "C" NOT NULL,
        position integer NOT NULL,
        item_id text COLLATE "C" NOT NULL,
        product_id text COLLATE "C" NOT NULL,
        title text NOT NULL,
        description text NOT NULL,
        image_url text,
        unit_price bigint NOT NULL,
        ordered bigint NOT NULL,
        current bigint NOT NULL,
        fulfilled bigint NOT NULL,
        totals jsonb NOT NULL,
        CONSTRAINT order_line_quantities CHECK (ordered > 0 AND current BETWEEN 0 AND ordered AND fulfilled BETWEEN 0 AND ordered),
        CONSTRAINT order_line_pkey PRIMARY KEY (id)
      );
      CREATE INDEX order_line_order_idx ON order_line (order_id, position);

      CREATE TABLE outbox_event (
        id text COLLATE "C" NOT NULL,
        order_id text COLLATE "C" NOT NULL,
        agent_id text COLLATE "C" NOT NULL,
        seq integer NOT NULL,
        type text NOT NULL,
        snapshot text NOT NULL,
        occurred_at timestamptz NOT NULL,
        relayed_at timestamptz,
        CONSTRAINT outbox_event_pkey PRIMARY KEY (id)
      );
      CREATE INDEX outbox_event_waiting_idx ON outbox_event (id) WHERE relayed_at IS NULL;
      CREATE UNIQUE INDEX outbox_event_order_seq_key ON outbox_event (order_id, seq);

      CREATE TABLE payment_attempt (
        id text COLLATE "C" NOT NULL,
        subject_id text COLLATE "C" NOT NULL,
        n integer NOT NULL,
        claim_id text COLLATE "C" NOT NULL,
        provider text NOT NULL,
        state text NOT NULL,
        amount bigint NOT NULL,
        currency text NOT NULL,
        provider_key text NOT NULL,
        request jsonb NOT NULL,
        credential text,
        reference text,
        instrument jsonb,
        failure jsonb,
        lease_token text,
        lease_until timestamptz,
        called_at timestamptz,
        expires_at timestamptz NOT NULL,
        flagged_at timestamptz,
        history jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT payment_attempt_amount_positive CHECK (amount > 0),
        CONSTRAINT payment_attempt_pkey PRIMARY KEY (id)
      );
      CREATE INDEX payment_attempt_claim_idx ON payment_attempt (claim_id);
      CREATE UNIQUE INDEX payment_attempt_provider_key_key ON payment_attempt (provider_key);
      CREATE INDEX payment_attempt_open_idx ON payment_attempt (created_at) WHERE state IN ('started', 'called', 'unknown', 'pending', 'requires_action');
      CREATE UNIQUE INDEX payment_attempt_one_live_key ON payment_attempt (subject_id) WHERE state IN ('started', 'anchored', 'called', 'unknown', 'pending', 'requires_action', 'canceling', 'authorized', 'captured');
      CREATE UNIQUE INDEX payment_attempt_number_key ON payment_attempt (subject_id, n);

      CREATE TABLE audit_entry (
        id text COLLATE "C" NOT NULL,
        position bigint NOT NULL,
        at timestamptz NOT NULL,
        actor text NOT NULL,
        action text NOT NULL,
        subject text NOT NULL,
        request_id text,
        before jsonb,
        after jsonb,
        hash text NOT NULL,
        CONSTRAINT audit_entry_pkey PRIMARY KEY (id)
      );
      CREATE UNIQUE INDEX audit_entry_position_key ON audit_entry (position);

      CREATE TABLE setting (
        namespace text NOT NULL,
        version integer NOT NULL,
        "values" jsonb NOT NULL,
        updated_at timestamptz NOT NULL,
        updated_by text NOT NULL,
        CONSTRAINT setting_pkey PRIMARY KEY (namespace)
      );

      ALTER TABLE api_key ADD CONSTRAINT api_key_agent_fkey FOREIGN KEY (agent_id) REFERENCES agent(id);
      ALTER TABLE item ADD CONSTRAINT item_product_fkey FOREIGN KEY (product_id) REFERENCES product(id);
      ALTER TABLE item_price ADD CONSTRAINT item_price_item_fkey FOREIGN KEY (item_id) REFERENCES item(id) ON DELETE CASCADE;
      ALTER TABLE inventory ADD CONSTRAINT inventory_item_fkey FOREIGN KEY (item_id) REFERENCES item(id) ON DELETE CASCADE;
      ALTER TABLE inventory_hold ADD CONSTRAINT inventory_hold_inventory_fkey FOREIGN KEY (item_id) REFERENCES inventory(item_id);
      ALTER TABLE order_line ADD CONSTRAINT order_line_order_fkey FOREIGN KEY (order_id) REFERENCES shop_order(id);

      -- Drawn before an order is written, so that no order waits for another one. Starts where a number looks like one.
      CREATE SEQUENCE shop_order_number_seq START 1001;
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
