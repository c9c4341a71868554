import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which e-mails are to be sent and how that went. Neither addresses nor texts: those are made from the order. */
export class Emails1763920000000 implements MigrationInterface {
  readonly name = 'Emails1763920000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE email_message (
        id text COLLATE "C" NOT NULL,
        order_id text COLLATE "C" NOT NULL,
        kind text NOT NULL,
        subject_id text COLLATE "C" NOT NULL,
        state text NOT NULL,
        attempts integer NOT NULL,
        edition integer NOT NULL,
        next_at timestamptz,
        lease_token text,
        lease_until timestamptz,
        last_error text,
        created_at timestamptz NOT NULL,
        sent_at timestamptz,
        CONSTRAINT email_message_attempts_not_negative CHECK (attempts >= 0),
        CONSTRAINT email_message_pkey PRIMARY KEY (id)
      );
      -- However often an event is relayed, the buyer is told once.
      CREATE UNIQUE INDEX email_message_subject_key ON email_message (order_id, kind, subject_id);
      CREATE INDEX email_message_due_idx ON email_message (next_at) WHERE state = 'pending';
      CREATE INDEX email_message_dead_idx ON email_message (id) WHERE state = 'dead';
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
