import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the sandbox's agent was sent. Empty outside the sandbox. */
export class SandboxReceiver1763930000000 implements MigrationInterface {
  readonly name = 'SandboxReceiver1763930000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sandbox_agent_webhook (
        id text COLLATE "C" NOT NULL,
        received_at timestamptz NOT NULL,
        headers jsonb NOT NULL,
        body text NOT NULL,
        verified boolean NOT NULL,
        CONSTRAINT sandbox_agent_webhook_pkey PRIMARY KEY (id)
      );
      CREATE INDEX sandbox_agent_webhook_received_idx ON sandbox_agent_webhook (received_at, id);
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
