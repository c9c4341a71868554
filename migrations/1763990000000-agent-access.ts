import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rotation and last use of API keys, and the secret that an agent signs its requests with. */
export class AgentAccess1763990000000 implements MigrationInterface {
  readonly name = 'AgentAccess1763990000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE api_key ADD COLUMN last_used_at timestamptz;
      ALTER TABLE api_key ADD COLUMN replaced_by text COLLATE "C";
      ALTER TABLE agent ADD COLUMN signing_secret text;
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
